"""Read a list that is handed in as a file: only its phone columns are looked at, and it is not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files

from duecause.apps.dialling.candidates import ListedRow
from duecause.engine.phone import CellNumbers, PhoneNumber, read_column
from duecause.engine.problems import Refused
from duecause.engine.tabular import Batch, HeaderWords, Table, load_header_words, map_columns, open_tables

ROWS_AT_ONCE = 5_000
PHONES = ("phone", "phone_mobile", "phone_other")
INCOMPLETE = frozenset({"row_extra_cells", "cell_error", "cell_not_calculated"})


@cache
def header_words() -> HeaderWords:
    return load_header_words(files("duecause.packs").joinpath("lexicons/headers.yaml").read_text("utf-8"))


def read_list(
    data: bytes,
    *,
    name: str,
    country: str,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    told: Callable[[int], None] | None = None,
) -> list[ListedRow]:
    """The rows of a CSV or XLSX file with their numbers, read as `country` writes them.

    `columns` maps a column to a phone field where its header says nothing; `told` hears how many rows are
    read. Raises Refused for a file that cannot be read or has no phone column.
    """
    rows: list[ListedRow] = []
    for table in open_tables(data, name=name, sheet=sheet):
        places = phone_columns(table, columns or {})
        for batch in table.batches(ROWS_AT_ONCE):
            rows += listed_rows(table.sheet, batch, places, country)
            if told:
                told(len(rows))
    if not rows:
        raise _empty(name)
    return rows


def count_rows(
    data: bytes, *, name: str, sheet: str | None = None, columns: Mapping[str, str] | None = None
) -> int:
    """How many rows `read_list` would read. Raises Refused for what it could not read at all."""
    count = 0
    for table in open_tables(data, name=name, sheet=sheet):
        phone_columns(table, columns or {})
        count += table.detected.row_count
    if not count:
        raise _empty(name)
    return count


def _empty(name: str) -> Refused:
    return Refused("list_empty", "%(file)s has a header and no rows. Export the list again.", file=name)


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
        told = {problem.code for problem in batch.problems.get(row, ())}
        yield _listed(sheet, row, cells, told & INCOMPLETE)


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
