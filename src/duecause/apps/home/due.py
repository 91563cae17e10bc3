"""One queue over every clock: requests, alarms, quarantined rows, registers, contracts of partners.

Each entry says what, until when, how much of the time is used, and leads to where it is dealt with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from duecause.apps.consent.queries import active_versions
from duecause.apps.dialling import rules
from duecause.apps.dialling.list_queries import running_campaigns
from duecause.apps.evidence import queries as evidence
from duecause.apps.evidence.showing import title
from duecause.apps.gate import queries as gate
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.texts import sentence, severity_meaning
from duecause.apps.notices.clock import clocks, counted
from duecause.apps.obligations import queries as obligations
from duecause.apps.obligations.models import Obligation
from duecause.apps.obligations.texts import kind_label
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import endings_of, waiting_overrides
from duecause.apps.parties.texts import matter_of
from duecause.apps.register.models import QuarantinedRow
from duecause.engine.actor import Actor
from duecause.engine.screening import Rule
from duecause.packs import law
from duecause.web.charts import share_meaning
from duecause.web.navigation import url_or_none
from duecause.web.templatetags.formats import number, shown_day

MOST_OF_A_KIND = 100
REGISTER_NOTICE = timedelta(days=2)
URGENCY = {"stopped": 0, "act": 1, "watch": 2, "ok": 3, "info": 4}


@dataclass(frozen=True, slots=True)
class Due:
    """`by` is a moment or a last day; None: as soon as possible. `used`: share of the time."""

    kind: str
    title: str
    meaning: str
    by: datetime | date | None = None
    used: float | None = None
    since: datetime | None = None
    href: str | None = None

    @property
    def order(self) -> tuple[int, str]:
        return URGENCY.get(self.meaning, 4), self.by.isoformat() if self.by else ""


def queue(actor: Actor, now: datetime) -> list[Due]:
    """What this actor can do something about, the most urgent first."""
    found: list[Due] = []
    for function, entries in SOURCES:
        if actor.may(function):
            found.extend(entries(now))
    return sorted(found, key=lambda due: due.order)


def registers_and_partners(actor: Actor) -> int:
    """What else is due besides requests and alarms, which their rooms count. Quarantined rows go by
    themselves."""
    if not actor.may("registers.load"):
        return 0
    now = datetime.now(UTC)
    return len([*_registers(now), *_partners(now)])


def nearest_obligation() -> Obligation | None:
    return obligations.due_list(Obligation.State.OPEN).first()


def _obligations(now: datetime) -> Iterator[Due]:
    for row in obligations.due_list(Obligation.State.OPEN)[:MOST_OF_A_KIND]:
        used = obligations.share_of_time_used(row, now)
        late = row.due_at is not None and row.due_at <= now
        yield Due(
            kind=_("Request"),
            title=kind_label(row.kind),
            meaning="stopped" if late else share_meaning(min(used, 0.99)),
            by=row.due_at,
            used=used,
            since=row.opened_at,
            href=url_or_none("obligations:list"),
        )


def _alarms(now: datetime) -> Iterator[Due]:
    alarm: Alarm
    for alarm in gate.alarms("open")[:MOST_OF_A_KIND]:
        yield Due(
            kind=_("Alarm"),
            title=sentence(alarm),
            meaning=severity_meaning(alarm),
            since=alarm.raised_at,
            href=url_or_none("gate:alarms"),
        )


def _quarantine(now: datetime) -> Iterator[Due]:
    """Rows that are deleted by themselves unless somebody mends their cause: one entry per import."""
    grouped = (
        QuarantinedRow.objects.values("batch", "batch__file_name")
        .annotate(rows=Count("pk"), until=Min("delete_after"), since=Min("quarantined_at"))
        .order_by("until")
    )
    for group in grouped[:MOST_OF_A_KIND]:
        used = _share(group["since"], group["until"], now)
        text = ngettext(
            "%(n)s row of %(file)s is in quarantine and will be deleted",
            "%(n)s rows of %(file)s are in quarantine and will be deleted",
            group["rows"],
        )
        yield Due(
            kind=_("Quarantine"),
            title=text % {"n": number(group["rows"]), "file": group["batch__file_name"]},
            meaning=share_meaning(min(used, 0.99)),
            by=group["until"],
            used=used,
            since=group["since"],
            href=reverse("register:import_detail", args=[group["batch"]]) + "?outcome=quarantined#rows",
        )


def _registers(now: datetime) -> Iterator[Due]:
    """National registers that the rules of running campaigns ask for and that are, or soon are, too old."""
    today = shown_day(now)
    wanted: dict[str, Rule] = {}
    for campaign in running_campaigns(today):
        for rule_set in rules.rule_sets(campaign.countries, today).values():
            asked_by_file = [r for r in rule_set.of_kind("register") if r.text("access") != "submit"]
            wanted |= {rule.subject: rule for rule in asked_by_file}
    versions = active_versions(wanted)
    for code, rule in sorted(wanted.items()):
        version = versions.get(code)
        if version is None:
            text = _("%(register)s has never been loaded: campaigns that need it release nobody")
            yield Due(_("Register"), text % {"register": code}, "act", href=_registers_page())
            continue
        last = version.version_date + timedelta(days=rule.number("max_file_age_days"))
        if last - today > REGISTER_NOTICE:
            continue
        text = _("%(register)s needs its newest file") if last >= today else _("%(register)s is too old")
        yield Due(
            kind=_("Register"),
            title=text % {"register": code},
            meaning="watch" if last >= today else "act",
            by=last,
            since=version.loaded_at,
            href=_registers_page(),
        )


def _registers_page() -> str | None:
    return url_or_none("consent:registers") or url_or_none("register:imports")


def _partners(now: datetime) -> Iterator[Due]:
    """Everything that ends soon and closes the gate of a partner: contracts, assessments, adequacy decisions,
    overrides, and the days by which we may object to a sub-processor."""
    today, notice = shown_day(now), timedelta(days=max(law.party_rules().policy.alarm_days))
    for partner in Partner.objects.order_by("name"):
        for ending in endings_of(partner, today, today + notice):
            left = ending.last_day - today
            matters = ", ".join(dict.fromkeys(matter_of(block) for block in ending.blocks))
            title = _("The gate of %(partner)s closes: %(what)s ends")
            yield Due(
                kind=_("Partner"),
                title=title % {"partner": partner.name, "what": matters},
                meaning="act" if left < notice / 8 else "watch",
                by=ending.last_day,
                used=1 - left / notice,
                href=reverse("parties:partner", args=[partner.code]),
            )


def _overrides(now: datetime) -> Iterator[Due]:
    """What one person asked to override and another has to decide."""
    for override in waiting_overrides(shown_day(now)):
        yield Due(
            kind=_("Partner"),
            title=_("Approve or refuse an override of the gate of %(partner)s")
            % {"partner": override.partner.name},
            meaning="act",
            by=override.until,
            since=override.asked_at,
            href=reverse("parties:partner", args=[override.partner.code]) + "#overrides",
        )


def _unsigned(now: datetime) -> Iterator[Due]:
    """Records of processing that customer service has not signed off as they are now."""
    for standing in evidence.unsigned(now):
        words = {"record": title(standing.record.scope)}
        if standing.last is None:
            text = _("%(record)s was never signed off") % words
        else:
            changes = len(standing.changes)
            text = ngettext(
                "%(record)s: %(n)s change since it was signed off",
                "%(record)s: %(n)s changes since it was signed off",
                changes,
            ) % {**words, "n": number(changes)}
        yield Due(
            kind=_("Sign-off"),
            title=text,
            meaning="watch",
            since=standing.last.signed_at if standing.last else None,
            href=f"{reverse('evidence:sign-off')}?of={standing.record.scope.code}",
        )


def _notices(now: datetime) -> Iterator[Due]:
    """Sources of which somebody must be told where we got their data: overdue, or within the warning."""
    soon = max(law.notice_policy().warn_days)
    for clock in clocks(now):
        counts = counted(clock)
        close = counts.next_due is not None and (counts.next_due - clock.today).days <= soon
        if not counts.overdue and not close:
            continue
        open_ones = counts.overdue or counts.due
        text = (
            ngettext(
                "%(n)s person of %(source)s should have been told where we got the data",
                "%(n)s people of %(source)s should have been told where we got the data",
                open_ones,
            )
            if counts.overdue
            else ngettext(
                "%(n)s person of %(source)s must be told where we got the data",
                "%(n)s people of %(source)s must be told where we got the data",
                open_ones,
            )
        )
        yield Due(
            kind=_("Notice"),
            title=text % {"n": number(open_ones), "source": clock.source.name},
            meaning="stopped" if counts.overdue else "watch",
            by=None if counts.overdue else counts.next_due,
            href=reverse("notices:rows", args=[clock.source.code]),
        )


SOURCES: tuple[tuple[str, Callable[[datetime], Iterator[Due]]], ...] = (
    ("obligations.read", _obligations),
    ("alarms.handle", _alarms),
    ("register.read", _quarantine),
    ("registers.load", _registers),
    ("parties.read", _partners),
    ("notices.send", _notices),
    ("parties.approve_override", _overrides),
    ("evidence.sign", _unsigned),
)


def _share(since: datetime, until: datetime, now: datetime) -> float:
    return min(max((now - since) / (until - since), 0.0), 1.0) if until > since else 1.0
