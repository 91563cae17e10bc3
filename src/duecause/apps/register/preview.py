"""Look at a file as an import would read it, without storing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from duecause.apps.parties.models import Source
from duecause.apps.register import reading, reports
from duecause.apps.register.fields import declared
from duecause.apps.register.reading import ParsedRow, ReadFile
from duecause.engine.actor import Actor

SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """`sheets` as in the import report; `rows` are the first of the file as they would become; `problems`
    count over those."""

    file: ReadFile
    sheets: list[dict[str, Any]]
    refused_columns: list[dict[str, str]]
    rows: list[ParsedRow]
    problems: Mapping[str, int]
    row_count: int


def preview(
    *,
    actor: Actor,
    source: Source,
    data: bytes,
    file_name: str,
    now: datetime,
    sheet: str | int | None = None,
    explicit_map: Mapping[str, str] | None = None,
    country: str | None = None,
) -> Preview:
    """Read the file and its first rows. Raises NotPermitted, Refused."""
    actor.require("register.import")
    file = reading.read_file(
        data,
        file_name=file_name,
        source=source,
        declared=declared(),
        today=now.date(),
        sheet=sheet,
        explicit=explicit_map,
        country=country,
    )
    rows = list(islice((row for rows in file.chunks(SHOWN_ROWS) for row in rows), SHOWN_ROWS))
    sheets = [sheet.describe() for sheet in file.sheets]
    return Preview(
        file=file,
        sheets=sheets,
        refused_columns=reports.refused_columns(sheets),
        rows=rows,
        problems=Counter(problem.code for row in rows for problem in row.problems),
        row_count=file.row_count,
    )
