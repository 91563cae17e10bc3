"""What is measured, each in a process of its own: CPU seconds of all threads, peak memory, and an answer."""

from __future__ import annotations

import csv
import multiprocessing
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import numpy as np
import numpy.typing as npt
import phonenumbers
import pyarrow as pa
import pyarrow.csv as pa_csv
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
from duecause.engine.screening.facts import as_declared
from duecause.packs import law

ON = date(2026, 11, 27)
MEMORY = "1GB"
PIECE_BYTES = 8 << 20
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
    work = folder / "work"
    work.mkdir()
    started = time.process_time()
    with (folder / "list.csv").open("rb") as file:
        pieces = bulk.read_pieces(
            csv_pieces(file), tokens=sample.tokens().tokens, guard=sample.guard().tokens, folder=work
        )
    read = time.process_time() - started
    known = KnownNumbers(folder / "known.parquet")
    for index in range(pieces):
        listed, numbers = bulk.piece_of(work, index)
        listed, numbers = bulk.identified(listed, numbers, known.of(numbers["token"]))
        bulk.write_input("rows", listed, work, index)
        bulk.write_input("numbers", numbers, work, index)
    del known
    identified = time.process_time() - started - read
    out = bulk.VerdictFile(folder / "verdicts.parquet")
    verdicts = screen(
        ScreeningInput(
            **bulk.inputs(work, ("rows", "numbers")),
            **{name: ds.dataset(str(folder / f"{name}.parquet")) for name in ("suppressed", "register")},
            in_order=True,
            registers_loaded=loaded,
        ),
        campaign=campaign,
        rules=rules,
        on=ON,
        limits=Limits(memory=MEMORY, threads=2, temp_directory=str(work / "spill")),
        write=out,
    )
    shutil.rmtree(work)
    return {
        "read_cpu_s": read,
        "identified_cpu_s": identified,
        "rows": out.rows,
        "released": verdicts.released,
        "totals": dict(verdicts.totals),
    }


def csv_pieces(file: BinaryIO) -> Iterator[bulk.Piece]:
    """The list, whose rows are of ten countries."""
    coded = {"phone": pa.string(), "country": pa.dictionary(pa.int32(), pa.string())}
    reader = pa_csv.open_csv(
        file,
        read_options=pa_csv.ReadOptions(block_size=PIECE_BYTES),
        convert_options=pa_csv.ConvertOptions(include_columns=list(coded), column_types=coded),
    )
    for batch in reader:
        countries = batch.column(1)
        names = countries.dictionary.to_pylist()
        index = np.array([OUR_REGIONS.index(name) for name in names], dtype=np.uint8)
        yield bulk.Piece((batch.column(0),), index[countries.indices.to_numpy(zero_copy_only=False)])


class KnownNumbers:
    """The register's part: what is known of some numbers, found in sorted tokens."""

    def __init__(self, path: Path) -> None:
        table = as_declared(pq.read_table(path))
        token = _halves(table["token"])
        order = np.argsort(token[:, 0])
        self._low, self._high = token[order, 0], token[order, 1]
        self._lines = table.append_column("record", table["person"]).select(bulk.KNOWN.names)
        self._order = order

    def of(self, tokens: pa.ChunkedArray) -> bulk.Known:
        asked = _halves(tokens)
        at = np.minimum(np.searchsorted(self._low, asked[:, 0]), len(self._low) - 1)
        found = np.flatnonzero((self._low[at] == asked[:, 0]) & (self._high[at] == asked[:, 1]))
        lines = self._lines.take(pa.array(self._order[at[found]]))
        keys = tokens.take(pa.array(found)).to_pylist()
        count = len(keys)
        return bulk.Known(
            lines, dict(zip(keys, range(count), strict=True)), np.arange(count), np.ones(count, np.int64)
        )


def _halves(tokens: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    array = tokens.combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    return np.frombuffer(array.buffers()[1], dtype=np.uint64).reshape(-1, 2)[array.offset :][: len(array)]


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
