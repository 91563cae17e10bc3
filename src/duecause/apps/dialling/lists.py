"""Read a list that is handed in as a file: only its phone columns are looked at, and it is not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import pyarrow as pa

from duecause.apps.dialling.candidates import ListedRow
from duecause.engine.phone import CellNumbers, PhoneNumber, read_column
from duecause.engine.problems import Refused
from duecause.engine.screening.bulk import Piece
from duecause.engine.tabular import Batch, HeaderWords, Table, load_header_words, map_columns, open_tables

ROWS_AT_ONCE = 5_000
PHONES = ("phone", "phone_mobile", "phone_other")
INCOMPLETE = frozenset({"row_extra_cells", "cell_error", "cell_not_calculated"})


@cache
def header_words() -> HeaderWords:
    return load_header_words(files("duecause.packs").joinpath("lexicons/headers.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class OpenedList:
    """The tables of a CSV or XLSX file, each with the places of its phone columns."""

    tables: Sequence[tuple[Table, list[int]]]

    @cached_property
    def rows(self) -> int:
        return sum(table.detected.row_count for table, _ in self.tables)

    def listed(self, country: str, *, told: Callable[[int], None] | None = None) -> list[ListedRow]:
        """The rows with their numbers, read as `country` writes them; `told` hears how many are read."""
        rows: list[ListedRow] = []
        for table, places in self.tables:
            for batch in table.batches(ROWS_AT_ONCE):
                rows += listed_rows(table.sheet, batch, places, country)
                if told:
                    told(len(rows))
        return rows

    def pieces(self, country: str, *, rows: int) -> Iterator[Piece]:
        """The same as columns, so many rows at a time."""
        for table, places in self.tables:
            for batch in table.batches(rows):
                yield Piece(
                    columns=tuple(pa.array(batch.columns[index], pa.string()) for index in places),
                    region=country,
                    sheet=table.sheet,
                    row_numbers=batch.row_numbers,
                    problems={
                        place: sorted(codes)
                        for place, row in enumerate(batch.row_numbers)
                        if row in batch.problems and (codes := _told(batch, row))
                    },
                )


def open_list(
    data: bytes, *, name: str, sheet: str | None = None, columns: Mapping[str, str] | None = None
) -> OpenedList:
    """`columns` maps a column to a phone field where its header says nothing. Raises Refused for a file that
    cannot be read, has no phone column or no row."""
    tables = open_tables(data, name=name, sheet=sheet)
    opened = OpenedList([(table, phone_columns(table, columns or {})) for table in tables])
    if not opened.rows:
        raise Refused("list_empty", "%(file)s has a header and no rows. Export the list again.", file=name)
    return opened


def phone_columns(table: Table, columns: Mapping[str, str]) -> list[int]:
    found = map_columns(table.header, words=header_words(), fields=PHONES, explicit=columns).index_of
    if not found:
        raise Refused(
            "no_phone_column",
            "No column with phone numbers was found%(sheet)s. Its columns are: %(columns)s. Name one, as in "
            "--map “Number=phone”.",
            sheet=f" ({table.sheet})" if table.sheet else "",
            columns=", ".join(table.header),
        )
    return list(found.values())


def listed_rows(sheet: str, batch: Batch, places: list[int], country: str) -> Iterator[ListedRow]:
    columns = [
        read_column(batch.columns[index], region=country, policy="dial", problems=True).cells()
        for index in places
    ]
    for row, *cells in zip(batch.row_numbers, *columns, strict=True):
        yield _listed(sheet, row, cells, _told(batch, row))


def _told(batch: Batch, row: int) -> set[str]:
    return {problem.code for problem in batch.problems.get(row, ())} & INCOMPLETE


def _listed(sheet: str, row: int, cells: list[CellNumbers], told: set[str]) -> ListedRow:
    numbers: dict[int, PhoneNumber] = {}
    codes: set[str] = set()
    for cell in cells:
        numbers.update((number.e164, number) for number in cell.numbers)
        codes |= {problem.code for problem in cell.problems}
    problems = set(told)
    if not numbers:
        problems.add("missing_phone" if codes <= {"phone_placeholder"} else "invalid_number")
    return ListedRow(sheet, row, tuple(numbers.values()), frozenset(problems))
