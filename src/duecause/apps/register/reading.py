"""A file to rows as the register would take them: mapped, each value in one spelling, problems by place.

Nothing is written here and nothing kept: pass one opens the file and finds what makes it unreadable, pass two
reads its rows in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice

from duecause.apps.parties.models import Source
from duecause.apps.register.fields import DATES, PROVENANCE, Declared, is_phone
from duecause.engine.phone import CellNumbers, PhoneNumber, read_cell, read_column
from duecause.engine.problems import Problem, Refused, gettext_noop, located, shape_of
from duecause.engine.tabular import (
    Batch,
    ColumnMap,
    DateOrder,
    HeaderWords,
    MappedColumn,
    Table,
    detect_date_order,
    fold_header,
    load_header_words,
    map_columns,
    normalise_email,
    normalise_postcode,
    open_tables,
    parse_date,
)

LONGEST_VALUE = 200
DATE_SAMPLE_ROWS = 20_000
# A contract may end years from now: two digits of a year then mean a coming one.
CONTRACT_AHEAD = timedelta(days=30 * 365)
BOTH_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy")
IN_THE_PAST = frozenset({"birth_date", "obtained_on", "consent_on"})
FATAL = frozenset({"row_extra_cells"})
LANGUAGES = ("en", "nl", "fr", "pl", "sv", "de")

NO_IDENTIFIER = gettext_noop(
    "Row %(row)s has no phone number, e-mail address or customer number that can be used. Add one."
)
NO_COLUMNS = gettext_noop(
    "%(file)s: no column can be stored that finds a person again. Its columns are: %(columns)s. "
    "Map at least one to phone, email or customer_no, as in --map “%(first)s=phone”."
)
LONG_VALUE = gettext_noop(
    "Row %(row)s, column %(column)s: the value has more than %(limit)s characters and was left out. "
    "Shorten it."
)


@dataclass(slots=True)
class ParsedRow:
    """One row. `values` hold what may be sealed; `consent_text` is None where the file has no such column."""

    sheet: str
    row: int
    values: dict[str, str] = field(default_factory=dict)
    numbers: list[PhoneNumber] = field(default_factory=list)
    dates: dict[str, date] = field(default_factory=dict)
    born_at_latest: date | None = None  # of a birth date that can be read in two ways, the later one
    external_id: str = ""
    consent_text: str | None = None
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False

    @property
    def e164(self) -> list[int]:
        return [number.e164 for number in self.numbers]


@dataclass(frozen=True, slots=True)
class Way:
    """How the cells of one sheet are read. Holds nothing of the file: another process can read by it."""

    sheet: str
    columns: ColumnMap
    orders: Mapping[str, DateOrder | None]
    region: str
    today: date
    split_names: bool

    def parse(self, batch: Batch) -> list[ParsedRow]:
        return _Reader(self).read(batch)


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """One table with its columns mapped and its date orders settled."""

    table: Table
    way: Way

    @property
    def columns(self) -> ColumnMap:
        return self.way.columns

    def parse(self, batch: Batch) -> list[ParsedRow]:
        return self.way.parse(batch)

    def describe(self) -> dict[str, object]:
        """For the import report: how the sheet was read, and what became of each column."""
        found = self.table.detected
        return {
            "name": self.table.sheet,
            "format": found.format,
            "encoding": found.encoding,
            "bom": found.bom,
            "delimiter": found.delimiter,
            "header_row": found.header_row,
            "rows": found.row_count,
            "columns": [_column(column) for column in self.columns.columns],
            "region": self.way.region,  # of numbers without country code
            "date_orders": dict(self.way.orders),
            "split_names": self.way.split_names,
        }


@dataclass(frozen=True, slots=True)
class ReadFile:
    sheets: tuple[ReadSheet, ...]

    @property
    def row_count(self) -> int:
        return sum(sheet.table.detected.row_count for sheet in self.sheets)

    def batches(self, size: int) -> Iterator[tuple[Way, Batch]]:
        """All rows in order, unread, at most `size` at a time, of one sheet each."""
        for sheet in self.sheets:
            for batch in sheet.table.batches(size):
                yield sheet.way, batch


@cache
def header_words() -> HeaderWords:
    pack = files("duecause.packs") / "lexicons" / "headers.yaml"
    return load_header_words(pack.read_text(encoding="utf-8"))


def read_file(
    data: bytes,
    *,
    file_name: str,
    source: Source,
    declared: Declared,
    today: date,
    sheet: str | int | None = None,
    explicit: Mapping[str, str] | None = None,
    country: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    row_limit: int | None = None,
    require_identifier: bool = True,
) -> ReadFile:
    """Open, map, settle. Raises Refused for whatever makes the file as a whole unusable; without
    `require_identifier` a file whose columns are yet to be mapped is read all the same."""
    tables = open_tables(
        data, name=file_name, sheet=sheet, encoding=encoding, delimiter=delimiter, row_limit=row_limit
    )
    region = (country or source.default_country).upper()
    read_cell("", region=region, policy="dial")  # refuses a country without numbering plan
    split = (
        not declared.stores("full_name") and declared.stores("first_name") and declared.stores("last_name")
    )
    mappable = {code for code in declared.compartments if declared.stores(code)} | PROVENANCE
    if split:
        mappable.add("full_name")
    headers = {name for table in tables for name in table.header}
    sheets = []
    for table in tables:
        # A column that only other sheets have is theirs to map; one that no sheet has is refused by each.
        given = {
            name: field
            for name, field in (explicit or {}).items()
            if name in table.header or name not in headers
        }
        columns = map_columns(table.header, words=header_words(), fields=mappable, explicit=given)
        if require_identifier:
            check_identifier(columns, file_name)
        sheets.append(
            ReadSheet(
                table,
                Way(
                    sheet=table.sheet,
                    columns=columns,
                    orders=_date_orders(table, columns),
                    region=region,
                    today=today,
                    split_names=split,
                ),
            )
        )
    return ReadFile(tuple(sheets))


def read_value(name: str, text: str, *, region: str, today: date) -> ParsedRow:
    """One value that somebody typed, read as the cell of a file would be; the row holds it or a problem. A
    day is written year first."""
    row = ParsedRow("", 1)
    way = Way(
        sheet="", columns=ColumnMap(()), orders={}, region=region.upper(), today=today, split_names=False
    )
    _Reader(way).take(row, name, text)
    return row


def check_identifier(columns: ColumnMap, file_name: str) -> None:
    """Raises Refused where no column can find a person again."""
    usable = ("email", "customer_no", "external_id")
    if any(is_phone(name) or name in usable for name in columns.index_of):
        return
    names = [column.header for column in columns.columns]
    raise Refused(
        "no_identifier_column", NO_COLUMNS, file=file_name, columns=", ".join(names), first=names[0]
    )


def _column(column: MappedColumn) -> dict[str, object]:
    if column.field:
        use = "provenance" if column.field in PROVENANCE else "stored"
        return {"header": column.header, "field": column.field, "how": column.how, "use": use, "reason": ""}
    known = header_words().words.get(fold_header(column.header))
    reason = "field_not_in_catalogue" if known else "header_unknown"
    if column.how == "given":
        known, reason = None, "by_choice"
    return {"header": column.header, "field": known, "how": column.how, "use": "refused", "reason": reason}


def _date_orders(table: Table, columns: ColumnMap) -> dict[str, DateOrder | None]:
    wanted = {name: index for name, index in columns.index_of.items() if name in DATES}
    if not wanted:
        return {}
    texts: dict[str, list[str]] = {name: [] for name in wanted}
    size = 5_000
    for batch in islice(table.batches(size), DATE_SAMPLE_ROWS // size):
        for name, index in wanted.items():
            texts[name].extend(batch.columns[index])
    return {name: detect_date_order(found) for name, found in texts.items()}


Take = Callable[[ParsedRow, str, str, str], None]


class _Reader:
    """Reads one batch column by column, so that each column's way of reading is chosen once."""

    def __init__(self, way: Way) -> None:
        self._sheet = way

    def read(self, batch: Batch) -> list[ParsedRow]:
        rows = [ParsedRow(self._sheet.sheet, number) for number in batch.row_numbers]
        mapped = [column for column in self._sheet.columns.columns if column.field]
        # Phones are numbered in the order of their fields, whatever the order of the columns.
        for column in sorted(mapped, key=lambda column: column.field or ""):
            if is_phone(column.field or ""):
                self._phones(rows, column.field or "", column.header, batch.columns[column.index])
                continue
            take = self._way(column.field or "")
            for row, cell in zip(rows, batch.columns[column.index], strict=True):
                if cell and not cell.isspace():
                    take(row, column.field or "", column.header, cell)
        if "consent_text" in self._sheet.columns.index_of:
            for row in rows:
                row.consent_text = row.consent_text or ""
        self._note_row_problems(rows, batch, {column.header for column in mapped})
        return rows

    def take(self, row: ParsedRow, name: str, text: str) -> None:
        self._way(name)(row, name, name, text)

    def _way(self, name: str) -> Take:
        if is_phone(name):
            return self._phone
        if name in DATES:
            return self._date
        return {
            "email": self._email,
            "postcode": self._postcode,
            "language": self._language,
            "full_name": self._full_name if self._sheet.split_names else self._text,
            "consent_text": self._consent_text,
            "external_id": self._external_id,
        }.get(name, self._text)

    def _phones(self, rows: list[ParsedRow], name: str, header: str, cells: list[str]) -> None:
        column = read_column(cells, region=self._sheet.region, policy="dial", problems=True)
        for row, found in zip(rows, column.cells(), strict=True):
            self._numbers(row, name, header, found)

    def _phone(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        found = read_cell(cell, region=self._sheet.region, policy="dial")
        self._numbers(row, name, header, found)

    def _numbers(self, row: ParsedRow, name: str, header: str, found: CellNumbers) -> None:
        if found.problems:
            row.problems.extend(located(problem, row=row.row, column=header) for problem in found.problems)
        if len(found.numbers) == 1 and not row.numbers:
            row.numbers.append(found.numbers[0])
            row.values[name] = found.numbers[0].text
        elif found.numbers:
            known = {number.e164 for number in row.numbers}
            row.numbers.extend(number for number in found.numbers if number.e164 not in known)
            row.values[name] = " ".join(number.text for number in found.numbers)

    def _date(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        past = name in IN_THE_PAST
        on = self._sheet.today if past else self._sheet.today + CONTRACT_AHEAD
        day, problem = parse_date(cell, self._sheet.orders.get(name), on=on, past=past)
        if problem:
            row.problems.append(located(problem, row=row.row, column=header))
        if day:
            row.dates[name] = day
            if name not in PROVENANCE:
                row.values[name] = day.isoformat()
        elif name == "birth_date":
            # Not stored, but a child must not pass as of unknown age.
            readings = (parse_date(cell, order, on=on, past=past)[0] for order in BOTH_ORDERS)
            row.born_at_latest = max((found for found in readings if found), default=None)

    def _email(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        address, problem = normalise_email(cell)
        if problem:
            row.problems.append(located(problem, row=row.row, column=header))
        if address:
            row.values[name] = address

    def _postcode(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        code, problem = normalise_postcode(cell, self._sheet.region)
        if problem:
            row.problems.append(located(problem, row=row.row, column=header))
        self._text(row, name, header, code or cell)

    def _language(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        code = cell.strip()[:2].lower()
        if code in LANGUAGES:
            row.values[name] = code

    def _full_name(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        """“Last, First” or “First Last”: the first word is the first name, unless a comma says otherwise."""
        last, comma, first = " ".join(cell.split()).partition(",")
        if not comma:
            first, _, last = last.partition(" ")
        self._text(row, "first_name", header, first)
        self._text(row, "last_name", header, last)

    def _consent_text(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        row.consent_text = cell

    def _external_id(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        row.external_id = cell.strip()

    def _text(self, row: ParsedRow, name: str, header: str, cell: str) -> None:
        value = " ".join(cell.split())
        if len(value) > LONGEST_VALUE:
            params = {"row": row.row, "column": header, "limit": LONGEST_VALUE, "looks": shape_of(value, 12)}
            row.problems.append(Problem("value_too_long", LONG_VALUE, params))
        elif value:
            row.values.setdefault(name, value)

    def _note_row_problems(self, rows: list[ParsedRow], batch: Batch, headers: set[str]) -> None:
        for row in rows:
            for problem in batch.problems.get(row.row, ()):
                if problem.code in FATAL:
                    row.broken = True
                elif problem.params.get("column") not in headers and problem.code != "row_missing_cells":
                    continue  # a broken cell in a column that is not kept anyway
                row.problems.append(problem)
