"""From bytes to tables: what kind of file it is, by its content and not by its name."""

from __future__ import annotations

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tabular.csvfile import empty, open_csv
from duecause.engine.tabular.tables import Table
from duecause.engine.tabular.workbook import damaged, open_workbook

_ZIP = b"PK\x03\x04"
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_TEXT_NAMES = ("csv", "txt", "tsv", "tab")
_WORKBOOK_NAMES = ("xlsx", "xlsm")
UNPACKED_LIMIT = 1 << 30


def open_tables(
    data: bytes,
    *,
    name: str,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    row_limit: int | None = None,
    unpacked_limit: int = UNPACKED_LIMIT,
) -> list[Table]:
    """The tables in a CSV or XLSX file: one for a CSV file, one per visible sheet with content.

    `sheet` is a name or a 1-based number. `encoding` and `delimiter` override detection. `header_row` is the
    1-based row of the header, 0 when there is none (columns are then named by letter), None to find it. More
    than `row_limit` rows, or more than `unpacked_limit` bytes inside a workbook, are refused. The whole file
    has been walked when this returns: reading its batches cannot fail half-way. Raises Refused.
    """
    if not data:
        raise empty(name)
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if data.startswith(_COMPOUND):
        raise _old_or_locked(data, name)
    if data.startswith(_ZIP):
        if suffix in _TEXT_NAMES:
            raise _wrong_name(name, found="XLSX", right="xlsx")
        return open_workbook(
            data,
            name=name,
            sheet=sheet,
            header_row=header_row,
            row_limit=row_limit,
            unpacked_limit=unpacked_limit,
        )
    if suffix in (*_WORKBOOK_NAMES, "xls", "xlsb", "ods"):
        raise _wrong_name(name, found="text", right="csv") if _is_text(data) else damaged(name)
    if sheet not in (None, "", 1):
        raise Refused(
            "sheet_unknown",
            gettext_noop("%(file)s is a text file and has no sheets. Leave the sheet out."),
            file=name,
        )
    return [
        open_csv(
            data,
            name=name,
            encoding=encoding,
            delimiter=delimiter,
            header_row=header_row,
            row_limit=row_limit,
        )
    ]


def _is_text(data: bytes) -> bool:
    sample = data[:4096]
    return b"\x00" not in sample and sum(byte < 9 or 13 < byte < 32 for byte in sample) * 50 < len(sample)


def _wrong_name(name: str, *, found: str, right: str) -> Refused:
    return Refused(
        "file_misnamed",
        gettext_noop(
            "%(file)s holds %(found)s, not what its name says. Give it a name that ends in .%(right)s."
        ),
        file=name,
        found=found,
        right=right,
    )


def _old_or_locked(data: bytes, name: str) -> Refused:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Refused(
            "xlsx_encrypted",
            gettext_noop("%(file)s is protected with a password. Save it without one and import it again."),
            file=name,
        )
    return Refused(
        "xls_legacy",
        gettext_noop("%(file)s is in the old XLS format. Open it in a spreadsheet and save it as XLSX."),
        file=name,
    )
