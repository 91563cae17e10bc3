"""What a file would become: its rows planned as an import would, by reads alone. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from duecause.apps.parties.models import Source
from duecause.apps.register import reading
from duecause.apps.register.claimed_consent import ConsentTexts
from duecause.apps.register.fields import declared
from duecause.apps.register.models import ImportBatch
from duecause.apps.register.planning import Outcome, Plan, Setting, judge_rows, plan_chunk
from duecause.apps.register.reading import ParsedRow, ReadFile
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.engine.tabular import open_tables

SHOWN_ROWS = 20
TRIED_ROWS = 2_000
READ_ROWS = 500
ROWS_NOT_TAKEN = gettext_noop(
    "%(file)s: nothing was imported, because all or nothing was asked for. Rows that cannot be taken: "
    "%(rows)s, the first of them row %(row)s. %(why)s"
)
MAPPING_FAULTS = frozenset({"mapping_twice", "field_unknown", "column_unknown"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as handed in, and how to read it. `sheet` "" reads all, `country` "" is the source's."""

    source: Source
    data: bytes
    name: str
    sheet: str = ""
    explicit: Mapping[str, str] | None = None
    country: str = ""


@dataclass(frozen=True, slots=True)
class EveryRow:
    """`plans` are made while they are taken, in the order of the rows; they can be taken once."""

    sheets: list[dict[str, Any]]
    row_count: int
    plans: Iterator[Plan]


@dataclass(frozen=True, slots=True)
class TriedRow:
    """`cells`: field → the cell of the file, of the columns that would be kept."""

    plan: Plan
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """`rows` are the first; `outcomes` and `problems` count over the first `tried` of `row_count`. With a
    `refused` mapping nothing was tried, and `sheets` show the columns as they would map by themselves."""

    sheets: list[dict[str, Any]]
    row_count: int
    rows: list[TriedRow]
    tried: int
    outcomes: Mapping[str, int]
    problems: Mapping[str, int]
    refused: Problem | None = None


def sheets_in(*, actor: Actor, data: bytes, name: str) -> list[str]:
    """Names of the sheets with content, [""] for a text file. Raises NotPermitted, Refused (broken)."""
    actor.require("register.import")
    return [table.sheet for table in open_tables(data, name=name)]


def every_row(*, actor: Actor, upload: Upload, now: datetime) -> EveryRow:
    """The whole file. Raises NotPermitted, Refused where it cannot be imported at all."""
    actor.require("register.import")
    file = _read(upload, now, require_identifier=True)
    sheets = [sheet.describe() for sheet in file.sheets]
    return EveryRow(sheets, file.row_count, _planned(file, _setting(upload.source, now)))


def _planned(file: ReadFile, setting: Setting) -> Iterator[Plan]:
    seen: dict[bytes, Plan] = {}
    for way, batch in file.batches(TRIED_ROWS):
        yield from plan_chunk(setting, way.parse(batch), seen=seen)


def require_every_row(*, source: Source, file: ReadFile, file_name: str, now: datetime) -> None:
    """Judge each row as an import would, and keep nothing of it. Raises Refused where one would be refused or
    put aside: it names the first and says how many there are."""
    setting, first, count = _setting(source, now), None, 0
    for way, batch in file.batches(TRIED_ROWS):
        for plan in judge_rows(setting, way.parse(batch)):
            if plan.outcome != Outcome.STORED:
                first, count = first or plan, count + 1
    if first is not None:
        why = first.parsed.problems[-1] if first.parsed.problems else None
        raise Refused(
            "rows_not_taken",
            ROWS_NOT_TAKEN,
            file=file_name,
            rows=count,
            row=first.parsed.row,
            sheet=first.parsed.sheet,
            why=why.text if why else first.outcome,
        )


def _setting(source: Source, now: datetime) -> Setting:
    unsaved = ImportBatch(source=source, started_at=now)
    return Setting(batch=unsaved, source=source, declared=declared(), consent=ConsentTexts(source), now=now)


def trial(*, actor: Actor, upload: Upload, now: datetime) -> Trial:
    """The first rows. Raises NotPermitted, Refused where the file as a whole cannot be read."""
    actor.require("register.import")
    fault: Problem | None = None
    try:
        file = _read(upload, now)
    except Refused as refused:
        if refused.code not in MAPPING_FAULTS or not upload.explicit:
            raise
        fault = refused.problem
        file = _read(replace(upload, explicit=None), now)
    if fault is None:
        fault = _without_identifier(file, upload.name)
    sheets = [sheet.describe() for sheet in file.sheets]
    if fault:
        return Trial(sheets, file.row_count, [], 0, {}, {}, fault)
    return _tried(file, sheets, upload.source, now)


def _read(upload: Upload, now: datetime, *, require_identifier: bool = False) -> ReadFile:
    return reading.read_file(
        upload.data,
        file_name=upload.name,
        source=upload.source,
        declared=declared(),
        today=local_day(now, upload.source.controller.country),
        sheet=upload.sheet or None,
        explicit=upload.explicit,
        country=upload.country or None,
        require_identifier=require_identifier,
    )


def _without_identifier(file: ReadFile, name: str) -> Problem | None:
    try:
        for sheet in file.sheets:
            reading.check_identifier(sheet.columns, name)
    except Refused as refused:
        return refused.problem
    return None


def _tried(file: ReadFile, sheets: list[dict[str, Any]], source: Source, now: datetime) -> Trial:
    rows, cells = _first_rows(file)
    plans = plan_chunk(_setting(source, now), rows)
    problems = Counter(code for plan in plans for code in {p.code for p in plan.parsed.problems})
    return Trial(
        sheets=sheets,
        row_count=file.row_count,
        rows=[TriedRow(plan, kept) for plan, kept in zip(plans, cells, strict=False)],
        tried=len(plans),
        outcomes=dict(Counter(str(plan.outcome) for plan in plans)),
        problems=dict(problems.most_common()),
    )


def _first_rows(file: ReadFile) -> tuple[list[ParsedRow], list[dict[str, str]]]:
    rows: list[ParsedRow] = []
    cells: list[dict[str, str]] = []
    for sheet in file.sheets:
        for batch in sheet.table.batches(READ_ROWS):
            for place in range(min(len(batch), SHOWN_ROWS - len(cells))):
                kept = {field: batch.columns[index][place] for field, index in sheet.columns.index_of.items()}
                cells.append(kept)
            rows.extend(sheet.parse(batch))
            if len(rows) >= TRIED_ROWS:
                return rows[:TRIED_ROWS], cells
    return rows, cells
