"""A table as it was found: what was detected, its header, and its rows in batches of columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

import pyarrow as pa

from duecause.engine.problems import Problem, Refused, gettext_noop

Records = Callable[[], Iterator[list[str]]]
"""Every record of the sheet from its first, blank ones included: the n-th is row n of the spreadsheet."""

_SEARCHED = 30
_SAMPLED = 200
_LONGEST_DATUM = 80
_MOST_COLUMNS = 2000
_DATA_LIKE = re.compile(
    r"""\s*(?: \S+@\S+\.\S+ | \+?[\d\s().\-/,]{5,} | \d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*
              | \d+(?:[.,]\d+)? )\s*""",
    re.VERBOSE,
)
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Detected:
    """How the file was read. `delimiter` and `encoding` are "" for a workbook.

    `header_row` is 1-based, 0 when there is no header line; `row_count` counts rows with content below it.
    """

    format: Literal["csv", "xlsx"]
    encoding: str
    bom: bool
    delimiter: str
    header_row: int
    row_count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: `columns[i][j]` is the text of row `row_numbers[j]` under `header[i]`, "" when empty.

    `problems` are by row number. Codes: row_extra_cells, cell_error and cell_not_calculated (a value is
    missing: the row must not be taken as complete) and row_missing_cells (a note: the row ended early).
    """

    header: tuple[str, ...]
    row_numbers: list[int]
    columns: list[list[str]]
    problems: dict[int, tuple[Problem, ...]]

    def __len__(self) -> int:
        return len(self.row_numbers)

    def after(self, rows: int) -> Batch:
        """Without its first `rows`."""
        if not rows:
            return self
        numbers, columns = self.row_numbers[rows:], [column[rows:] for column in self.columns]
        kept = {number: self.problems[number] for number in numbers if number in self.problems}
        return Batch(self.header, numbers, columns, kept)

    def to_arrow(self) -> pa.RecordBatch:
        """int64 column "row", then one string column per header (a header "row" becomes "row (2)")."""
        names = ["row", *("row (2)" if name == "row" else name for name in self.header)]
        arrays = [
            pa.array(self.row_numbers, pa.int64()),
            *(pa.array(col, pa.string()) for col in self.columns),
        ]
        return pa.RecordBatch.from_arrays(arrays, names=names)


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file (`sheet` is "") or one sheet of a workbook. Read as often as wanted, always lazily."""

    sheet: str
    detected: Detected
    header: tuple[str, ...]
    _records: Records = field(repr=False)
    _cell_problems: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict, repr=False)

    def batches(self, size: int = 5000) -> Iterator[Batch]:
        """The rows with content, `size` at a time."""
        width = len(self.header)
        numbers: list[int] = []
        rows: list[list[str]] = []
        problems: dict[int, tuple[Problem, ...]] = {}
        for number, cells in numbered_rows(self._records(), self.detected.header_row, self._cell_problems):
            found = self._cell_problems.get(number, ())
            if len(cells) != width:
                cells, problem = fitted(cells, self.header, number)
                found = (*found, problem) if problem else found
            if found:
                problems[number] = found
            numbers.append(number)
            rows.append(cells)
            if len(rows) == size:
                yield Batch(
                    self.header, numbers, [list(column) for column in zip(*rows, strict=True)], problems
                )
                numbers, rows, problems = [], [], {}
        if rows:
            yield Batch(self.header, numbers, _columns(rows), problems)


def _columns(rows: list[list[str]]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]


def numbered_rows(
    records: Iterator[list[str]], header_row: int, kept: Mapping[int, object]
) -> Iterator[tuple[int, list[str]]]:
    """Records below the header with content, or with a problem that must be told, by spreadsheet row."""
    for number, cells in enumerate(records, 1):
        if number > header_row and (any(cells) or number in kept):
            yield number, cells


def fitted(cells: list[str], header: tuple[str, ...], number: int) -> tuple[list[str], Problem | None]:
    """The cells at the width of the header."""
    width = len(header)
    if len(cells) < width:
        problem = Problem(
            "row_missing_cells",
            gettext_noop("Row %(row)s ends before column %(column)s: its last cells were taken as empty."),
            {"row": number, "column": header[len(cells)]},
        )
        return cells + [""] * (width - len(cells)), problem
    if not any(cells[width:]):
        return cells[:width], None
    problem = Problem(
        "row_extra_cells",
        gettext_noop(
            "Row %(row)s has %(cells)s cells, the header %(width)s. A delimiter within a value must be "
            "quoted: export the file again with quotes."
        ),
        {"row": number, "cells": len(cells), "width": width},
    )
    return cells[:width], problem


def build_table(
    *,
    sheet: str,
    where: str,
    records: Records,
    detected: Detected,
    header_row: int | None,
    row_limit: int | None,
    cell_problems: Callable[[tuple[str, ...]], Mapping[int, tuple[Problem, ...]]] = lambda header: {},
) -> Table:
    """Find the header, walk all rows once so that a broken one refuses the file before anything is done."""
    sample = list(islice(records(), _SAMPLED))
    if header_row is None:
        header_row = _find_header(sample, where)
    header = _lettered(sample) if header_row == 0 else _names(sample, header_row, where)
    kept = cell_problems(header)
    count = 0
    for count, _row in enumerate(numbered_rows(records(), header_row, kept), 1):
        if row_limit is not None and count > row_limit:
            raise Refused(
                "too_many_rows",
                gettext_noop("%(file)s has more than %(limit)s rows. Split it, or have the limit raised."),
                file=where,
                limit=row_limit,
            )
    return Table(sheet, replace(detected, header_row=header_row, row_count=count), header, records, kept)


def column_letter(index: int) -> str:
    """0 → "A", 26 → "AA"."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _find_header(sample: Sequence[list[str]], where: str) -> int:
    """The first record as wide as the table whose cells are words. Title lines and blank lines are passed."""
    widths = Counter(len(cells) for cells in sample if any(cells))
    width = max(widths, key=lambda size: (widths[size], size), default=0)
    looked = 0
    for number, cells in enumerate(sample, 1):
        filled = [cell for cell in cells if cell.strip()]
        looked += bool(filled)
        if looked > _SEARCHED:
            break
        if len(filled) < min(2, width) or len(filled) * 2 < width or not filled:
            continue
        if any(len(cell) <= _LONGEST_DATUM and _DATA_LIKE.fullmatch(cell) for cell in filled):
            break
        if sum(_LETTER.search(cell) is not None for cell in filled) * 2 >= len(filled):
            return number
    raise Refused(
        "header_missing",
        gettext_noop(
            "%(file)s: no header line found. Put the column names in one line above the data, or say that "
            "there is none and map columns by letter, as in A=phone."
        ),
        file=where,
    )


def _names(sample: Sequence[list[str]], header_row: int, where: str) -> tuple[str, ...]:
    if not 0 < header_row <= len(sample) or not any(sample[header_row - 1]):
        raise Refused(
            "header_missing",
            gettext_noop(
                "%(file)s has nothing in row %(row)s, where its header should be. Name another row."
            ),
            file=where,
            row=header_row,
        )
    cells = [" ".join(cell.split()) for cell in sample[header_row - 1]]
    width = max(_used(cells), min(len(cells), max((_used(row) for row in sample[header_row:]), default=0)))
    if width > _MOST_COLUMNS:
        raise Refused(
            "too_many_columns",
            gettext_noop("%(file)s has %(columns)s columns, more than %(limit)s. Check its delimiter."),
            file=where,
            columns=width,
            limit=_MOST_COLUMNS,
        )
    names: dict[str, int] = {}
    for index, cell in enumerate(cells[:width]):
        wanted = name = cell or f"column {column_letter(index)}"
        while name in names:
            names[wanted] += 1
            name = f"{wanted} ({names[wanted]})"
        names[name] = 1
    return tuple(names)


def _used(cells: Sequence[str]) -> int:
    return max((index + 1 for index, cell in enumerate(cells) if cell), default=0)


def _lettered(sample: Sequence[list[str]]) -> tuple[str, ...]:
    return tuple(column_letter(index) for index in range(max((_used(cells) for cells in sample), default=0)))
