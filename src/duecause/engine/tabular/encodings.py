"""Which encoding a text file is in. Deterministic, reported, and never a silent replacement character."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from duecause.engine.problems import Refused, gettext_noop

KNOWN = {
    "utf8": "utf-8", "utf8sig": "utf-8", "ascii": "utf-8",
    "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be",
    "cp1252": "cp1252", "windows1252": "cp1252", "latin1": "cp1252", "iso88591": "cp1252",
    "cp1250": "cp1250", "windows1250": "cp1250",
    "latin2": "iso8859-2", "iso88592": "iso8859-2", "latin9": "iso8859-15", "iso885915": "iso8859-15",
}  # fmt: skip
"""What people call an encoding, folded, to what we read it as. Latin-1 is read as CP1252, its superset."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Bytes that are letters in one code page and symbols, or letters of another language, in the other. Both
# tables are weights: 3 where the other reading is no word, 1 where it is merely less likely.
_CENTRAL = dict.fromkeys(b"\xb3\xb9\xbf\x9f\x8f\xa5\xaf\xa3\x9c\x8c", 3) | dict.fromkeys(
    b"\xea\xe6\xf1\xca\xc6", 1
)
_WESTERN = dict.fromkeys(b"\xe8\xe0\xe5\xf8\xef\xf9\xfb\xc8\xc0\xc5\xd8", 3) | dict.fromkeys(
    b"\xe3\xf5\xea\xe6\xf1", 1
)
_BESIDE_A_LETTER = re.compile(rb"(?<=[A-Za-z\x80-\xff])[\x80-\xff]|[\x80-\xff](?=[A-Za-z\x80-\xff])")
_SUPERSCRIPT = re.compile(rb"\b[kcd]?m[\xb2\xb3]\b", re.IGNORECASE)
_MULTIBYTE = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]")
_HIGH = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SAMPLE = 1 << 16
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Encoded:
    """`bom` says whether a byte order mark told the encoding; `start` and `end` bound what is text."""

    encoding: str
    bom: bool
    start: int
    end: int


def examine(data: bytes, *, name: str, encoding: str | None) -> Encoded:
    """Find the encoding and read all of it once, a piece at a time. Raises Refused for what is no text."""
    bom = next(((mark, mark_name) for mark, mark_name in _BOMS if data.startswith(mark)), None)
    if encoding:
        chosen = _asked_for(encoding)
        if chosen == "utf-16":
            chosen = bom[1] if bom and bom[1].startswith("utf-16") else "utf-16-le"
    elif bom:
        chosen = bom[1]
    else:
        chosen = _detected(data, name)
    has_bom = bom is not None and bom[1] == chosen
    start = len(bom[0]) if bom is not None and has_bom else 0
    code_page = not has_bom and chosen.startswith("cp")
    bad = False
    try:
        for text in pieces(data, chosen, start):
            bad = bad or "\x00" in text or (code_page and _CONTROL.search(text) is not None)
    except UnicodeDecodeError as error:
        if not encoding and code_page:
            raise _binary(name) from None
        raise bad_bytes(name, chosen, data[start:], error.start, offset=start) from None
    if bad:
        raise _binary(name)
    last = "\x1a".encode(chosen)
    end = len(data) - (len(last) if data.endswith(last) else 0)
    return Encoded(chosen, has_bom, start, end)


def pieces(data: bytes, encoding: str, start: int = 0) -> Iterator[str]:
    """The text piece by piece. Raises UnicodeDecodeError whose `start` counts from `start`."""
    decoder, view = codecs.getincrementaldecoder(encoding)(), memoryview(data)
    for place in range(start, len(data), _PIECE):
        held = len(decoder.getstate()[0])
        try:
            yield decoder.decode(view[place : place + _PIECE], final=place + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            error.start += place - start - held
            raise


def opened(data: bytes, encoded: Encoded) -> io.TextIOWrapper:
    """The text as a file, line ends as they are. Nothing is copied as a whole."""
    view = memoryview(data)[encoded.start : encoded.end]
    return io.TextIOWrapper(io.BufferedReader(_View(view), _PIECE), encoding=encoded.encoding, newline="")


class _View(io.RawIOBase):
    """Bytes in memory as a file, without a copy of them."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._view[self._place : self._place + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)


def _binary(name: str) -> Refused:
    return Refused(
        "file_binary",
        gettext_noop(
            "%(file)s is not a text file: it holds bytes that no text has. "
            "Export it as CSV (UTF-8) or as an XLSX workbook."
        ),
        file=name,
    )


def bad_bytes(name: str, encoding: str, body: bytes, start: int, offset: int) -> Refused:
    before = body[:start].decode(encoding, "replace")
    row = len(re.findall(r"\r\n|\r|\n", before)) + 1
    return Refused(
        "file_bad_bytes",
        gettext_noop(
            "%(file)s, line %(row)s (byte %(offset)s): not readable as %(encoding)s. Export the file again "
            "as UTF-8, or say which encoding it has (for instance cp1252 or cp1250)."
        ),
        file=name,
        row=row,
        offset=start + offset,
        encoding=encoding,
    )


def _asked_for(encoding: str) -> str:
    known = KNOWN.get(re.sub(r"[^a-z0-9]", "", encoding.lower()))
    if known is None:
        raise Refused(
            "encoding_unknown",
            gettext_noop("%(encoding)s is no encoding we read. Choose one of: %(known)s."),
            encoding=encoding[:40],
            known=", ".join(sorted(set(KNOWN.values()))),
        )
    return known


def _detected(data: bytes, name: str) -> str:
    zeros = _zeros(data[:_SAMPLE])
    if zeros:
        return zeros
    try:
        for _ in pieces(data, "utf-8"):
            pass
    except UnicodeDecodeError as error:
        # Mostly sound UTF-8 with a few broken bytes is a damaged file, not a Western one full of "Ã©".
        sound, high = len(_MULTIBYTE.findall(data)), len(_HIGH.findall(data))
        if sound >= 2 and sound * 4 > high:
            raise bad_bytes(name, "utf-8", data, error.start, 0) from None
        return _code_page(data)
    return "utf-8"


def _zeros(sample: bytes) -> str:
    """UTF-16 without a mark shows as zero bytes on one side of every ASCII character."""
    low, high = sample[1::2].count(0), sample[0::2].count(0)
    if max(low, high) * 10 < len(sample) or min(low, high) * 4 > max(low, high):
        return ""
    return "utf-16-le" if low > high else "utf-16-be"


def _code_page(data: bytes) -> str:
    central = western = 0
    for match in _BESIDE_A_LETTER.finditer(_SUPERSCRIPT.sub(b" ", data[: 16 * _SAMPLE])):
        byte = match[0][0]
        central += _CENTRAL.get(byte, 0)
        western += _WESTERN.get(byte, 0)
    first, second = ("cp1250", "cp1252") if central > western else ("cp1252", "cp1250")
    try:
        for _ in pieces(data, first):
            pass
    except UnicodeDecodeError:
        return second
    return first
