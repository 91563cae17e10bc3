"""Tables as a workbook for spreadsheets, harmless when one opens it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

import xlsxwriter

from .blocks import Table

LONGEST_NAME = 31  # of a sheet, in every spreadsheet
LONGEST_CELL = 32_767
WIDEST = 60
# What a spreadsheet would take for a formula once the cell is edited or saved as CSV.
STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n")


def workbook(tables: Sequence[Table], *, title: str, at: datetime) -> bytes:
    """One sheet per table, its caption as name. Numbers are numbers, everything else is text: nothing is read
    as a formula or link, and a text that looks like a formula carries the mark (quotePrefix) that keeps it a
    text when somebody edits it. Raises ValueError for a text longer than a cell may hold."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": title, "created": at.astimezone(UTC).replace(tzinfo=None)})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        taken: set[str] = set()
        for table in tables:
            sheet = book.add_worksheet(_name(table.caption, taken))
            sheet.freeze_panes(1, 1)
            lines = [table.columns, *table.rows]
            for row, line in enumerate(lines):
                for column, cell in enumerate(line):
                    if isinstance(cell, int):
                        sheet.write_number(row, column, cell, plain)
                        continue
                    if len(cell) > LONGEST_CELL:
                        raise ValueError(f"a cell of {len(cell)} characters does not fit a sheet")
                    style = quoted if cell.startswith(STARTERS) else head if row == 0 else plain
                    sheet.write_string(row, column, cell, style)
            for column in range(len(table.columns)):
                longest = max(len(str(line[column])) for line in lines)
                sheet.set_column(column, column, min(max(longest, 8) + 2, WIDEST))
    return out.getvalue()


def _name(caption: str, taken: set[str]) -> str:
    """A caption as a sheet may be called: no sign that links use, not too long, no two alike."""
    base = re.sub(r"[\[\]:*?/\\']", " ", caption).strip()[:LONGEST_NAME] or "-"
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        name = f"{base[: LONGEST_NAME - 4]} {number}"
    taken.add(name.casefold())
    return name
