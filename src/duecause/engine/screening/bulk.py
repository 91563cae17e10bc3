"""A list of millions of rows: read piece by piece into columns of tokens in a folder, and judged from there.

What lies in the folder are tokens, never numbers; its mode is 0700, and it is gone at the end. Pieces that
were finished before a cancelled or crashed run are not read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO, Literal
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from duecause.engine.phone import read_column
from duecause.engine.phone.columns import PhoneColumn
from duecause.engine.screening.facts import KEY, SCHEMAS, as_declared, on_disk, with_keys

Tokens = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.void]]
"""E.164 integers, shape (n,), to their tokens, dtype V16."""
Format = Literal["parquet", "csv"]
_PLACEHOLDERS = frozenset({"phone_placeholder"})
OVER, UNLISTED = "retention_over", "not_in_register"

READ_ROWS = pa.schema(
    [
        ("row_id", pa.int64()),
        ("sheet", pa.string()),
        ("row_no", pa.int32()),
        ("problems", pa.list_(pa.string())),
    ]
)
READ_NUMBERS = pa.schema([("row_id", pa.int64()), ("token", KEY), ("guard", KEY), ("country", pa.string())])
KNOWN = pa.schema(
    [
        ("person", KEY),
        ("record", KEY),
        ("country", pa.string()),
        ("natural", pa.bool_()),
        ("minor_band", pa.string()),
        ("source", pa.string()),
        ("basis", pa.string()),
        ("region", pa.string()),
    ]
)
NUMBERS = SCHEMAS["numbers"].append(pa.field("record", KEY))
ROWS = SCHEMAS["rows"].append(pa.field("record", KEY))
_NOBODY = pa.Table.from_pylist(
    [{"natural": True, "minor_band": "unknown", "source": "", "region": ""}], schema=KNOWN
)


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
    """Some rows of a list, in order: columns of phone cells, and in which country each row is read (see
    `read_column`). `row_numbers` as in the file; `problems`: place in the piece → codes that the file has for
    the row."""

    columns: tuple[pa.Array, ...]
    region: str | npt.NDArray[np.uint8]
    sheet: str = ""
    row_numbers: Sequence[int] = ()
    problems: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of numbers: lines as KNOWN, in the order in which they count. A token has the `counts`
    lines from `starts` on; none where all that was known of it has ended."""

    lines: pa.Table
    places: Mapping[bytes, int]  # token → its index in `starts` and `counts`
    starts: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def read_piece(piece: Piece, *, first: int, tokens: Tokens, guard: Tokens) -> tuple[pa.Table, pa.Table]:
    """Rows as READ_ROWS and their numbers as READ_NUMBERS, read under the policy "dial". `first`: row_id of
    the first; `guard`: tokens under which erased numbers are kept."""
    columns = [
        read_column(cells, region=piece.region, policy="dial", problems=True) for cells in piece.columns
    ]
    count = len(columns[0])
    row, e164, country = _numbers_of(columns)
    has = np.zeros(count, dtype=np.bool_)
    has[row] = True
    lists = {place: set(codes) for place, codes in piece.problems.items()}
    wrong = {
        place
        for column in columns
        for place, found in column.careful.items()
        if any(problem.code not in _PLACEHOLDERS for problem in found.problems)
    }
    for place in np.flatnonzero(~has).tolist():
        problem = "invalid_number" if place in wrong else "missing_phone"
        lists.setdefault(place, set()).add(problem)
    numbered = piece.row_numbers if len(piece.row_numbers) else np.arange(first + 1, first + count + 1)
    rows = [
        pa.array(np.arange(first, first + count)),
        pa.array(repeat(piece.sheet, count), pa.string()),
        pa.array(numbered, pa.int32()),
        _problems(count, {place: tuple(sorted(codes)) for place, codes in lists.items()}),
    ]
    numbers = [pa.array(row + first, pa.int64()), _keys(tokens(e164)), _keys(guard(e164)), country]
    return pa.Table.from_arrays(rows, schema=READ_ROWS), pa.Table.from_arrays(numbers, schema=READ_NUMBERS)


def _numbers_of(columns: Sequence[PhoneColumn]) -> tuple[Any, Any, pa.Array]:
    """Row, E.164 and country of each number, in the order of rows, columns and cells; each once in a row."""
    rows, e164, codes, order = [], [], [], []
    names = list(dict.fromkeys(region for column in columns for region, _ in column.places))
    for at, column in enumerate(columns):
        code = np.array([names.index(region) for region, _ in column.places] or [0], dtype=np.int32)
        plain = np.flatnonzero(column.place >= 0)
        odd = [
            (row, inner, number)
            for row, found in column.careful.items()
            if column.place[row] < 0
            for inner, number in enumerate(found.numbers)
        ]
        for _, _, number in odd:
            if number.region not in names:
                names.append(number.region)
        rows += [plain, np.array([row for row, _, _ in odd], dtype=np.int64)]
        e164 += [column.e164[plain], np.array([n.e164 for _, _, n in odd], dtype=np.int64)]
        codes += [code[column.place[plain]], np.array([names.index(n.region) for _, _, n in odd], np.int32)]
        order += [np.full(len(plain), at << 16), np.array([(at << 16) + i for _, i, _ in odd], np.int64)]
    row, digits, country = np.concatenate(rows), np.concatenate(e164), np.concatenate(codes)
    if len(columns) > 1 or any(map(len, rows[1::2])):
        sort = np.lexsort((np.concatenate(order), row))
        sort = sort[_first_ones(row[sort], digits[sort])]
        row, digits, country = row[sort], digits[sort], country[sort]
    coded = pa.DictionaryArray.from_arrays(country, pa.array(names, pa.string()))
    return row, digits, coded.cast(pa.string())


def _first_ones(row: npt.NDArray[np.int64], number: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """True for each number that did not stand in its row before."""
    first = np.ones(len(row), dtype=np.bool_)
    if not (row[1:] == row[:-1]).any():
        return first
    sort = np.lexsort((np.arange(len(row)), number, row))
    same = (row[sort][1:] == row[sort][:-1]) & (number[sort][1:] == number[sort][:-1])
    first[sort[1:][same]] = False
    return first


def _problems(count: int, of: Mapping[int, tuple[str, ...]]) -> pa.Array:
    """Lists of codes per row, of which few are different."""
    kinds: dict[tuple[str, ...], int] = {(): 0}
    which = np.zeros(count, dtype=np.int32)
    for place, codes in of.items():
        which[place] = kinds.setdefault(codes, len(kinds))
    return pa.array([list(codes) for codes in kinds], pa.list_(pa.string())).take(pa.array(which))


def _keys(values: npt.NDArray[np.void]) -> pa.Array:
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.FixedSizeBinaryArray.from_buffers(KEY, len(values), [None, buffer])


def identified(rows: pa.Table, numbers: pa.Table, known: Known) -> tuple[pa.Table, pa.Table]:
    """Inputs ROWS and NUMBERS of a screening, from what was read and what is known of it.

    A row with a number that is known has the people known by it, and neither its other numbers nor a problem.
    What has ended of all its numbers is over; a row whose numbers nobody knows is in no register.
    """
    count, first = len(rows), rows["row_id"][0].as_py() if len(rows) else 0
    row = numbers["row_id"].to_numpy() - first
    spot = np.fromiter(
        map(known.places.get, numbers["token"].to_pylist(), repeat(-1)), dtype=np.int64, count=len(row)
    )
    lines = np.append(known.counts, 0)[spot]
    has, met, ended = (np.zeros(count, dtype=np.bool_) for _ in range(3))
    has[row[lines > 0]] = True
    met[row] = True
    ended[row[spot >= 0]] = True
    ended &= ~has
    unlisted = met & ~has & ~ended
    times = np.where(has[row], lines, unlisted[row])
    at = np.repeat(np.arange(len(row)), times)
    inner = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
    line = np.where(lines[at] > 0, np.append(known.starts, 0)[spot[at]] + inner, len(known.lines))
    taken = pa.concat_tables([known.lines, _NOBODY]).take(pa.array(line))
    mine = row[at]
    given = {
        **{name: taken[name] for name in KNOWN.names},
        "row_id": pa.array(mine + first),
        "ordinal": pa.array(_places_in_row(mine), pa.int16()),
        "token": numbers["token"].take(pa.array(at)),
        "country": pc.if_else(
            pa.array(lines[at] > 0), taken["country"], numbers["country"].take(pa.array(at))
        ),
    }
    judged = pa.table([given[name] for name in NUMBERS.names], schema=NUMBERS)
    problems = _problems(count, _problems_left(rows, has, ended, unlisted))
    kept = {"row_id": rows["row_id"], "sheet": rows["sheet"], "row_no": rows["row_no"], "problems": problems}
    arrays = [kept.get(each.name, pa.nulls(count, each.type)) for each in ROWS]
    return pa.table(arrays, schema=ROWS), judged


def _places_in_row(row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    place = np.arange(len(row))
    begins = np.append(True, row[1:] != row[:-1])[: len(row)]
    return place - np.maximum.accumulate(np.where(begins, place, 0))


def _problems_left(
    rows: pa.Table, has: npt.NDArray[Any], ended: npt.NDArray[Any], unlisted: npt.NDArray[Any]
) -> dict[int, tuple[str, ...]]:
    told = rows["problems"]
    lengths = pc.list_value_length(told).to_numpy()
    found = {place: tuple(told[place].as_py()) for place in np.flatnonzero((lengths > 0) & ~has).tolist()}
    found |= {place: (*found.get(place, ()), OVER) for place in np.flatnonzero(ended).tolist()}
    return found | dict.fromkeys(np.flatnonzero(unlisted).tolist(), (UNLISTED,))


def read_pieces(
    pieces: Iterable[Piece],
    *,
    tokens: Tokens,
    guard: Tokens,
    folder: Path,
    total: int = 0,
    told: Told | None = None,
) -> int:
    """Read a list into files of `folder`, and return how many there are; those that are there already are
    taken as they are. `total`: rows of the list, where that is known, for the time left."""
    started, rows, fresh, index = time.monotonic(), 0, 0, -1
    for index, piece in enumerate(pieces):
        done = folder / f"read-rows-{index:06}.parquet"
        if done.exists():
            rows += pq.read_metadata(done).num_rows
        else:
            found, numbers = read_piece(piece, first=rows, tokens=tokens, guard=guard)
            write_table(numbers, folder / f"read-numbers-{index:06}.parquet")
            write_table(found, done)  # last: it says that the piece is whole
            rows += len(found)
            fresh += len(found)
        if told:
            told(Pace("list", rows, total, fresh, time.monotonic() - started))
    return index + 1


def piece_of(folder: Path, index: int) -> tuple[pa.Table, pa.Table]:
    """Rows and numbers of a piece that was read."""
    rows, numbers = (folder / f"read-{name}-{index:06}.parquet" for name in ("rows", "numbers"))
    return pq.read_table(rows, schema=READ_ROWS), pq.read_table(numbers, schema=READ_NUMBERS)


def write_table(table: pa.Table, path: Path) -> None:
    """A file is there whole or not at all; keys in it are such as DuckDB compares."""
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    few = [name for name in table.column_names if table[name].type == pa.string()]
    pq.write_table(table, part, compression="lz4", use_dictionary=few, write_statistics=False)
    part.replace(path)


def write_input(name: str, table: pa.Table, folder: Path, index: int) -> None:
    """A part of the named input of a screening; nothing is written of an empty one but the first."""
    if len(table) or not index:
        write_table(with_keys(table), folder / f"{name}-{index:06}.parquet")


def inputs(folder: Path, names: Iterable[str]) -> dict[str, ds.Dataset]:
    """What `write_input` wrote."""
    found = {}
    for name in names:
        schema = pa.schema([(each.name, on_disk(each.type)) for each in SCHEMAS[name]])
        files = sorted(map(str, folder.glob(f"{name}-*.parquet")))
        found[name] = ds.dataset(files, schema=schema, format="parquet")
    return found


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
