"""Values of an upload shown to the person who uploads it: enough to judge a mapping, too little to copy.

Telephone numbers and e-mail addresses as their shape and masked, names as initials, dates as their year;
plain only what tells nobody apart (town, country, language, product, consent text).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duecause.apps.register.fields import COMPANY, DATES, NAMES, PROVENANCE, is_phone
from duecause.apps.register.reading import ParsedRow
from duecause.engine.phone import masked
from duecause.engine.problems import shape_of

PLAIN = frozenset({"city", "country", "language", "product", "consent_text"})
LONGEST = 24
# With more digits than this it may be a number that somebody mapped to the wrong field.
PLAIN_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """`looks`: the shape of the cell; `becomes`: what would be kept of it, masked. Either may be empty."""

    looks: str = ""
    becomes: str = ""


def shown(field: str, cell: str, row: ParsedRow) -> Shown:
    """One cell of an upload under the field it is mapped to."""
    cell = " ".join(cell.split())
    if not cell:
        return Shown()
    looks = shape_of(cell, LONGEST)
    if is_phone(field):
        numbers = row.values.get(field, "").split()
        return Shown(looks, ", ".join(masked(int(number.lstrip("+"))) for number in numbers))
    if field == "email":
        return Shown(looks, masked_email(row.values.get(field, "")))
    if field in NAMES or field == COMPANY:
        return Shown("", initials_of(cell) or looks)
    if field in DATES:
        return Shown(looks, _date(field, row))
    if field in PLAIN and "@" not in cell and sum(char.isdigit() for char in cell) <= PLAIN_DIGITS:
        return Shown("", cell[:LONGEST] + ("…" if len(cell) > LONGEST else ""))
    return Shown(looks)


def masked_email(address: str) -> str:
    """ "m•••@e•••.org"."""
    name, at, domain = address.partition("@")
    if not at:
        return ""
    host, _, ending = domain.rpartition(".")
    return f"{name[:1]}•••@{host[:1]}•••.{ending}"


def initials_of(text: str) -> str:
    """ "M. T. P.": the first letter of each word; "" where no word begins with a letter."""
    words = [word for word in re.split(r"[\s,.\-/]+", text) if word]
    letters = [word[0].upper() for word in words[:4] if word[0].isalpha()]
    return "" if any(char.isdigit() or char == "@" for char in text) else " ".join(f"{x}." for x in letters)


def hint_of(values: Mapping[str, Any]) -> tuple[str, str]:
    """Initials and town of somebody in the register: enough to tell two people apart."""
    name = " ".join(str(values.get(part, "")) for part in ("first_name", "initials", "last_name"))
    return initials_of(name) or initials_of(str(values.get(COMPANY, ""))), str(values.get("city", ""))


def _date(field: str, row: ParsedRow) -> str:
    day = row.dates.get(field)
    if day is None:
        return ""
    # Of a birth the year shows how two digits were read; the day of a consent tells nobody apart.
    known = field in PROVENANCE or field.startswith("contract")
    return day.isoformat() if known else f"{day.year}-••-••"
