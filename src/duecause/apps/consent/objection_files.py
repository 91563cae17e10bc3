"""Read a file of past objections: who objected, when, and to how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from duecause.apps.consent.models import Objection
from duecause.engine.phone import CellNumbers, Policy, read_column
from duecause.engine.problems import Problem, Refused, gettext_noop, located, shape_of
from duecause.engine.tabular import (
    Batch,
    DateOrder,
    HeaderWords,
    Table,
    detect_date_order,
    fold_header,
    load_header_words,
    map_columns,
    normalise_email,
    open_tables,
    parse_date,
)

PHONES = ("phone", "phone_mobile", "phone_other")
FIELDS = (*PHONES, "email", "objected_on", "scope", "campaign")
ROWS_AT_ONCE = 500
GREEDY: Policy = "suppression"
Scope = tuple[str, str, str]
"""Kind, channel and campaign, as an objection holds them."""

EVERYTHING: Scope = (Objection.Scope.ALL_MARKETING, "", "")


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """`numbers`: E.164, every plausible reading. `objected_on` is None where the file does not tell."""

    sheet: str
    row: int
    numbers: tuple[int, ...]
    email: str
    objected_on: date | None
    scope: Scope
    problems: tuple[Problem, ...]


def read_objections(data: bytes, *, name: str, country: str, on: date) -> Iterator[list[ObjectionRow]]:
    """Rows in batches. The whole file is looked at before the first one. Raises Refused for a file that
    cannot be read or has neither a phone nor an e-mail column."""
    found = [(table, _columns(table)) for table in open_tables(data, name=name)]
    if not any({*PHONES, "email"} & columns.keys() for _, columns in found):
        raise Refused(
            "no_identifier_column",
            gettext_noop(
                "%(file)s has no column with phone numbers or e-mail addresses. Its columns are: %(columns)s."
            ),
            file=name,
            columns=", ".join(found[0][0].header),
        )
    return _batches(found, country, on)


def _batches(
    found: Sequence[tuple[Table, Mapping[str, int]]], country: str, on: date
) -> Iterator[list[ObjectionRow]]:
    for table, columns in found:
        order = _date_order(table, columns)
        for batch in table.batches(ROWS_AT_ONCE):
            phones = {
                field: list(read_column(batch.columns[columns[field]], region=country, policy=GREEDY).cells())
                for field in PHONES
                if field in columns
            }
            yield [_row(table.sheet, batch, place, columns, phones, order, on) for place in range(len(batch))]


def _columns(table: Table) -> Mapping[str, int]:
    return map_columns(table.header, words=_words(), fields=FIELDS).index_of


def _date_order(table: Table, columns: Mapping[str, int]) -> DateOrder | None:
    if "objected_on" not in columns:
        return None
    index = columns["objected_on"]
    return detect_date_order(text for batch in table.batches() for text in batch.columns[index])


def _row(
    sheet: str,
    batch: Batch,
    place: int,
    columns: Mapping[str, int],
    phones: Mapping[str, Sequence[CellNumbers]],
    order: DateOrder | None,
    on: date,
) -> ObjectionRow:
    row = batch.row_numbers[place]
    cells = {name: batch.columns[index][place].strip() for name, index in columns.items()}
    problems: list[Problem] = list(batch.problems.get(row, ()))

    def note(problem: Problem | None, field: str) -> None:
        if problem is not None:
            problems.append(located(problem, row=row, column=batch.header[columns[field]]))

    numbers: dict[int, None] = {}
    for field, column in phones.items():
        read = column[place]
        numbers.update(dict.fromkeys(number.e164 for number in read.numbers))
        for problem in read.problems:
            note(problem, field)
    email, wrong_email = normalise_email(cells.get("email", ""))
    note(wrong_email, "email")
    day, wrong_day = parse_date(cells.get("objected_on", ""), order, on=on, past=True)
    note(wrong_day, "objected_on")
    scope, wrong_scope = read_scope(cells.get("scope", ""), cells.get("campaign", ""))
    note(wrong_scope, "scope")
    return ObjectionRow(sheet, row, tuple(numbers), email or "", day, scope, tuple(problems))


def read_scope(text: str, campaign: str) -> tuple[Scope, Problem | None]:
    """How far an objection reaches. A word that is not known means everything: less was not asked for."""
    named = text.partition(":")[2].strip() if ":" in text else ""
    if campaign or named:
        return (Objection.Scope.CAMPAIGN, "", campaign or named), None
    word = _scopes().get(fold_header(text), "") if text else "all"
    if word and word != "all":
        return (Objection.Scope.CHANNEL, word, ""), None
    if word:
        return EVERYTHING, None
    template = gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s is no scope we know. The objection was taken to cover all "
        "marketing."
    )
    return EVERYTHING, Problem(
        "scope_unknown", template, {"row": "?", "column": "?", "looks": shape_of(text)}
    )


@cache
def _pack() -> dict[str, dict[str, dict[str, list[str]]]]:
    text = files("duecause.packs").joinpath("lexicons/objection_words.yaml").read_text("utf-8")
    pack: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(text)
    return pack


def _folded(section: str) -> dict[str, str]:
    spoken = _pack()[section].items()
    return {
        fold_header(word): name
        for name, by_language in spoken
        for words in by_language.values()
        for word in words
    }


@cache
def _scopes() -> dict[str, str]:
    return _folded("scopes")


@cache
def _words() -> HeaderWords:
    text = files("duecause.packs").joinpath("lexicons/headers.yaml").read_text("utf-8")
    shared = load_header_words(text)
    return HeaderWords({**shared.words, **_folded("headers")}, shared.beside)
