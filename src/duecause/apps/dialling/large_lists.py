"""A list of many rows: judged from files piece by piece, so that memory does not grow with it.

What its file says is read once and found again by a later run; what is known of its numbers is asked anew by
each run, because somebody may have objected meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from duecause.apps.dialling import columns, list_folders
from duecause.apps.dialling.candidates import guarded, pieces_of
from duecause.apps.dialling.facts import table
from duecause.apps.dialling.gathering import ABOUT, Facts, Question
from duecause.apps.dialling.given import Given
from duecause.apps.dialling.screening import Judged, Progress, judged
from duecause.apps.vault import covers, indexes
from duecause.engine import memory_database
from duecause.engine.ids import uuid7
from duecause.engine.phone import METADATA_VERSION
from duecause.engine.screening import Limits, bulk
from duecause.engine.screening.facts import as_declared
from duecause.engine.screening.sql import SETTINGS

FROM_ROWS = 20_000
"""Lists of so many rows are judged from files."""
PIECE = 100_000
MEMORY, THREADS = "1GB", 2
INPUTS = ("rows", "numbers", "guard", *ABOUT)
STORED_AT_ONCE = 20_000

_LINES = """
SELECT v.row_id, coalesce(r.file, $file) AS file, r.sheet, r.row_no, coalesce(n.record, r.record) AS record,
       v.person, v.token, v.country, v.released, v.reasons
FROM verdicts v JOIN listed r ON r.row_id = v.row_id
LEFT JOIN numbers n ON n.row_id = v.row_id AND n.ordinal = coalesce(v.ordinal, 0)
ORDER BY v.row_id
"""


@contextmanager
def judged_from_files(
    question: Question, given: Given, progress: Progress | None
) -> Iterator[tuple[Judged, Iterator[pa.RecordBatch]]]:
    """The verdicts on `given`, and its rows in order with all that a list keeps of each: row_id, file, sheet,
    row_no, record, person, token, country, released, reasons. Rows can be read within the context only."""
    with list_folders.folder(_name(given)) as folder:
        work = _Work(question, given, folder, progress or (lambda *_: None))
        found = work.judged()
        yield found, work.lines()


def _name(given: Given) -> str:
    """Of everything that makes the pieces of a list what they are."""
    if given.file is None:
        return f"sources-{uuid7().hex}"
    read_with = [indexes.dial_key_id(), indexes.guard_key_id(), indexes.NORMALISER_VERSION, METADATA_VERSION]
    columns = sorted((given.file.columns or {}).items())
    said = [given.sha256, given.file.name, given.country, given.file.sheet, columns, PIECE, *read_with]
    return f"file-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]}"


@dataclass(slots=True)
class _Work:
    """One list in its folder; methods in the order in which they run."""

    question: Question
    given: Given
    folder: Path
    progress: Progress
    _pieces: int = 0

    def judged(self) -> Judged:
        if self.given.file is not None:
            self._pieces = bulk.read_pieces(
                self.given.opened.pieces(self.given.country, rows=PIECE),
                tokens=indexes.dial_tokens,
                guard=indexes.guard_phone_tokens,
                folder=self.folder,
                total=self.given.rows,
                told=lambda pace: self.progress(pace.phase, pace.rows, pace.total),
            )
        facts = covers.steadily(self._facts)
        out = bulk.VerdictFile(self.folder / "verdicts.parquet")
        spill = self.folder / "spill"
        spill.mkdir(mode=0o700, exist_ok=True)
        return judged(
            self.question,
            facts,
            bulk.inputs(self.folder, INPUTS),
            progress=self.progress,
            limits=Limits(memory=MEMORY, threads=THREADS, temp_directory=str(spill)),
            write=out,
        )

    def _facts(self) -> Facts:
        """Write the inputs of the screening; what an earlier run wrote of them counts no more."""
        for name in INPUTS:
            for old in self.folder.glob(f"{name}-*.parquet"):
                old.unlink()
        pieces, rows = 0, 0
        countries: set[str] = set()
        for listed, numbers, guard in self._identified():
            bulk.write_input("rows", listed, self.folder, pieces)
            bulk.write_input("numbers", numbers, self.folder, pieces)
            bulk.write_input("guard", guard, self.folder, pieces)
            countries |= set(pc.unique(numbers["country"]).to_pylist()) - {None, ""}
            pieces, rows = pieces + 1, rows + len(listed)
            self.progress("known", rows, max(self.given.rows, rows))
        facts = Facts(self.question, countries)
        for piece in range(pieces):
            path = self.folder / f"numbers-{piece:06}.parquet"
            numbers = as_declared(pq.read_table(path)) if path.exists() else bulk.NUMBERS.empty_table()
            for name, found in facts.about(numbers).items():
                bulk.write_input(name, found, self.folder, piece)
            self.progress("facts", piece + 1, pieces)
        return facts

    def _identified(self) -> Iterator[tuple[pa.Table, pa.Table, pa.Table]]:
        """Inputs "rows", "numbers" and "guard" of each piece."""
        given, on = self.given, self.question.on
        if given.file is None:
            first = 0
            for candidates in pieces_of(given.imports, given.campaign, on=on, size=PIECE):
                yield *columns.of_candidates(candidates, first), table("guard", [])
                first += len(candidates)
            return
        for index in range(self._pieces):
            listed, numbers = bulk.piece_of(self.folder, index)
            tokens = numbers["token"].to_pylist()
            known = columns.known_of(given.campaign.controller, set(tokens), on)
            guards = zip(numbers["guard"].to_pylist(), tokens, strict=True)
            erased = guarded({guard: token for guard, token in guards if token not in known.places})
            yield *bulk.identified(listed, numbers, known), table("guard", [(token,) for token in erased])

    def lines(self) -> Iterator[pa.RecordBatch]:
        spill = str(self.folder / "spill")
        with memory_database.connect(memory=MEMORY, threads=THREADS, spill=spill) as db:
            for setting in SETTINGS:
                db.execute(setting)
            db.register("verdicts", ds.dataset(str(self.folder / "verdicts.parquet")))
            for name, prefix in (("listed", "rows"), ("numbers", "numbers")):
                db.register(name, ds.dataset(sorted(map(str, self.folder.glob(f"{prefix}-*.parquet")))))
            file = self.given.file.name if self.given.file else ""
            for batch in db.execute(_LINES, {"file": file}).to_arrow_reader(STORED_AT_ONCE):
                yield from as_declared(pa.Table.from_batches([batch])).to_batches()


def row_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)
