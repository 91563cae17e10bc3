"""XLSX workbooks. Everything inside is measured before it is unpacked; the reader itself is calamine."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import NoReturn

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.engine.tabular.csvfile import empty
from duecause.engine.tabular.tables import Detected, Table, build_table, column_letter

_CELL_LIMIT = 20_000_000
_LAST_COLUMN = 16_384
_HEIGHTS = (
    (1_000, rb"\d{4}"),
    (10_000, rb"\d{5}"),
    (100_000, rb"\d{6}"),
    (200_000, rb"(?:[02-9]\d{5}|\d{7})"),
    (1_000_000, rb"\d{7}"),
)
_EXACT_INTEGER = 10**15
# Bounded everywhere: the text is hostile until shown otherwise.
_REF = rb"""r(?<=[\s"']r)\s{0,9}=\s{0,9}["']\s{0,9}\$?"""
_REFERENCES = re.compile(_REF + rb"([A-Za-z]*)\$?(\d+)")
_HIDDEN = re.compile(rb"""=\s{0,9}["'][^"'<>]{0,400}<""")
_PLACED_ROWS = re.compile(rb"""<(?:\w{1,9}:)?row\b[^<>]{0,400}?[\s"']r\s{0,9}=""")
_CELLS = re.compile(rb"<(?:\w{1,9}:)?c[\s/>]")
_PLACED_CELLS = re.compile(rb"""<(?:\w{1,9}:)?c\b[^<>]{0,400}?[\s"']r\s{0,9}=""")
_ROWS = re.compile(rb"<(?:\w{1,9}:)?row\b")
_PROMISES = re.compile(rb"""\s(?:(uniqueCount)|count)\s*=\s*["']([^"']{0,400})""")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ERRORS = re.compile(
    rb"""<((?:\w{1,9}:)?)c\s([^<>]{0,200}\bt="""
    rb"""["']e["'][^<>]{0,200})>\s{0,9}(?:<\1f\b(?:[^<>]{0,200}/>|[^<>]{0,200}>[^<]*</\1f>)\s{0,9})?"""
    rb"""(?:<\1v>([^<]{0,20})<)?"""
)
_NOT_CALCULATED = re.compile(
    rb"<((?:\w{1,9}:)?)c\s([^<>]{0,399}[^<>/])>\s{0,9}<\1f\b(?:[^<>]{0,200}/>|[^<>]{0,200}>[^<]*</\1f>)"
    rb"\s{0,9}(?:<\1v\s?/>|<\1v>\s{0,9}</\1v>)?\s{0,9}</\1c>"
)
Value = int | float | str | bool | time | date | datetime | timedelta


def open_workbook(
    data: bytes,
    *,
    name: str,
    sheet: str | int | None,
    header_row: int | None,
    row_limit: int | None,
    unpacked_limit: int,
) -> list[Table]:
    parts = _parts(data, name=name, unpacked_limit=unpacked_limit)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        kept = _chosen(book, sheet, name)
        tables = []
        for sheet_name in kept:
            found = book.get_sheet_by_name(sheet_name)
            if found.height:
                xml = parts.get(sheet_name, b"")
                tables.append(_table(found, xml, name=name, header_row=header_row, row_limit=row_limit))
    except BaseException as error:
        _reraise(error, name)
    if not tables:
        raise empty(name)
    return tables


def _reraise(error: BaseException, name: str) -> NoReturn:
    """The reader's panics do not derive from Exception; whatever it trips over is a damaged file."""
    if isinstance(error, (Refused, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
        raise error
    raise damaged(name) from None


def damaged(name: str) -> Refused:
    return Refused(
        "xlsx_damaged",
        gettext_noop(
            "%(file)s is damaged or cut short. Fetch it again, or open it in a spreadsheet and save it as "
            "XLSX."
        ),
        file=name,
    )


def _parts(data: bytes, *, name: str, unpacked_limit: int) -> dict[str, bytes]:
    """XML of each sheet by sheet name, once sizes are known to be bearable and every checksum holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if sum(info.file_size for info in archive.infolist()) > unpacked_limit:
                raise Refused(
                    "xlsx_too_large",
                    gettext_noop(
                        "%(file)s unpacks to more than %(limit)s MB. Remove pictures and unused sheets, "
                        "split the list, or export it as CSV."
                    ),
                    file=name,
                    limit=unpacked_limit >> 20,
                )
            if "xl/workbook.xml" not in members or len(members) != len(archive.infolist()):
                raise _no_workbook(name, members)
            files = _sheet_files(archive.read("xl/workbook.xml"), archive.read("xl/_rels/workbook.xml.rels"))
            for info in archive.infolist():
                if _promises_too_much(archive.read(info)):
                    raise damaged(name)
            parts = {title: archive.read(path) for title, path in files.items() if path in members}
    except (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, NotImplementedError, EOFError, OSError,
            ValueError, UnicodeDecodeError):  # fmt: skip
        raise damaged(name) from None
    for title, xml in parts.items():
        _measure(xml, title, name)
    return parts


def _promises_too_much(xml: bytes) -> bool:
    """The reader allocates what these attributes promise, and takes the process down when memory lacks."""
    for found in _PROMISES.finditer(xml):
        value = found[2].strip()
        limit = len(xml) if found[1] else _CELL_LIMIT
        if not value.isdigit() or len(value) > 12 or int(value) > limit:
            return True
    return False


def _no_workbook(name: str, members: Mapping[str, object]) -> Refused:
    if "xl/workbook.bin" in members or "content.xml" in members:
        return Refused(
            "workbook_other",
            gettext_noop(
                "%(file)s is a workbook of another kind. Open it in a spreadsheet and save it as XLSX."
            ),
            file=name,
        )
    return Refused(
        "file_binary",
        gettext_noop("%(file)s is an archive and no XLSX workbook. Import the list itself, as CSV or XLSX."),
        file=name,
    )


def _attributes(tag: str) -> dict[str, str]:
    return {
        found[1].rpartition(":")[2]: html.unescape(found[2] or found[3] or "")
        for found in _ATTRIBUTE.finditer(tag)
    }


def _sheet_files(workbook: bytes, relations: bytes) -> dict[str, str]:
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\s([^>]*)>", relations.decode("utf-8")):
        found = _attributes(tag)
        target = found.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        targets[found.get("Id", "")] = path
    files = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\s([^>]*)>", workbook.decode("utf-8")):
        found = _attributes(tag)
        files[found.get("name", "")] = targets.get(found.get("id", ""), "")
    return files


def _measure(xml: bytes, title: str, name: str) -> None:
    """Refuse an absurd used area: one cell in the last corner would make the reader allocate it all.

    Bounds first, since they are quick; exact figures only when the bounds do not hold.
    """
    if b"<!" in xml or _HIDDEN.search(xml):
        raise damaged(name)
    by_row = _ROWS.split(xml)
    in_row = max(part.count(b"<c") + part.count(b":c") for part in by_row)
    columns_at_most = _LAST_COLUMN if re.search(_REF + rb"[A-Za-z]{2}", xml) else 26
    height = next(
        (top for top, rows in _HEIGHTS if not re.search(_REF + rb"[A-Za-z]*\$?" + rows, xml)), 10**9
    )
    if (columns_at_most + in_row) * (height + len(by_row)) <= _CELL_LIMIT:
        return
    columns, rows = set(), set()
    for found in _REFERENCES.finditer(xml):
        columns.add(found[1])
        rows.add(found[2].lstrip(b"0"))
    height = max((int(row[:12] or b"0") for row in rows), default=0)
    width = max((_column_number(letters[:9]) for letters in columns), default=0)
    # Rows and cells without a reference follow the one before them.
    height += len(by_row) if len(_PLACED_ROWS.findall(xml)) < len(by_row) - 1 else 0
    width += in_row if len(_PLACED_CELLS.findall(xml)) < len(_CELLS.findall(xml)) else 0
    if width * height > _CELL_LIMIT or width > _LAST_COLUMN:
        raise Refused(
            "sheet_too_large",
            gettext_noop(
                "%(file)s, sheet %(sheet)s reaches to column %(column)s, row %(row)s. Delete stray cells far "
                "from the list, or export it as CSV."
            ),
            file=name,
            sheet=title,
            column=column_letter(min(width, _LAST_COLUMN) - 1),
            row=height,
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for byte in letters.upper():
        number = number * 26 + byte - 64
    return number


def _chosen(book: CalamineWorkbook, sheet: str | int | None, name: str) -> list[str]:
    every = [entry for entry in book.sheets_metadata if entry.typ == SheetTypeEnum.WorkSheet]
    if sheet is None or sheet == "":
        return [entry.name for entry in every if entry.visible == SheetVisibleEnum.Visible]
    names = [entry.name for entry in every]
    if isinstance(sheet, int) or (sheet not in names and sheet.isdecimal()):
        place = int(sheet) if len(str(sheet)) < 6 else 0
        if 1 <= place <= len(names):
            return [names[place - 1]]
    elif sheet in names:
        return [sheet]
    raise Refused(
        "sheet_unknown",
        gettext_noop("%(file)s has no sheet %(sheet)s. Its sheets are: %(known)s."),
        file=name,
        sheet=sheet,
        known=", ".join(f"{place} {title}" for place, title in enumerate(names, 1)),
    )


def _table(
    sheet: CalamineSheet, xml: bytes, *, name: str, header_row: int | None, row_limit: int | None
) -> Table:
    # The reader begins at the first row of the sheet, but at the first used column.
    offset = [""] * (sheet.start or (0, 0))[1]

    def records() -> Iterator[list[str]]:
        for cells in sheet.iter_rows():
            yield offset + [cell if type(cell) is str else _text(cell) for cell in cells]

    def cell_problems(header: tuple[str, ...]) -> dict[int, tuple[Problem, ...]]:
        return _cell_problems(xml, header)

    return build_table(
        sheet=sheet.name,
        where=f"{name}, {sheet.name}",
        records=records,
        detected=Detected("xlsx", "", False, "", 0, 0),
        header_row=header_row,
        row_limit=row_limit,
        cell_problems=cell_problems,
    )


def _text(value: Value) -> str:
    """What the cell holds, as text. A whole number loses its ".0".

    Beyond 15 digits it stays scientific, so that nobody takes rounded digits for the real ones.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        whole = abs(value) < _EXACT_INTEGER and float(value).is_integer()
        return str(int(value)) if whole else f"{value:.14E}" if abs(value) >= _EXACT_INTEGER else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _cell_problems(xml: bytes, header: tuple[str, ...]) -> dict[int, tuple[Problem, ...]]:
    """Error values and formulas without a stored result, by row: the reader shows both as empty."""
    found: dict[int, list[Problem]] = {}
    if b't="e"' in xml or b"t='e'" in xml:
        for match in _ERRORS.finditer(xml):
            error = html.unescape((match[3] or b"#").decode("utf-8", "replace"))[:12]
            template = gettext_noop(
                "Row %(row)s, column %(column)s holds the spreadsheet error %(looks)s. Mend the formula, or "
                "replace it by its value."
            )
            _note(found, match[2], header, "cell_error", template, looks=error)
    if b"f>" in xml or b"<f" in xml:
        for match in _NOT_CALCULATED.finditer(xml):
            if not re.search(rb"""\bt\s*=\s*["'](?:str|e)["']""", match[2]):
                template = gettext_noop(
                    "Row %(row)s, column %(column)s holds a formula without a result. Open the workbook, let "
                    "it calculate, and save it."
                )
                _note(found, match[2], header, "cell_not_calculated", template)
    return {row: tuple(problems) for row, problems in found.items()}


def _note(
    found: dict[int, list[Problem]],
    tag: bytes,
    header: tuple[str, ...],
    code: str,
    template: str,
    **more: object,
) -> None:
    place = _REFERENCES.search(b" " + tag)
    if place is None:
        return
    row, index = int(place[2]), _column_number(place[1]) - 1
    if index < len(header):
        params = {"row": row, "column": header[index], **more}
        found.setdefault(row, []).append(Problem(code, template, params))
