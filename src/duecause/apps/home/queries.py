"""Figures of the start pages. Each is counted where its rows can be seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min

from duecause.apps.consent.models import Objection
from duecause.apps.dialling.models import DialList, Release
from duecause.apps.ledger.queries import QueueHealth
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.queries import WORK_LATE
from duecause.apps.parties.models import ApiKey, Partner
from duecause.apps.register.models import ImportBatch, Person
from duecause.apps.staff.models import Employee
from duecause.web.templatetags.formats import shown_day

WEEK = timedelta(days=7)
SHOWN = 5
CHART_DAYS = 30


@dataclass(frozen=True, slots=True)
class Imports:
    """Of the last seven days."""

    files: int
    rows: int
    refused: int
    quarantined: int


def imports_since(since: datetime) -> Imports:
    counted: Counter[str] = Counter()
    files = 0
    done = ImportBatch.objects.filter(state=ImportBatch.State.COMPLETE, finished_at__gte=since)
    for counts in done.values_list("counts", flat=True):
        files += 1
        counted.update(counts)
    return Imports(files, counted.total(), counted["refused"], counted["quarantined"])


def persons() -> int:
    return Person.objects.filter(erased_at=None).count()


def last_imports() -> list[ImportBatch]:
    return list(ImportBatch.objects.select_related("source").order_by("-started_at")[:SHOWN])


def queue_meaning(health: QueueHealth) -> str:
    """Events wait for less than seconds while a sequencer runs."""
    return "ok" if health.ok else "act"


def newest_report() -> DialList | None:
    """The list that was screened last."""
    lists = DialList.objects.select_related("campaign__controller", "centre", "release")
    return lists.filter(screened_at__isnull=False).order_by("-screened_at").first()


def running_releases(now: datetime) -> list[Release]:
    found = Release.objects.select_related("campaign", "centre", "dial_list__campaign")
    return list(found.filter(recalled_at=None, expires_at__gt=now).order_by("expires_at")[: 2 * SHOWN])


def call_centres() -> list[Partner]:
    return list(Partner.objects.filter(kind=Partner.Kind.CALL_CENTRE).order_by("name"))


def objections_per_day(now: datetime, days: int = CHART_DAYS) -> list[tuple[date, int]]:
    """Every day up to today, those without any too."""
    today = shown_day(now)
    first = today - timedelta(days=days - 1)
    found = Objection.objects.filter(at__gte=now - timedelta(days=days + 1)).values_list("at", flat=True)
    counted = Counter(shown_day(at) for at in found)
    return [(day, counted[day]) for day in (first + timedelta(days=n) for n in range(days))]


@dataclass(frozen=True, slots=True)
class Work:
    """Steps of the workers. `since`: the oldest that could have been taken up."""

    waiting: int
    since: datetime | None
    running: int
    stuck: int
    last_done: datetime | None

    def meaning(self, now: datetime) -> str:
        waited = now - self.since if self.since else timedelta(0)
        return "act" if self.stuck or waited > WORK_LATE else "watch" if waited > WORK_LATE / 4 else "ok"


def work(now: datetime) -> Work:
    ready = Step.objects.filter(state=Step.State.DUE, next_at__lte=now)
    found = ready.aggregate(n=Count("pk"), since=Min("next_at"))
    done = Step.objects.filter(done_at__isnull=False).order_by("-done_at").first()
    return Work(
        waiting=found["n"],
        since=found["since"],
        running=Step.objects.filter(state=Step.State.LEASED, lease_until__gte=now).count(),
        stuck=Step.objects.filter(state__in=[Step.State.REFUSED, Step.State.DEAD]).count(),
        last_done=done.done_at if done else None,
    )


def api_keys() -> list[ApiKey]:
    """Keys in force, those that were not used longest first."""
    keys = ApiKey.objects.select_related("partner").filter(revoked_at=None)
    return sorted(keys, key=lambda key: (key.last_used_on or date.min, key.partner.name))


def staff_by_profile() -> dict[str, list[Employee]]:
    """Active employees under the code of their profile."""
    found: dict[str, list[Employee]] = {}
    for employee in Employee.objects.select_related("team").filter(is_active=True).order_by("display_name"):
        found.setdefault(employee.profile, []).append(employee)
    return found
