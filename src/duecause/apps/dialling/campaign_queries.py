"""How the calls of a campaign go: made, refused, objected to; by centre and by week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate

from duecause.apps.dialling.models import Attempt, Campaign, ReleaseRow
from duecause.engine.periods import local_day
from duecause.packs.campaigns import Thresholds

WEEKS = 12
WEEK = timedelta(days=7)


@dataclass(slots=True)
class Tally:
    """Calls, and how many of them were refused, objected to, or named the script that was read."""

    calls: int = 0
    refusals: int = 0
    objections: int = 0
    scripts: int = 0

    def refused_per_thousand(self) -> float | None:
        return 1_000 * self.refusals / self.calls if self.calls else None

    def objected_per_thousand(self) -> float | None:
        return 1_000 * self.objections / self.calls if self.calls else None

    def many_objections(self, limits: Thresholds) -> bool:
        """At least as many per 1,000 calls as the pack says, of enough calls to tell."""
        return (
            self.calls >= limits.warn_from_calls
            and (self.objected_per_thousand() or 0) >= limits.warn_objections
        )

    def many_refusals(self, limits: Thresholds) -> bool:
        return (
            self.calls >= limits.warn_from_calls
            and (self.refused_per_thousand() or 0) >= limits.warn_refusals
        )

    def warns(self, limits: Thresholds) -> bool:
        return self.many_objections(limits) or self.many_refusals(limits)


@dataclass(frozen=True, slots=True)
class Going:
    """`weeks`: Monday → its tally, the oldest first, also without a call; `centres`: name → tally."""

    total: Tally
    weeks: dict[date, Tally]
    centres: dict[str, Tally]


def going(campaign: Campaign, now: datetime) -> Going:
    """The last twelve weeks with this one, in days of the controller. An objection counts where the person
    was on a list of the campaign that had been handed out by then."""
    today = local_day(now, campaign.controller.country)
    first = today - timedelta(days=today.weekday()) - (WEEKS - 1) * WEEK
    found = Going(Tally(), {first + n * WEEK: Tally() for n in range(WEEKS)}, {})
    since = datetime.combine(first, datetime.min.time(), tzinfo=now.tzinfo)
    for day, centre, calls, refusals, scripts in _calls(campaign, since):
        for tally in _of(found, day, centre):
            tally.calls += calls
            tally.refusals += refusals
            tally.scripts += scripts
    for at, centre in _objections(campaign, since):
        for tally in _of(found, local_day(at, campaign.controller.country), centre):
            tally.objections += 1
    return found


def _of(found: Going, day: date, centre: str) -> Iterable[Tally]:
    week = found.weeks.get(day - timedelta(days=day.weekday()), Tally())
    return found.total, week, found.centres.setdefault(centre, Tally())


def _calls(campaign: Campaign, since: datetime) -> Iterable[tuple[date, str, int, int, int]]:
    rows = Attempt.objects.filter(row__release__campaign=campaign, at__gte=since)
    return (
        rows.annotate(day=TruncDate("at"))
        .values("day", "row__release__centre__name")
        .annotate(
            calls=Count("pk"),
            refused=Count("pk", filter=Q(refusal=True)),
            read=Count("pk", filter=~Q(script="")),
        )
        .values_list("day", "row__release__centre__name", "calls", "refused", "read")
        .order_by("day")
    )


def _objections(campaign: Campaign, since: datetime) -> Iterable[tuple[datetime, str]]:
    """Moment and centre of each, once per centre that held the person."""
    rows = ReleaseRow.objects.filter(
        Q(person__objections__at__gte=F("release__released_at")),
        release__campaign=campaign,
        release__expires_at__gt=F("release__released_at"),
        person__objections__at__gte=since,
        person__objections__controller=campaign.controller,
        person__objections__campaign__in=["", campaign.code],
    )
    found = rows.values_list("person__objections__pk", "person__objections__at", "release__centre__name")
    return ((at, centre) for _, at, centre in found.distinct() if at is not None)
