"""Reads of the register for pages and the command line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.register.actions import IMPORT_KIND
from duecause.apps.register.models import ImportBatch, ImportRow, QuarantinedRow, RecordLink
from duecause.apps.register.reports import refused_columns

ROWS_PER_PAGE = 100
BATCHES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ImportDetail:
    """`problems`: code → rows that have it; `quarantine`: reason → rows still kept; `step` of an upload."""

    batch: ImportBatch
    refused: list[dict[str, str]]
    problems: dict[str, int]
    quarantine: dict[str, int]
    step: Step | None


def imports_overview(limit: int = BATCHES_SHOWN) -> list[ImportBatch]:
    """Newest first, with their source."""
    return list(ImportBatch.objects.select_related("source").order_by("-started_at", "-pk")[:limit])


def import_detail(batch: ImportBatch) -> ImportDetail:
    problems: Counter[str] = Counter()
    troubled = ImportRow.objects.filter(batch=batch).exclude(problems=[])
    for stored in troubled.values_list("problems", flat=True).iterator():
        problems.update({str(problem["code"]) for problem in stored})
    kept = Counter(QuarantinedRow.objects.filter(batch=batch).values_list("reason", flat=True))
    return ImportDetail(
        batch=batch,
        refused=refused_columns(batch.sheets),
        problems=dict(problems.most_common()),
        quarantine=dict(kept.most_common()),
        step=step_of(batch),
    )


def step_of(batch: ImportBatch) -> Step | None:
    """The worker's step for an upload: its progress, or why it was refused."""
    jobs = Obligation.objects.filter(kind=IMPORT_KIND, facts__batch=str(batch.pk))
    return Step.objects.filter(obligation__in=jobs).first()


def rows_of(batch: ImportBatch, *, outcome: str = "", problem: str = "", page: int = 1) -> Page[ImportRow]:
    """One page of the rows of an import, of one outcome or with one problem if asked."""
    rows = ImportRow.objects.filter(batch=batch).order_by("pk")
    if outcome:
        rows = rows.filter(outcome=outcome)
    if problem:
        rows = _with_problem(rows, problem)
    return Paginator(rows, ROWS_PER_PAGE).get_page(page)


def _with_problem(rows: QuerySet[ImportRow], code: str) -> QuerySet[ImportRow]:
    """JSON containment differs between databases; rows with problems are few enough to look at here."""
    troubled = rows.exclude(problems=[]).values_list("pk", "problems")
    hits = [pk for pk, stored in troubled.iterator() if any(item["code"] == code for item in stored)]
    return rows.filter(pk__in=hits[:10_000])


def links(state: str = RecordLink.State.SUGGESTED) -> QuerySet[RecordLink]:
    """Links of one state, newest first."""
    rows = RecordLink.objects.filter(state=state).select_related("a__source", "b__source")
    return rows.order_by("-decided_at", "-pk")


def summary_of(batch: ImportBatch) -> dict[str, Any]:
    detail = import_detail(batch)
    return {"counts": batch.counts, "problems": detail.problems, "refused": detail.refused}
