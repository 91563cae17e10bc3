"""Write the lists, the register extract, the past objections and the truth. Same seed, same bytes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from tools.demo.lists import Cell, DemoList, Row


def written(cell: Cell) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def delimited(headers: list[str], rows: Iterable[list[Cell]], delimiter: str) -> str:
    buffer = io.StringIO()
    out = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    out.writerow(headers)
    out.writerows([written(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def write_list(demo: DemoList, folder: Path) -> Path:
    path = folder / demo.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".xlsx":
        _write_workbook(demo, path)
        return path
    (sheet,) = demo.sheets
    text = delimited(sheet.headers, (row.cells for row in sheet.rows), demo.delimiter)
    path.write_bytes(_encoded(text, demo.encoding))
    return path


def _encoded(text: str, encoding: str) -> bytes:
    if encoding == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(encoding)


def _write_workbook(demo: DemoList, path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": datetime(2026, 11, 20, 9), "title": demo.source})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for sheet in demo.sheets:
        page = book.add_worksheet(sheet.name)
        page.write_row(0, 0, sheet.headers)
        for number, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row.cells):
                if isinstance(cell, date):
                    page.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), day)
                elif isinstance(cell, int | float):
                    page.write_number(number, column, cell)
                elif cell.startswith("="):
                    page.write_formula(number, column, cell, value=cell.strip('="'))
                elif cell:
                    page.write_string(number, column, cell)
    book.close()


def truth_of(demo: DemoList) -> dict[str, object]:
    """Rows count as in a spreadsheet: the header is row 1, a record with a line break is one."""
    return {
        "source": demo.source,
        "country": demo.country,
        "encoding": demo.encoding,
        "delimiter": demo.delimiter,
        "sheets": {
            sheet.name: {
                "columns": dict(sheet.columns),
                "rows": [_truth_row(number, row) for number, row in enumerate(sheet.rows, 2)],
            }
            for sheet in demo.sheets
        },
    }


def _truth_row(number: int, row: Row) -> list[object]:
    return [number, row.person, row.outcome, row.numbers, row.email, row.traps]


def write_truth(path: Path, truth: dict[str, object]) -> None:
    """One row per line, so that a change shows as the lines it changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(truth, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text.replace("],[", "],\n["), encoding="utf-8")
