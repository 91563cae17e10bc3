"""What the pages about lists read: lists with their state, rows with their reasons, rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from duecause.apps.dialling import rules
from duecause.apps.dialling.models import Campaign, DialList, ListRow, Release
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Partner, Source
from duecause.apps.register.models import ImportBatch
from duecause.engine.screening import Rule
from duecause.packs import law

STATES = ("screening", "screened", "released", "expired", "recalled", "failed")


def lists(*, campaign: str = "", centre: str = "", state: str = "", now: datetime) -> QuerySet[DialList]:
    """Lists, the newest first. Unknown filters find nothing."""
    found = DialList.objects.select_related("campaign__controller", "centre", "release").order_by(
        "-created_at"
    )
    if campaign:
        found = found.filter(campaign__code=campaign)
    if centre:
        found = found.filter(centre__code=centre)
    if state:
        found = found.filter(_in_state(state, now))
    return found


def _in_state(state: str, now: datetime) -> Q:
    match state:
        case "released":
            return Q(state="released", release__recalled_at=None, release__expires_at__gt=now)
        case "expired":
            return Q(state="released", release__recalled_at=None, release__expires_at__lte=now)
        case "recalled":
            return Q(state="released", release__recalled_at__isnull=False)
    return Q(state=state)


def release_of(dial_list: DialList) -> Release | None:
    return getattr(dial_list, "release", None)


def state_of(dial_list: DialList, now: datetime) -> str:
    """One of STATES: the row's own state, or what became of its release."""
    release = release_of(dial_list)
    if dial_list.state != DialList.State.RELEASED or release is None:
        return dial_list.state
    if release.recalled_at is not None:
        return "recalled"
    return "released" if release.expires_at > now else "expired"


@dataclass(frozen=True, slots=True)
class RowFilter:
    """`reason` with `every`: all rows that have it, else those it counts for in the waterfall (their
    strongest reason). `released`: the rows that may be called."""

    reason: str = ""
    every: bool = False
    released: bool = False


def rows(dial_list: DialList, wanted: RowFilter) -> QuerySet[ListRow]:
    found = ListRow.objects.filter(dial_list=dial_list).order_by("position")
    if wanted.released:
        return found.filter(released=True)
    if not wanted.reason:
        return found
    if not wanted.every:
        return found.filter(reasons__0=wanted.reason)
    text = Cast("reasons", TextField())
    return found.annotate(reason_codes=text).filter(reason_codes__contains=f'"{wanted.reason}"')


def rule_of(country: str, rule_id: str) -> Rule | None:
    """A rule by its id, as the packs hold it today."""
    pack = law.book().packs.get(country)
    return next((rule for rule in pack.rules if rule.id == rule_id), None) if pack else None


def rules_on(campaign: Campaign, on: date) -> list[Rule]:
    """Every deciding rule of the campaign's countries on a day, bans first."""
    order = {"sector_ban": 0, "regime": 1, "register": 2, "consent": 3, "exception": 4}
    found = [
        rule
        for rule_set in rules.rule_sets(campaign.countries, on).values()
        for rule in rule_set.rules
        if rule.kind in order and (rule.kind != "sector_ban" or rule.subject == campaign.sector)
    ]
    return sorted(found, key=lambda rule: (rule.country, order[rule.kind]))


def running_campaigns(on: date) -> QuerySet[Campaign]:
    running = Q(ended_on=None) | Q(ended_on__gte=on)
    return Campaign.objects.select_related("controller").filter(running).order_by("name")


def call_centres() -> QuerySet[Partner]:
    return Partner.objects.filter(kind=Partner.Kind.CALL_CENTRE).order_by("name")


def sources_with_imports() -> QuerySet[Source]:
    done = ImportBatch.objects.filter(state=ImportBatch.State.COMPLETE)
    return Source.objects.filter(batches__in=done).distinct().order_by("name")


def source_names(all_lists: Iterable[DialList]) -> Mapping[str, str]:
    codes = {code for one in all_lists for code in one.candidates_from.get("sources", [])}
    return dict(Source.objects.filter(code__in=codes).values_list("code", "name"))


def screening_step(dial_list: DialList) -> Step | None:
    """The step that screens this list, if a worker does it."""
    steps = Step.objects.select_related("obligation").filter(obligation__kind="dialling.screen")
    return steps.filter(obligation__facts__list=str(dial_list.pk)).order_by("-next_at").first()
