"""Read a list that a centre got before Duecause: its numbers, and what the centre calls each row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.lists import listed_rows, phone_columns
from duecause.apps.register.fields import declared, is_phone
from duecause.apps.register.reading import header_words
from duecause.engine.problems import Problem, gettext_noop
from duecause.engine.tabular import fold_header, open_tables

REFERENCE = "reference"
ROWS_AT_ONCE = 5_000
NAME = re.compile(r"[\x21-\x7e]{1,64}")  # as the API takes it; the feed's files separate names by spaces


@dataclass(frozen=True, slots=True)
class HandedRow:
    """`numbers` are E.164; `reference` is empty where the file has none. `problem`: why it is not taken."""

    sheet: str
    row: int
    numbers: tuple[int, ...]
    reference: str
    fields: tuple[str, ...]  # what else its table says of a person, by the names of the catalogue
    problem: Problem | None


def read_hand_out(file: ListFile, country: str) -> Iterator[HandedRow]:
    """The rows of a CSV or XLSX file. A column “reference” names each row as the centre knows it. Raises
    Refused for a file that cannot be read or has no phone column."""
    for table in open_tables(file.data, name=file.name, sheet=file.sheet):
        places = phone_columns(table, file.columns or {})
        titles = [title.strip().casefold() for title in table.header]
        fields = known_columns(table.header)
        named = titles.index(REFERENCE) if REFERENCE in titles else None
        for batch in table.batches(ROWS_AT_ONCE):
            for place, listed in enumerate(listed_rows(table.sheet, batch, places, country)):
                row = listed.row
                reference = batch.columns[named][place].strip() if named is not None else ""
                numbers = tuple(number.e164 for number in listed.numbers)
                problem = _problem(row, numbers, reference, named is not None)
                yield HandedRow(table.sheet, row, numbers, reference, fields, problem)


def known_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Fields of the catalogue that the titles name, telephone numbers apart."""
    declares = declared()
    words = header_words().words
    found = {words.get(fold_header(title), "") for title in header}
    return tuple(sorted(name for name in found if declares.stores(name) and not is_phone(name)))


def _problem(row: int, numbers: tuple[int, ...], reference: str, named: bool) -> Problem | None:
    if not numbers:
        return Problem(
            "hand_out_no_number",
            gettext_noop(
                "Row %(row)s holds no telephone number that can be read. Correct it and import again."
            ),
            {"row": row},
        )
    if named and not NAME.fullmatch(reference):
        return Problem(
            "hand_out_reference",
            gettext_noop(
                "Row %(row)s needs a reference of 1 to 64 characters without spaces or accents, as in the"
                " centre's own file."
            ),
            {"row": row},
        )
    return None
