"""CSV that goes out: streamed, and harmless when a spreadsheet opens it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# A number with a sign stays as it is: a spreadsheet reads it as a quantity or as text and runs nothing. More
# than one operator ("+1-2", "-1+cmd|…") would be calculated; a list of E.164 numbers is let through all the
# same, because machines read it.
_HARMLESS = re.compile(r"\+\d[\d ]*|\+\d{6,15}(?: \+\d{6,15})+|-\d+(?:[.,]\d+)?|-+|\+")
_CHUNK_ROWS = 1000


def safe_cell(text: str) -> str:
    """`text` with an apostrophe in front where a spreadsheet would take it for a formula.

    "+32475123456" and "+32 475 12 34 56" pass unchanged, so that a dialler can load the file; "=1+1",
    "@SUM(A1)", "-1+2", "+32-475", a leading tab or line end, and formulas behind leading spaces do not.
    Source: OWASP, CSV injection.
    """
    start = text.lstrip(" \u00a0\ufeff")
    if not start.startswith(_STARTERS) or _HARMLESS.fullmatch(text):
        return text
    return "'" + text


def write_csv(
    rows: Iterable[Sequence[object]], header: Sequence[str], *, delimiter: str = ",", bom: bool = False
) -> Iterator[bytes]:
    """UTF-8 CSV in chunks, header first, every cell made safe; None is an empty cell."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    if bom:
        buffer.write("\ufeff")
    writer.writerow([safe_cell(name) for name in header])
    for number, row in enumerate(rows, 1):
        writer.writerow(["" if value is None else safe_cell(str(value)) for value in row])
        if number % _CHUNK_ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
