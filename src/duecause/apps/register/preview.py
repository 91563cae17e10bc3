"""Look at a file as an import would read it, without storing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from duecause.apps.parties.models import Source
from duecause.apps.register import reading, reports
from duecause.apps.register.claimed_consent import ConsentTexts
from duecause.apps.register.fields import declared
from duecause.apps.register.models import ImportBatch
from duecause.apps.register.planning import Plan, Setting, plan_chunk
from duecause.apps.register.reading import ReadFile
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day

SHOWN_ROWS = 20
ROWS_AT_ONCE = 2_000


def planned_rows(file: ReadFile, setting: Setting, *, size: int = ROWS_AT_ONCE) -> Iterator[Plan]:
    """Every row of the file with what it would become. Nothing is stored."""
    seen: dict[bytes, Plan] = {}
    for rows in file.chunks(size):
        yield from plan_chunk(setting, rows, seen=seen)


@dataclass(frozen=True, slots=True)
class Preview:
    """`sheets` as in the import report; `rows` are the first of the file with what each would become;
    `problems` count over those."""

    file: ReadFile
    setting: Setting
    sheets: list[dict[str, Any]]
    refused_columns: list[dict[str, str]]
    rows: list[Plan]
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
        today=local_day(now, source.controller.country),
        sheet=sheet,
        explicit=explicit_map,
        country=country,
    )
    setting = Setting(
        batch=ImportBatch(source=source),
        source=source,
        declared=declared(),
        consent=ConsentTexts(source),
        now=now,
    )
    rows = list(islice(planned_rows(file, setting, size=SHOWN_ROWS), SHOWN_ROWS))
    sheets = [sheet.describe() for sheet in file.sheets]
    return Preview(
        file=file,
        setting=setting,
        sheets=sheets,
        refused_columns=reports.refused_columns(sheets),
        rows=rows,
        problems=Counter(problem.code for plan in rows for problem in plan.parsed.problems),
        row_count=file.row_count,
    )
