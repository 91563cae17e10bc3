"""The values of a row brought to one spelling: dates, names, e-mail addresses, postcodes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Literal

from duecause.engine.problems import Problem, gettext_noop, shape_of

DateOrder = Literal["dmy", "mdy", "ymd"]

_MONTHS = {
    word: number
    for number, spoken in enumerate(
        (
            "jan january januari janvier styczen stycznia januar",
            "feb february februari fevrier fev fevr luty lutego lut februar",
            "mar march maart mrt mars marzec marca marz mrz maerz",
            "apr april avril avr kwiecien kwietnia kwi",
            "may mei mai maj maja",
            "jun june juni juin czerwiec czerwca cze",
            "jul july juli juillet juil lipiec lipca lip",
            "aug august augustus aout augusti sierpien sierpnia sie",
            "sep september sept septembre wrzesien wrzesnia wrz",
            "oct october oktober okt octobre pazdziernik pazdziernika paz",
            "nov november novembre listopad listopada lis",
            "dec december decembre dez dezember grudzien grudnia gru",
        ),
        1,
    )
    for word in spoken.split()
}
_TIME = re.compile(r"[ T]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_NUMERIC = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})\.?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SPOKEN = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th|\.)?[\s\-./]+([^\W\d_]+)\.?,?[\s\-./]+(\d{4}|\d{2})")
_SPOKEN_US = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_EARLIEST = 1850
_LONGEST_DATE = 60
_LONGEST_EMAIL = 1000

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
# One address and nothing else, as nearly every cell is: what the long way below accepts as it stands.
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+"
    r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])"
)
_LONGEST_PLAIN = 64
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)
_POSTCODES = {
    "BE": re.compile(r"()([1-9]\d{3})"),
    "NL": re.compile(r"()([1-9]\d{3}[A-Z]{2})"),
    "LU": re.compile(r"()([1-9]\d{3})"),
    "FR": re.compile(r"()(\d{5})"),
    "DE": re.compile(r"()(\d{5})"),
    "ES": re.compile(r"()(\d{5})"),
    "IT": re.compile(r"()(\d{5})"),
    "PL": re.compile(r"(\d{2})(\d{3})"),
    "SE": re.compile(r"([1-9]\d{2})(\d{2})"),
    "GB": re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})"),
}
_JOINED_BY = {"PL": "-", "SE": " ", "GB": " "}
_ZERO_EATEN = ("FR", "DE", "ES", "IT", "PL")


def _problem(code: str, template: str, text: str) -> Problem:
    return Problem(code, template, {"row": "?", "column": "?", "looks": shape_of(text)})


def detect_date_order(texts: Iterable[str]) -> DateOrder | None:
    """The order that the unambiguous dates of a column show; None when none does, or when they disagree."""
    seen: set[DateOrder] = set()
    for text in texts:
        match = _NUMERIC.fullmatch(_TIME.sub("", text.strip()[:_LONGEST_DATE]))
        if match is None:
            continue
        first, second = int(match[1]), int(match[2])
        if len(match[1]) == 4:
            seen.add("ymd")
        elif first > 12 >= second:
            seen.add("dmy")
        elif second > 12 >= first:
            seen.add("mdy")
    years_first = seen == {"ymd"}
    seen.discard("ymd")
    if len(seen) == 1:
        return seen.pop()
    return "ymd" if years_first else None


def parse_date(
    text: str, order: DateOrder | None, *, on: date | None = None, past: bool = False
) -> tuple[date | None, Problem | None]:
    """The date in `text`, read in `order` (None when the column does not tell; then "03/04/2020" is refused).

    ISO dates and dates with a month name need no order. A two-digit year is the latest one not after `on`.
    With `past` (births, consents) a date after `on` is refused. An empty text is (None, None). Codes:
    date_ambiguous, date_invalid, date_future.
    """
    text = " ".join(text.split())
    if not text:
        return None, None
    parts = _parts(_TIME.sub("", text), order) if len(text) <= _LONGEST_DATE else None
    if parts == "ambiguous":
        return None, _ambiguous(text)
    if parts is None:
        return None, _invalid(text)
    year, month, day = parts
    if year < 100:
        if on is None:
            return None, _ambiguous(text)
        year += on.year // 100 * 100
        if (year, month, day) > (on.year, on.month, on.day):
            year -= 100
    try:
        found = date(year, month, day)
    except ValueError:
        return None, _invalid(text)
    if year < _EARLIEST:
        return None, _invalid(text)
    if past and on is not None and found > on:
        return None, _future(text)
    return found, None


def _invalid(text: str) -> Problem:
    template = gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s is no date. Write it as 2026-12-31, or leave it empty."
    )
    return _problem("date_invalid", template, text)


def _ambiguous(text: str) -> Problem:
    template = gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s can be read as more than one date. Say in which order "
        "day, month and year stand, or write 2026-12-31."
    )
    return _problem("date_ambiguous", template, text)


def _future(text: str) -> Problem:
    template = gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s lies in the future. Correct the year at the source."
    )
    return _problem("date_future", template, text)


def _parts(text: str, order: DateOrder | None) -> tuple[int, int, int] | Literal["ambiguous"] | None:
    compact = _COMPACT.fullmatch(text)
    if compact:
        return int(compact[1]), int(compact[2]), int(compact[3])
    numeric = _NUMERIC.fullmatch(text)
    if numeric:
        return _numeric_parts(numeric[1], numeric[2], numeric[3], order)
    spoken = _SPOKEN.fullmatch(text)
    if spoken:
        month = _MONTHS.get(fold_name(spoken[2]))
        return (int(spoken[3]), month, int(spoken[1])) if month else None
    american = _SPOKEN_US.fullmatch(text)
    if american:
        month = _MONTHS.get(fold_name(american[1]))
        return (int(american[3]), month, int(american[2])) if month else None
    return None


def _numeric_parts(
    first: str, second: str, third: str, order: DateOrder | None
) -> tuple[int, int, int] | Literal["ambiguous"] | None:
    if len(first) == 4:
        return (int(first), int(second), int(third)) if len(third) <= 2 else None
    if len(first) > 2 or len(third) == 3 or len(third) == 1:
        return None
    a, b = int(first), int(second)
    if order == "ymd" and len(third) == 2:
        return a, b, int(third)
    if order == "mdy":
        return int(third), a, b
    if order == "dmy":
        return int(third), b, a
    if a <= 12 and b <= 12 and a != b:
        return "ambiguous"
    return (int(third), a, b) if b > 12 else (int(third), b, a)


@lru_cache(maxsize=65_536)
def fold_name(text: str) -> str:
    """Lower case, no diacritics, letters, digits and single spaces: "Łukasz  D'Hondt-Müller" →
    "lukasz d hondt muller". For comparing only; the original is what people see."""
    lowered = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", lowered)
    kept = (char if char.isalnum() else " " for char in decomposed if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


def normal_customer_no(text: str) -> str:
    """Without white space, in capitals: how a customer number is compared."""
    return "".join(text.split()).upper()


def normalise_email(text: str) -> tuple[str | None, Problem | None]:
    """The address in lower case, its plus part kept. Of several the first, with a note (email_several).

    "Jan <jan@example.be>" and "mailto:" are understood. Code email_invalid when there is none; an empty text
    is (None, None).
    """
    if len(text) <= _LONGEST_PLAIN and _PLAIN_ADDRESS.fullmatch(text):
        return text.lower(), None
    text = "".join(char for char in text if unicodedata.category(char) != "Cf").strip().strip("'\"")
    if not text:
        return None, None
    text = unicodedata.normalize("NFKC", text)
    bare = re.sub(r"(?i)\bmailto:", " ", text) if len(text) <= _LONGEST_EMAIL else ""
    pieces = [piece for piece in re.split(r"[\s,;<>|]+|/(?=\S+@)", bare) if "@" in piece]
    valid = [piece.lower() for piece in pieces if _valid_address(piece)]
    if not valid or len(valid) < len(pieces):
        template = gettext_noop(
            "Row %(row)s, column %(column)s: %(looks)s is no e-mail address. Correct it, or leave it empty."
        )
        return None, _problem("email_invalid", template, text)
    if len(set(valid)) == 1:
        return valid[0], None
    template = gettext_noop(
        "Row %(row)s, column %(column)s: %(looks)s holds several e-mail addresses. Only the first was read."
    )
    return valid[0], _problem("email_several", template, text)


def _valid_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or len(domain) > 253 or ".." in text or local.startswith(".") or local.endswith("."):
        return False
    return _ADDRESS.fullmatch(text) is not None


@lru_cache(maxsize=16_384)
def normalise_postcode(text: str, country: str) -> tuple[str | None, Problem | None]:
    """The postcode as the country writes it ("1012 AB", "00-950", "114 55"); a zero the spreadsheet ate comes
    back. Of a country we do not know, only spaces and case change. Code postcode_invalid."""
    text = unicodedata.normalize("NFKC", text).strip().strip("'")
    if not text:
        return None, None
    pattern = _POSTCODES.get(country)
    if pattern is None:
        return " ".join(text.upper().split()), None
    bare = re.sub(r"[\s\-.]", "", text.upper()).removeprefix(country)
    bare = re.sub(r"^[A-Z]{1,2}(?=\d)", "", bare) if country not in ("GB", "NL") else bare
    if country in _ZERO_EATEN and re.fullmatch(r"\d{4}", bare):
        bare = "0" + bare
    match = pattern.fullmatch(bare)
    if match is None:
        template = gettext_noop(
            "Row %(row)s, column %(column)s: %(looks)s is no postcode of %(country)s. Correct it, or "
            "leave it empty."
        )
        problem = _problem("postcode_invalid", template, text)
        return None, Problem(problem.code, template, {**problem.params, "country": country})
    if country == "NL":
        return f"{match[2][:4]} {match[2][4:]}", None
    return match[1] + _JOINED_BY.get(country, "") + match[2], None
