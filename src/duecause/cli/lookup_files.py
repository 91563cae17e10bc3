"""Logs of look-ups as files: a folder with CSV or Parquet, read in parts and strictly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from duecause.engine.lookups import columns
from duecause.engine.lookups.columns import ROW, Table
from duecause.engine.problems import Refused

PART = 1_000_000
BLOCK = 16 << 20
ENDINGS = (".csv", ".parquet")
NEEDED = (columns.ACCESSES, columns.LINKS, columns.STAFF)


@dataclass(slots=True)
class Folder:
    """`accesses.csv`, `links.parquet` …; a table may come in several files (`accesses-01.csv`, …)."""

    path: Path
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def check(self) -> None:
        """Raises Refused if the folder or a table is missing, or a table lacks a column it needs."""
        if not self.path.is_dir():
            template = "%(folder)s is no folder. Name the one that holds accesses, links and staff."
            raise Refused("lookup_files", template, folder=self.path)
        for table in columns.TABLES:
            files = self.files(table)
            if not files and table in NEEDED:
                template = (
                    "%(folder)s holds no %(name)s.csv or %(name)s.parquet. "
                    "Put it there, with columns %(known)s."
                )
                known = ", ".join(table.names)
                params = {"folder": self.path, "name": table.name, "known": known}
                raise Refused("lookup_files", template, **params)
            for file in files:
                names = _header(file)
                columns.require(table, names, file=file.name)
                if unknown := columns.unknown(table, names):
                    self.unknown[file.name] = unknown

    def files(self, table: Table) -> list[Path]:
        return sorted(
            file
            for file in self.path.iterdir()
            if file.suffix in ENDINGS
            and (file.stem == table.name or file.stem.startswith((f"{table.name}-", f"{table.name}_")))
        )

    def parts(self, table: Table) -> Iterator[pa.Table]:
        """At most PART rows at a time, with the number of each row in its file. Raises Refused."""
        for file in self.files(table):
            first = 2 if file.suffix == ".csv" else 1
            for rows in _gathered(_batches(file, table)):
                numbers = pa.array(np.arange(first, first + rows.num_rows))
                yield rows.append_column(ROW, numbers)
                first += rows.num_rows


def _header(file: Path) -> list[str]:
    try:
        if file.suffix == ".parquet":
            return [_name(name) for name in pa.parquet.read_schema(file).names]
        with file.open(encoding="utf-8-sig") as text:
            line = text.readline(100_000)
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise _unreadable(file) from error
    return [_name(name) for name in line.rstrip("\r\n").split(_delimiter(line))]


def _batches(file: Path, table: Table) -> Iterator[pa.RecordBatch]:
    """Batches with only the columns that the review knows."""
    known = [name for name in _header(file) if name in table.names]
    try:
        if file.suffix == ".parquet":
            yield from _parquet(file, known)
        else:
            yield from _csv(file, known)
    except pa.ArrowException as error:
        raise _unreadable(file) from error


def _parquet(file: Path, known: list[str]) -> Iterator[pa.RecordBatch]:
    with pa.parquet.ParquetFile(file) as source:
        names = {_name(name): name for name in source.schema_arrow.names}
        for batch in source.iter_batches(batch_size=PART, columns=[names[name] for name in known]):
            yield batch.rename_columns([_name(name) for name in batch.schema.names])


def _csv(file: Path, known: list[str]) -> Iterator[pa.RecordBatch]:
    header, bad = _header(file), list[int]()

    def note(row: pa.csv.InvalidRow) -> str:
        bad.append(row.number or 0)
        return "skip"

    with file.open(encoding="utf-8-sig") as text:
        delimiter = _delimiter(text.readline(100_000))
    with pa.csv.open_csv(
        file,
        read_options=pa.csv.ReadOptions(
            column_names=header, skip_rows=1, use_threads=False, block_size=BLOCK
        ),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, invalid_row_handler=note),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), include_columns=known, strings_can_be_null=True,
            null_values=[""],
        ),
    ) as source:  # fmt: skip
        for batch in source:
            if bad:
                break
            yield batch
    if bad:
        template = (
            "%(file)s, row %(row)s: not as many cells as the header has. Quote cells that hold the separator."
        )
        raise Refused("lookup_rows", template, file=file.name, row=bad[0])


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """A join costs as much for few rows as for many: gather them."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= PART:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _delimiter(line: str) -> str:
    return ";" if line.count(";") > line.count(",") else ","


def _name(header: str) -> str:
    return header.strip().strip('"').strip().lower()


def _unreadable(file: Path) -> Refused:
    # What Arrow says quotes cells.
    template = "%(file)s cannot be read. It must be CSV in UTF-8 with a header, or Parquet."
    return Refused("lookup_files", template, file=file.name)
