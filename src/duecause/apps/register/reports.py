"""What an import says about its rows: the report of a batch, and of a file that is only looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from duecause.apps.register.fields import numbers_in
from duecause.apps.register.models import ImportBatch, ImportRow
from duecause.apps.register.reading import ParsedRow

PREVIEW_HEADER = ("file", "sheet", "row", "numbers", "e-mail", "problems")
ROWS_READ = 5_000


def message_of(stored: Mapping[str, Any]) -> str:
    """A stored problem in English; pages translate the template themselves."""
    template = str(stored.get("template", stored["code"]))
    params = {**stored.get("params", {}), "column": stored.get("column"), "looks": stored.get("looks")}
    return template % params


def report_of(batch: ImportBatch) -> dict[str, Any]:
    """The import report as JSON: no value of any row, only codes, places and shapes."""
    problems: Counter[str] = Counter()
    rows = []
    for row in ImportRow.objects.filter(batch=batch).order_by("pk").iterator(ROWS_READ):
        problems.update(str(problem["code"]) for problem in row.problems)
        rows.append(_row(row))
    return {
        "file": batch.file_name,
        "sha256": batch.sha256,
        "source": batch.source.code,
        "batch": str(batch.pk),
        "sheets": batch.sheets,
        "refused_columns": refused_columns(batch.sheets),
        "counts": batch.counts,
        "problems": dict(sorted(problems.items())),
        "rows": rows,
    }


def refused_columns(sheets: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {"sheet": sheet["name"], "column": column["header"], "reason": column["reason"]}
        for sheet in sheets
        for column in sheet["columns"]
        if column["use"] == "refused"
    ]


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "row": row.row,
        "outcome": row.outcome,
        "problems": [
            {
                "code": problem["code"],
                "column": problem["column"],
                "looks": problem["looks"],
                "message": message_of(problem),
            }
            for problem in row.problems
        ],
        "changes": row.changes,
    }


def preview_row(row: ParsedRow, file_name: str) -> tuple[str, ...]:
    """Cells of the preview for one row. The only report that shows values."""
    return (
        file_name,
        row.sheet,
        str(row.row),
        " ".join(numbers_in(row.values)),
        row.values.get("email", ""),
        " ".join(dict.fromkeys(problem.code for problem in row.problems)),
    )
