"""What is measured, each in a process of its own: CPU seconds of all threads, peak memory, and an answer."""

from __future__ import annotations

import csv
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import phonenumbers
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks.screening_parts import sample
from duecause.engine.phone.numbers import OUR_REGIONS
from duecause.engine.screening import (
    CampaignFacts,
    Limits,
    RegisterState,
    RuleSet,
    ScreeningInput,
    bulk,
    screen,
)
from duecause.packs import law

ON = date(2026, 11, 27)
MEMORY = "1GB"
SETS = ("known", "suppressed", "register")


@dataclass(frozen=True, slots=True)
class Measured:
    cpu_seconds: float
    seconds: float
    peak_mb: float
    answer: Any


def apart(work: Callable[..., Any], *arguments: object) -> Measured:
    """Run `work` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    try:
        return ours.recv()  # type: ignore[no-any-return]
    finally:
        process.join()


def _measure(pipe: Any, work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    cpu, wall = time.process_time(), time.monotonic()
    answer = work(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send(Measured(time.process_time() - cpu, time.monotonic() - wall, peak, answer))


def write_list(folder: Path, rows: int, share: float) -> None:
    sample.write_list(folder / "list.csv", rows, sample.references(folder, share))


def duecause(folder: Path, rows: int) -> dict[str, Any]:
    """The CSV file and the reference sets to verdicts in a Parquet file."""
    book = law.book()
    rules = {country: RuleSet.for_country(country, ON, book=book) for country in book.packs}
    loaded = {
        rule.subject: RegisterState(ON, datetime(2026, 11, 27, tzinfo=UTC), sample.LISTED)
        for rule_set in rules.values()
        for rule in rule_set.of_kind("register")
    }
    campaign = CampaignFacts("C", "Controller", "marketing", "retail", tuple(OUR_REGIONS))
    paces: list[bulk.Pace] = []
    started = time.process_time()
    with bulk.workspace(folder / "work") as work, (folder / "list.csv").open("rb") as file:
        listed = bulk.write_columns(
            bulk.csv_pieces(file, phone="phone", country="country"),
            tokens=sample.tokens().tokens,
            folder=work,
            total=rows,
            told=paces.append,
        )
        read = time.process_time() - started
        references = {name: ds.dataset(str(folder / f"{name}.parquet")) for name in SETS}
        out = bulk.VerdictFile(folder / "verdicts.parquet")
        verdicts = screen(
            ScreeningInput(
                rows=listed.rows,
                numbers=listed.numbers,
                in_order=True,
                registers_loaded=loaded,
                **references,
            ),
            campaign=campaign,
            rules=rules,
            on=ON,
            limits=Limits(memory=MEMORY, threads=2, temp_directory=str(work / "spill")),
            write=out,
        )
    return {
        "read_cpu_s": read,
        "rows": out.rows,
        "released": verdicts.released,
        "totals": dict(verdicts.totals),
    }


def python_loop(folder: Path, rows: int) -> dict[str, Any]:
    """Three sets and phonenumbers, row by row, over the first rows; `set_cpu_s`: building them."""
    started = time.process_time()
    known, suppressed, listed = (
        set(pq.read_table(folder / f"{name}-clear.parquet")["e164"].to_pylist()) for name in SETS
    )
    built = time.process_time()
    seen: set[int] = set()
    counts: Counter[str] = Counter()
    with (folder / "list.csv").open(newline="") as file:
        for place, row in enumerate(csv.DictReader(file)):
            if place == rows:
                break
            number = _e164(row["phone"], row["country"])
            reasons = [
                name
                for name, holds in (
                    ("invalid", number == 0),
                    ("suppressed", number in suppressed),
                    ("register", number in listed),
                    ("unknown", number not in known),
                    ("duplicate", number in seen),
                )
                if holds
            ]
            seen.add(number)
            counts.update(reasons or ["ok"])
    return {"set_cpu_s": built - started, "loop_cpu_s": time.process_time() - built, "counts": dict(counts)}


def _e164(text: str, region: str) -> int:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return 0
    if not phonenumbers.is_valid_number(number):
        return 0
    return int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:])


def antijoin(folder: Path) -> int:
    """Rows whose number, already an integer, is in none of the sets: DuckDB alone, no reasons, no output."""
    union = " UNION ALL ".join(f"SELECT e164 FROM '{folder}/{name}-clear.parquet'" for name in SETS)  # noqa: S608
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as db:
        query = f"SELECT count(*) FROM '{folder}/list-clear.parquet' l ANTI JOIN ({union}) r USING (e164)"  # noqa: S608
        found = db.execute(query).fetchone()
    return int(found[0]) if found else 0
