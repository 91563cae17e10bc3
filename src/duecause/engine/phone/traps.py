"""What must be caught before a number parser sees it, because the parser would read a different person.

Each trap has a code that stays stable and a message with places for row, column and the shape of the value.
"""

from __future__ import annotations

import re

from duecause.engine.phone.words import CONNECTORS, EXTENSIONS, LABELS, folded
from duecause.engine.problems import Problem, gettext_noop, shape_of

SHORTEST = 7
"""Fewer digits than this beside another number are not a number of their own."""

MESSAGES = {
    "phone_decimal": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s looks like a number that a spreadsheet turned into a "
        "decimal. Export the column as text."
    ),
    "phone_scientific": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s is in scientific notation and its last digits are lost. "
        "Format the column as text in the source and export again."
    ),
    "phone_letters": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s has words beside the digits. "
        "Keep the number alone in its column and move the words to a note."
    ),
    "phone_extension": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s ends in an extension, which a dialler cannot reach. "
        "Give a direct number or leave the cell empty."
    ),
    "phone_two_numbers": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s holds several numbers. Each was read on its own."
    ),
    "phone_one_or_two": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s may be one number or two. "
        "Put each number in a column of its own, in full."
    ),
    "phone_wrong_country": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s is no number of the country of this source (%(country)s), "
        "but would be one elsewhere. Write it with its country code, as in +32…, or correct the country of "
        "the source."
    ),
    "phone_invalid": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s is in no numbering plan. Correct it at the source."
    ),
    "phone_too_short": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s has too few digits for a number. "
        "Complete it at the source."
    ),
    "phone_placeholder": gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s stands for a missing number. Leave the cell empty."
    ),
}


def problem(code: str, text: str, **more: object) -> Problem:
    """Not yet located: `located()` puts row and column in."""
    return Problem(code, MESSAGES[code], {"row": "?", "column": "?", "looks": shape_of(text), **more})


_LIST_MARKS = re.compile(r"\n|;(?!\s*ext)|\||&", re.IGNORECASE)
_WORD_MARKS = re.compile(rf"\s(?:{'|'.join(CONNECTORS)})\s", re.IGNORECASE)
_SOFT_MARKS = re.compile(r"\s*,\s*|\s+/\s+|\s*//\s*|\s+-\s+(?=[+0])")
_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d*))?[eE]\+?(\d{1,2})")
_DECIMALS = tuple(
    re.compile(pattern)
    for pattern in (
        r"([+1-9]\d{4,})[.,](\d+)",
        r"(\d{9,})[.,](\d+)",
        r"(\d{7,})[.,](\d{1,2})",
        r"(\d{1,3}(?:[, ]\d{3})+)\.(\d{1,2})",
        r"(\d{1,3}(?:[. ]\d{3})+),(\d{1,2})",
        r"(\d{1,3}(?:,\d{3}){2,})()",
        r"(.*\d{4,})[.,](\d|0+)",
    )
)
_EXTENSION = re.compile(
    rf"(.*\d.*?)(?:;\s*ext\s*=|,?\s*(?:\b(?:{'|'.join(EXTENSIONS)})|(?<=\d)x|[#~])\s*[.:]?)\s*\d{{1,7}}\s*#?",
    re.IGNORECASE,
)
_NUMBERED_LABEL = re.compile(r"[^\W\d_]+\.?\s*\d?\s*[:=]\s*")
_BRACKETS_BEHIND = re.compile(r"(?:\d\D*){6,}[(\[]")
_SHORT_TAIL = re.compile(r"(.*\d)\s*/\s*(\d{1,4})")


def digits_in(text: str) -> int:
    return sum(char.isdigit() for char in text)


def list_parts(text: str) -> list[str]:
    """The cell cut where it is plainly a list: line ends, semicolons, bars, "or" and its sisters, commas."""
    parts = [part.strip() for part in _LIST_MARKS.split(text)]
    for marks in (_WORD_MARKS, _SOFT_MARKS):
        parts = [piece for part in parts for piece in _cut_where_whole(part, marks)]
    return [part for part in parts if part]


def _cut_where_whole(part: str, marks: re.Pattern[str]) -> list[str]:
    pieces = marks.split(part)
    if len(pieces) > 1 and all(digits_in(piece) >= SHORTEST and int_of(piece) for piece in pieces):
        return pieces
    return [part]


def int_of(text: str) -> int:
    return int("0" + "".join(char for char in text if char.isdigit()))


def is_placeholder(text: str) -> bool:
    """No digit at all, a spreadsheet error, or one digit over and over."""
    digits = {char for char in text if char.isdigit()}
    if not digits or text.startswith("#"):
        return True
    bare = text.strip("+-()/. ")
    return len(digits) == 1 and (digits == {"0"} or digits_in(text) >= SHORTEST) and bare.isdigit()


def scientific(text: str) -> str | None:
    """None when it is not scientific notation; "" when digits are lost; else the digits it stands for."""
    match = _SCIENTIFIC.fullmatch(text)
    if match is None:
        return None
    lead, fraction, exponent = match[1], match[2] or "", int(match[3])
    if len(fraction) < exponent or fraction[exponent:].strip("0"):
        return ""
    return lead + fraction[:exponent]


def decimal(text: str) -> tuple[str, str] | None:
    """Whole part and decimals of a value that a spreadsheet took for a quantity."""
    for pattern in _DECIMALS:
        match = pattern.fullmatch(text)
        if match:
            return match[1], match[2]
    return None


def without_extension(text: str) -> str | None:
    """The number in front of an extension, or None when there is no extension."""
    match = _EXTENSION.fullmatch(text)
    return match[1].strip() if match and digits_in(match[1]) >= SHORTEST else None


def without_label(text: str) -> str | None:
    """The text without "tel:", "GSM" and the like in front; None when other words stand there."""
    text = _NUMBERED_LABEL.sub("", text, count=1) if _NUMBERED_LABEL.match(text) else text
    start = next((place for place, char in enumerate(text) if char in "+0123456789"), len(text))
    lead = text[:start]
    if any(word not in LABELS for word in map(folded, re.findall(r"[^\W\d_]+", lead))):
        return None
    if lead.strip(" .:=-()[]/'\"°") and not any(char.isalpha() for char in lead):
        return None
    return text[start - 1 :] if lead.endswith(("(", "[")) else text[start:]


def short_tail(text: str) -> tuple[str, str] | None:
    """ "0475 12 34 56/57": the number and the few digits that replace its end, unless slashes group it."""
    match = _SHORT_TAIL.fullmatch(text)
    if match is None or digits_in(match[1]) <= SHORTEST or digits_in(match[1].rpartition("/")[2]) < 5:
        return None
    return match[1], match[2]


def before_brackets(text: str) -> str | None:
    """ "030 1234567 (2)": what stands before brackets behind the number; a parser would append the 2."""
    match = _BRACKETS_BEHIND.search(text) if "(" in text or "[" in text else None
    return text[: match.end() - 1].strip() if match else None


def breaks(text: str, *, anywhere: bool = False) -> list[int]:
    """Places where a second number may begin: behind a slash, or behind a space before 0 or +.

    With `anywhere`, between any two groups.
    """
    total, seen, places = digits_in(text), 0, []
    for place, char in enumerate(text):
        if char.isdigit():
            seen += 1
        elif seen >= SHORTEST and total - seen >= SHORTEST:
            follows = text[place + 1 :].lstrip(" (")[:1]
            if anywhere or char == "/" or (char in " -." and follows in ("0", "+")):
                places.append(place)
    return places
