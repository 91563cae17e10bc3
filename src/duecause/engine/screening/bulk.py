"""A list of millions of rows: read piece by piece into columns of tokens in a folder, and judged from there.

What lies in the folder are tokens, never numbers; its mode is 0700, and it is gone at the end. Pieces that
were finished before a cancelled or crashed run are not read again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from duecause.engine.phone import read_column
from duecause.engine.phone.columns import PhoneColumn
from duecause.engine.phone.numbers import OUR_REGIONS
from duecause.engine.screening.facts import SCHEMAS, as_declared, on_disk, with_keys

Tokens = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.void]]
"""E.164 integers, shape (n,), to their tokens, dtype V16."""
Format = Literal["parquet", "csv"]
PIECE_BYTES = 32 << 20
_PLACEHOLDERS = frozenset({"phone_placeholder"})


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the work is. `rows` of `total`, 0 where that is not known; `seconds` since it began, in which
    `fresh` rows were done: what an earlier run had finished says nothing of the speed."""

    phase: str
    rows: int
    total: int
    fresh: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.fresh / self.seconds if self.seconds else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds that are left at this rate."""
        return (self.total - self.rows) / self.rate if self.total and self.rate else None


Told = Callable[[Pace], None]
"""Hears how far the work is; what it raises cancels the work, and a later run goes on from there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a list, in order: phone cells, and in which country each is read (see `read_column`)."""

    cells: pa.Array
    region: str | npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ListColumns:
    """Inputs "rows" and "numbers" of a screening, in files."""

    rows: ds.Dataset
    numbers: ds.Dataset
    count: int


@contextmanager
def workspace(folder: Path, *, keep: Callable[[], bool] = lambda: False) -> Iterator[Path]:
    """A folder of mode 0700 that is gone afterwards, unless `keep` says that a later run goes on with it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        yield folder
    finally:
        if not keep():
            shutil.rmtree(folder)


def csv_pieces(
    file: BinaryIO, *, phone: str, region: str = "", country: str = "", delimiter: str = ","
) -> Iterator[Piece]:
    """Rows of a CSV file in UTF-8. `phone` and `country` name columns; without `country` all cells are read
    in `region`. Raises ValueError for a country that lists are not read in."""
    wanted = [phone, country] if country else [phone]
    strings: dict[str, Any] = dict.fromkeys(wanted, pa.string())
    if country:
        strings[country] = pa.dictionary(pa.int32(), pa.string())
    reader = pa_csv.open_csv(
        file,
        read_options=pa_csv.ReadOptions(block_size=PIECE_BYTES),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter),
        convert_options=pa_csv.ConvertOptions(include_columns=wanted, column_types=strings),
    )
    for batch in reader:
        yield Piece(batch.column(0), _regions(batch.column(1)) if country else region)


def _regions(countries: pa.DictionaryArray) -> npt.NDArray[np.uint8]:
    names = countries.dictionary.to_pylist()
    unknown = sorted(set(names) - set(OUR_REGIONS))
    if unknown:
        raise ValueError(f"lists are not read in {unknown[0]!r}")
    index = np.array([OUR_REGIONS.index(name) for name in names], dtype=np.uint8)
    found: npt.NDArray[np.uint8] = index[countries.indices.to_numpy(zero_copy_only=False)]
    return found


def write_columns(
    pieces: Iterable[Piece], *, tokens: Tokens, folder: Path, total: int = 0, told: Told | None = None
) -> ListColumns:
    """Read the numbers of a list under the policy "dial" and keep their tokens in `folder`.

    `total`: rows of the list, where that is known, for the time left.
    """
    started, rows, fresh = time.monotonic(), 0, 0
    for index, piece in enumerate(pieces):
        done = folder / f"rows-{index:06}.parquet"
        if done.exists():
            rows += pq.read_metadata(done).num_rows
        else:
            column = read_column(piece.cells, region=piece.region, policy="dial")
            _write(_numbers(column, tokens, rows), folder / f"numbers-{index:06}.parquet")
            _write(_rows(column, piece.cells, rows), done)  # last: it says that the piece is whole
            rows += len(column)
            fresh += len(column)
        if told:
            told(Pace("read", rows, total, fresh, time.monotonic() - started))
    return ListColumns(_files(folder, "rows"), _files(folder, "numbers"), rows)


def _files(folder: Path, name: str) -> ds.Dataset:
    schema = pa.schema([(each.name, on_disk(each.type)) for each in SCHEMAS[name]])
    return ds.dataset(sorted(map(str, folder.glob(f"{name}-*.parquet"))), schema=schema, format="parquet")


def _write(table: pa.Table, path: Path) -> None:
    part = path.with_suffix(".part")
    pq.write_table(table, part, compression="lz4", use_dictionary=False, write_statistics=False)
    part.replace(path)


def _numbers(column: PhoneColumn, tokens: Tokens, first: int) -> pa.Table:
    several = {row: found.numbers for row, found in column.careful.items() if len(found.numbers) > 1}
    rows = np.flatnonzero(column.e164)
    e164 = column.e164[rows]
    countries = np.array([region for region, _ in column.places], dtype=object)
    place = column.place[rows]
    country = countries[place]
    for at in np.flatnonzero(place < 0).tolist():
        country[at] = column.careful[int(rows[at])].numbers[0].region
    ordinal = np.zeros(len(rows), dtype=np.int16)
    more = [(row, at, n) for row, found in several.items() for at, n in enumerate(found)]
    if more:
        rows = np.concatenate((rows, [row for row, _, _ in more]))
        ordinal = np.concatenate((ordinal, np.array([at for _, at, _ in more], dtype=np.int16)))
        e164 = np.concatenate((e164, np.array([n.e164 for _, _, n in more], dtype=np.int64)))
        country = np.concatenate((country, np.array([n.region for _, _, n in more], dtype=object)))
    keys = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(e164), [None, pa.py_buffer(np.ascontiguousarray(tokens(e164)))]
    )
    given = {
        "row_id": pa.array(rows + first, pa.int64()),
        "ordinal": pa.array(ordinal, pa.int16()),
        "token": keys,
        "country": pa.array(country, pa.string()),
    }
    schema = SCHEMAS["numbers"]
    arrays = [given.get(each.name, pa.nulls(len(e164), each.type)) for each in schema]
    return with_keys(pa.Table.from_arrays(arrays, schema=schema))


def _rows(column: PhoneColumn, cells: pa.Array, first: int) -> pa.Table:
    """Every row, with the problem of those without a number (as `ListedRow` says it)."""
    count = len(column)
    has = column.e164 != 0
    for row, found in column.careful.items():
        has[row] = bool(found.numbers)
    without = np.flatnonzero(~has)
    texts = cells.take(pa.array(without)).to_pylist()
    problems = []
    for row, text in zip(without.tolist(), texts, strict=True):
        said = column.careful.get(row)
        codes = {problem.code for problem in said.problems} if said else set()
        missing = codes <= _PLACEHOLDERS if said else not any(map(str.isdecimal, text or ""))
        problems.append("missing_phone" if missing else "invalid_number")
    offsets = np.concatenate(([0], np.cumsum(~has))).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(problems, pa.string()))
    given = {"row_id": pa.array(np.arange(first, first + count)), "problems": lists}
    schema = SCHEMAS["rows"]
    return pa.Table.from_arrays(
        [given.get(each.name, pa.nulls(count, each.type)) for each in schema], schema=schema
    )


@dataclass(slots=True)
class VerdictFile:
    """Writes the verdicts of `screen(write=…)`, in no order: `row_id` names the row. A file is there whole or
    not at all."""

    path: Path
    kind: Format = "parquet"
    rows: int = 0
    told: Callable[[int], None] | None = field(default=None, repr=False)

    def __call__(self, reader: pa.RecordBatchReader) -> None:
        part = self.path.with_name(self.path.name + ".part")
        with part.open("wb") as file:
            part.chmod(0o600)
            self._all(reader, file)
        part.replace(self.path)

    def _all(self, reader: pa.RecordBatchReader, file: BinaryIO) -> None:
        writer: Any = None
        for batch in reader:
            table = as_declared(pa.Table.from_batches([batch]))
            table = _flat(table) if self.kind == "csv" else table
            if writer is None:
                if self.kind == "csv":
                    writer = pa_csv.CSVWriter(file, table.schema)
                else:
                    coded = ["country", "region", "reasons.list.element"]
                    writer = pq.ParquetWriter(file, table.schema, compression="lz4", use_dictionary=coded)
            writer.write_table(table)
            self.rows += len(table)
            if self.told:
                self.told(self.rows)
        if writer is not None:
            writer.close()


def _flat(table: pa.Table) -> pa.Table:
    """Keys in hexadecimal and reasons in one cell, as a CSV file can hold them."""
    for place, column in enumerate(table.schema):
        values = table.column(place)
        if column.type == pa.binary(16):
            texts = [value.hex() if value else None for value in values.to_pylist()]
            table = table.set_column(place, column.name, pa.array(texts, pa.string()))
        elif pa.types.is_list(column.type):
            joined = pa.array([" ".join(codes or ()) for codes in values.to_pylist()], pa.string())
            table = table.set_column(place, column.name, joined)
    return table
