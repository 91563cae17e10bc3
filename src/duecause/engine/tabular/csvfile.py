"""Delimited text: which delimiter, and its records with quotes respected."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TextIO

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tabular import encodings
from duecause.engine.tabular.tables import Detected, Table, build_table

DELIMITERS = (";", "\t", "|", ",")
_NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|"}
_SAMPLE = 1 << 17
_SAMPLED_RECORDS = 200


def open_csv(
    data: bytes,
    *,
    name: str,
    encoding: str | None,
    delimiter: str | None,
    header_row: int | None,
    row_limit: int | None,
) -> Table:
    encoded = encodings.examine(data, name=name, encoding=encoding)
    text = _beginning(data, encoded)
    if not text.strip():
        raise empty(name)
    said = text[4] if text[:4].lower() == "sep=" and text[5:6] in ("\r", "\n") else None
    chosen = _asked_for(delimiter) if delimiter else said or detect_delimiter(text)

    def records() -> Iterator[list[str]]:
        file = encodings.opened(data, encoded)
        return read_records(file, delimiter=chosen, name=name, says_delimiter=said is not None)

    detected = Detected("csv", encoded.encoding, encoded.bom, chosen, 0, 0)
    return build_table(
        sheet="", where=name, records=records, detected=detected, header_row=header_row, row_limit=row_limit
    )


def empty(name: str) -> Refused:
    return Refused(
        "file_empty", gettext_noop("%(file)s is empty. Export it again and check the size."), file=name
    )


def _beginning(data: bytes, encoded: encodings.Encoded) -> str:
    """What the delimiter is found by: the first characters, or all where those are blank."""
    file = encodings.opened(data, encoded)
    text = file.read(_SAMPLE + 1)
    while text and not text.strip():
        text = file.read(_SAMPLE + 1)
    return text


def read_records(
    file: TextIO, *, delimiter: str, name: str, says_delimiter: bool = False
) -> Iterator[list[str]]:
    """One list of cells per record; a quoted line break stays within its cell. Raises Refused."""
    number = 0
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield [] if says_delimiter and number == 1 else cells
    except csv.Error as error:
        raise _broken(str(error), number + 1, name) from None


def _broken(reason: str, row: int, name: str) -> Refused:
    if "end of data" in reason:
        template = gettext_noop(
            "%(file)s, row %(row)s: a quote opens here and never closes. Close it, or double a quote that "
            'belongs to the value ("").'
        )
        return Refused("csv_unclosed_quote", template, file=name, row=row)
    if "limit" in reason:
        template = gettext_noop(
            "%(file)s, row %(row)s: a value is longer than 131072 characters, most likely because a quote "
            "opens here and closes much later. Correct the quotes."
        )
        return Refused("csv_value_too_long", template, file=name, row=row)
    template = gettext_noop(
        "%(file)s, row %(row)s: text follows a closing quote. Double a quote that belongs to the value "
        '(""), or close the one that was left open.'
    )
    return Refused("csv_stray_quote", template, file=name, row=row)


def _asked_for(delimiter: str) -> str:
    chosen = _NAMES.get(delimiter.lower(), delimiter)
    if len(chosen) != 1 or chosen in '"\r\n ' or chosen.isalnum():
        raise Refused(
            "delimiter_unknown",
            gettext_noop("%(delimiter)s is no delimiter. Choose comma, semicolon, tab or bar."),
            delimiter=delimiter[:20],
        )
    return chosen


def detect_delimiter(text: str) -> str:
    """The delimiter that cuts most of the first 200 records into the same number of cells, more than one."""
    sample = text[:_SAMPLE]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            widths = [len(cells) for cells in islice(reader, _SAMPLED_RECORDS) if any(cells)]
        except csv.Error:
            continue
        if len(text) > _SAMPLE and 1 < len(widths) < _SAMPLED_RECORDS:
            widths.pop()
        counts = Counter(width for width in widths if width > 1)
        if counts:
            width, times = max(counts.items(), key=lambda item: (item[1], item[0]))
            score = (times / len(widths), width)
            if score > best_score:
                best, best_score = delimiter, score
    return best
