"""Read a list that is handed in as a file: only its phone columns are looked at, and it is not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from duecause.apps.dialling.candidates import ListedRow
from duecause.engine.phone import PhoneNumber, read_cell
from duecause.engine.problems import Refused
from duecause.engine.tabular import HeaderWords, Table, load_header_words, map_columns, open_tables

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
) -> list[ListedRow]:
    """The rows of a CSV or XLSX file with their numbers, read as `country` writes them.

    `columns` maps a column to a phone field where its header says nothing. Raises Refused for a file that
    cannot be read or has no phone column.
    """
    rows = [
        row
        for table in open_tables(data, name=name, sheet=sheet)
        for row in _rows(table, country, columns or {})
    ]
    if not rows:
        raise Refused("list_empty", "%(file)s has a header and no rows. Export the list again.", file=name)
    return rows


def _rows(table: Table, country: str, columns: Mapping[str, str]) -> Iterator[ListedRow]:
    found = map_columns(table.header, words=header_words(), fields=PHONES, explicit=columns).index_of
    if not found:
        raise Refused(
            "no_phone_column",
            "No column with phone numbers was found%(sheet)s. Its columns are: %(columns)s. Name one, as in "
            "--map “Number=phone”.",
            sheet=f" ({table.sheet})" if table.sheet else "",
            columns=", ".join(table.header),
        )
    for batch in table.batches():
        for place, row in enumerate(batch.row_numbers):
            cells = [batch.columns[index][place] for index in found.values()]
            told = {problem.code for problem in batch.problems.get(row, ())}
            yield _listed(table.sheet, row, cells, country, told & INCOMPLETE)


def _listed(sheet: str, row: int, cells: list[str], country: str, told: set[str]) -> ListedRow:
    numbers: dict[int, PhoneNumber] = {}
    codes: set[str] = set()
    for cell in cells:
        read = read_cell(cell, region=country, policy="dial")
        numbers.update((number.e164, number) for number in read.numbers)
        codes |= {problem.code for problem in read.problems}
    problems = set(told)
    if not numbers:
        problems.add("missing_phone" if codes <= {"phone_placeholder"} else "invalid_number")
    return ListedRow(sheet, row, tuple(numbers.values()), frozenset(problems))
