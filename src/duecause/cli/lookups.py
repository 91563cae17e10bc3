"""Score look-ups of customers in a log from outside: nothing is stored, no database is needed."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from duecause.cli.files import require_writable, write_bytes
from duecause.cli.lookup_files import Folder
from duecause.engine.lookups import columns
from duecause.engine.lookups.alarms import Alarm
from duecause.engine.lookups.review import Log, Outcome, review
from duecause.engine.memory_database import connect
from duecause.engine.tabular import write_csv
from duecause.packs import lookups

HEADER = ("rank", "employee", "day", "score", "people_concerned", "reasons", "kind", "opened")
LOOSE = ("row", "employee", "customer", "at", "explanation")


@click.group("lookups")
def lookups_group() -> None:
    """Which look-ups of customers have a reason, and which are worth a question."""


@lookups_group.command("score")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Write the alarms here, not to the screen.")
@click.option(
    "--unexplained", type=click.Path(path_type=Path), help="Write the look-ups without a strong reason here."
)
@click.option("--per-day", type=click.IntRange(0), help="At most so many alarms a day; 0: all (default: 5).")
@click.option("--memory", default=1500, type=click.IntRange(200), help="Megabytes for links and look-ups.")
@click.option("--json", "as_json", is_flag=True, help="Say the summary as one JSON object.")
def score(
    folder: Path, out: Path | None, unexplained: Path | None, per_day: int | None, memory: int, as_json: bool
) -> None:
    """Explain and score the look-ups in FOLDER: accesses, links and staff, as CSV or Parquet.

    customers, shifts and outcomes may be there too. Columns: docs/lookups.md. An alarm is about one employee
    and says in sentences what was seen and what would have been expected.
    """
    for file in (out, unexplained):
        if file:
            require_writable(file)
    source, started = Folder(folder), time.monotonic()
    source.check()
    today = datetime.now(UTC).date()
    rules = lookups.flags(today)
    given = rules.alarms_per_day if per_day is None else per_day or None
    with tempfile.TemporaryDirectory(prefix="dc-lookups-") as spill:
        db = connect(memory=f"{memory}MB", threads=2, spill=spill)
        log = Log(**{table.name: source.parts(table) for table in columns.TABLES})
        found = review(db, log, lookups.explanations(today), rules, per_day=given)
        if unexplained:
            write_bytes(unexplained, _unexplained(db, found))
        db.close()
    content = b"".join(write_csv(_lines(found.alarms), HEADER))
    if out:
        write_bytes(out, content)
    elif not as_json:
        sys.stdout.buffer.write(content)
    _say(found, source, time.monotonic() - started, as_json)


def _lines(alarms: tuple[Alarm, ...]) -> list[tuple[str, ...]]:
    """Ranked over the whole log: the highest score is 1. Faults of the data stand first, without rank."""
    ranked = sorted(
        alarms, key=lambda each: (each.kind != "data_quality", -each.score, each.day, each.employee)
    )
    faults = sum(each.kind == "data_quality" for each in alarms)
    return [
        (
            "" if each.kind == "data_quality" else str(place - faults),
            each.employee,
            each.day.isoformat(),
            f"{each.score:.2f}",
            " ".join(each.customers),
            " ".join(each.sentences),
            each.kind,
            each.opened.isoformat(),
        )
        for place, each in enumerate(ranked, start=1)
    ]


def _unexplained(db: duckdb.DuckDBPyConnection, found: Outcome) -> bytes:
    rows = db.execute(
        'SELECT "row", employee, customer, moment, rank FROM loose ORDER BY moment, employee, customer, "row"'
    ).fetchall()
    codes = found.codes
    lines = (
        (str(row), employee, customer, at.isoformat(), "" if rank is None else codes[rank])
        for row, employee, customer, at, rank in rows
    )
    return b"".join(write_csv(lines, LOOSE))


def _say(found: Outcome, source: Folder, seconds: float, as_json: bool) -> None:
    people = sum(each.kind != "data_quality" for each in found.alarms)
    summary = {
        "accesses": found.looks,
        "explained_share": round(found.explained / found.looks, 4) if found.looks else None,
        "reasons": {code: count for code, _, count in found.reasons},
        "days": found.days,
        "alarms": people,
        "alarms_per_day": round(people / found.days, 2) if found.days else 0.0,
        "data_quality_cases": len(found.outages),
        "flags_off": list(found.off),
        "unknown_columns": {file: list(names) for file, names in source.unknown.items()},
        "employees_not_in_staff": found.strangers,
        "seconds": round(seconds, 2),
    }
    if as_json:
        click.echo(json.dumps(summary))
        return
    share = "none" if summary["explained_share"] is None else f"{summary['explained_share']:.1%}"
    click.echo(
        f"{found.looks} look-ups, {share} explained, {people} alarms on {found.days} days, "
        f"{len(found.outages)} faults of the data, {seconds:.1f} s",
        err=True,
    )
    for file, names in source.unknown.items():
        click.echo(f"{file}: columns that are not known and were left alone: {', '.join(names)}", err=True)
    if found.off:
        click.echo(f"Off, because columns they need are missing: {', '.join(found.off)}", err=True)
    if found.strangers:
        click.echo(
            f"{found.strangers} employees are not in staff: they have no profile and no team.", err=True
        )


COMMANDS = (lookups_group,)
