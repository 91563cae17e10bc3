"""Reads of the register for pages and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Min, QuerySet, When

from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.register.actions import IMPORT_KIND
from duecause.apps.register.models import ImportBatch, ImportRow, Person, QuarantinedRow, Record, RecordLink
from duecause.apps.register.reports import refused_columns

ROWS_PER_PAGE = 50
ROWS_READ = 2_000
# Rules of engine.matching that suggest, the one that is right most often first.
MOST_TELLING = (
    "name_and_birth_date_only",
    "other_birth_date",
    "birth_date_missing",
    "other_surname",
    "initial_only",
    "first_name_close",
    "alike",
    "name_incomplete",
    "namesake_near",
    "junior_or_senior",
    "other_first_name",
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the register holds; `next_deletion` is when the first row in quarantine goes."""

    persons: int
    records: int
    quarantined: int
    next_deletion: datetime | None
    suggestions: int


@dataclass(frozen=True, slots=True)
class ImportDetail:
    """`problems`: code → rows that have it; `examples`: code → the first such problem; `quarantine`: reason →
    rows still kept; `step` of an upload."""

    batch: ImportBatch
    refused: list[dict[str, str]]
    problems: dict[str, int]
    examples: dict[str, dict[str, Any]]
    quarantine: dict[str, int]
    step: Step | None


def imports(*, source: str = "", state: str = "") -> QuerySet[ImportBatch]:
    """Newest first, of one source code and in one state if asked."""
    rows = ImportBatch.objects.select_related("source").order_by("-started_at", "-pk")
    if source:
        rows = rows.filter(source__code=source)
    return rows.filter(state=state) if state else rows


def totals() -> Totals:
    kept = QuarantinedRow.objects.aggregate(rows=Count("pk"), until=Min("delete_after"))
    return Totals(
        persons=Person.objects.filter(erased_at=None).count(),
        records=Record.objects.count(),
        quarantined=kept["rows"],
        next_deletion=kept["until"],
        suggestions=suggestions().count(),
    )


def import_detail(batch: ImportBatch) -> ImportDetail:
    problems: Counter[str] = Counter()
    examples: dict[str, dict[str, Any]] = {}
    troubled = ImportRow.objects.filter(batch=batch).exclude(problems=[]).order_by("pk")
    for stored in troubled.values_list("problems", flat=True).iterator():
        problems.update({str(problem["code"]) for problem in stored})
        for problem in stored:
            examples.setdefault(str(problem["code"]), problem)
    kept = Counter(QuarantinedRow.objects.filter(batch=batch).values_list("reason", flat=True))
    return ImportDetail(
        batch=batch,
        refused=refused_columns(batch.sheets),
        problems=dict(problems.most_common()),
        examples=examples,
        quarantine=dict(kept.most_common()),
        step=step_of(batch),
    )


def step_of(batch: ImportBatch) -> Step | None:
    """The worker's step for an upload: its progress, or why it was refused."""
    jobs = Obligation.objects.filter(kind=IMPORT_KIND, facts__batch=str(batch.pk))
    return Step.objects.filter(obligation__in=jobs).first()


def rows_of(
    batch: ImportBatch, *, outcome: str = "", problem: str = "", page: int | str | None = 1
) -> tuple[Page[Any], list[ImportRow]]:
    """One page of the rows of an import, of one outcome or with one problem if asked, and its rows."""
    rows = _rows(batch, outcome)
    if not problem:
        found = Paginator(rows, ROWS_PER_PAGE).get_page(page)
        return found, list(found)
    # JSON containment differs between databases; rows with problems are few enough to look at here.
    troubled = rows.exclude(problems=[]).values_list("pk", "problems")
    hits = [pk for pk, stored in troubled.iterator() if _has(stored, problem)]
    part = Paginator(hits, ROWS_PER_PAGE).get_page(page)
    return part, list(rows.filter(pk__in=list(part)))


def every_row_of(batch: ImportBatch, *, outcome: str = "", problem: str = "") -> Iterator[ImportRow]:
    """The same rows, all of them, in the order of the file."""
    rows = _rows(batch, outcome)
    if problem:
        rows = rows.exclude(problems=[])
    return (row for row in rows.iterator(ROWS_READ) if not problem or _has(row.problems, problem))


def _rows(batch: ImportBatch, outcome: str) -> QuerySet[ImportRow]:
    rows = ImportRow.objects.filter(batch=batch).order_by("pk")
    return rows.filter(outcome=outcome) if outcome else rows


def _has(stored: list[dict[str, Any]], code: str) -> bool:
    return any(item["code"] == code for item in stored)


def links(state: str = RecordLink.State.SUGGESTED) -> QuerySet[RecordLink]:
    """Links of one state, newest first."""
    rows = RecordLink.objects.filter(state=state).select_related("a__source", "b__source")
    return rows.order_by("-decided_at", "-pk")


def suggestions(judge: str = "") -> QuerySet[RecordLink]:
    """Pairs of different people that wait for a decision, the most telling rule first; without those of which
    this judge (`Actor.ref`) has said what they are."""
    rank = Case(*(When(rule=rule, then=n) for n, rule in enumerate(MOST_TELLING)), default=len(MOST_TELLING))
    rows = RecordLink.objects.filter(state=RecordLink.State.SUGGESTED).exclude(a__person=F("b__person"))
    if judge:
        rows = rows.exclude(opinions__given_by=judge)
    return rows.select_related("a__source", "b__source").order_by(rank, "pk")


def deciders_of(link: RecordLink) -> int:
    """How many people have to say the same of two records: as many as the stricter controller wants."""
    return max(link.a.source.controller.link_deciders, link.b.source.controller.link_deciders)


def quarantine() -> list[dict[str, Any]]:
    """Rows kept aside by reason, source and file: how many, and when the first of them is deleted."""
    groups = QuarantinedRow.objects.values(
        "reason", "batch", "batch__file_name", "batch__source__name", "batch__source__code"
    )
    counted = groups.annotate(rows=Count("pk"), until=Min("delete_after"))
    return [dict(group) for group in counted.order_by("until", "batch")]


def summary_of(batch: ImportBatch) -> dict[str, Any]:
    detail = import_detail(batch)
    return {"counts": batch.counts, "problems": detail.problems, "refused": detail.refused}
