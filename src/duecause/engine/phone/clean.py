"""One spelling for what people, spreadsheets and web pages put around digits; the digits stay untouched."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = "'`´‘’‛′\""
_DASHES = "‐‑‒–—―−－ー﹣"
_DIVIDERS = "／∕⁄"
_SPACES = re.compile(r"[ \t]+")


def clean(text: str) -> str:
    """`text` with ASCII digits and punctuation, no invisible characters and no spreadsheet apostrophe.

    Line ends become one newline each (they separate numbers); any other white space one space.
    """
    if not text.isascii():
        text = "".join(_plain(char) for char in text)
    if "\n" in text or "\r" in text:
        lines = (_SPACES.sub(" ", line).strip() for line in text.splitlines())
        text = "\n".join(line for line in lines if line)
    return _SPACES.sub(" ", text.strip().strip(_APOSTROPHES).strip())


def _plain(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Cf" or category == "Mn":
        return ""
    if char in _DASHES:
        return "-"
    if char in _DIVIDERS:
        return "/"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp") or char == "\x85":
        return "\n"
    if "！" <= char <= "～":
        return chr(ord(char) - 0xFEE0)
    return {"؛": ";", "،": ",", "·": ".", "•": ".", "．": ".", "。": "."}.get(char, char)
