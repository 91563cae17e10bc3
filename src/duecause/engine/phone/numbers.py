"""One phone number: its E.164 value, whose numbering plan it is in, and how it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

METADATA_VERSION = f"phonenumbers {phonenumbers.__version__}"
"""The release of the numbering plans in use; kept with each screening run as evidence."""

# The countries whose lists we read; another reading of the same digits is looked for in these.
OUR_REGIONS = ("BE", "NL", "FR", "PL", "SE", "DE", "GB", "LU", "ES", "IT")

_KINDS = {
    value: name.lower()
    for name, value in vars(PhoneNumberType).items()
    if name.isupper() and isinstance(value, int)
}
_STRICT = re.compile(r"(?:\+|00)[1-9][0-9]*(?:[ \u00a0-][0-9]+)*", re.ASCII)
_LONGEST_WRITTEN = 40


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """`e164` is the number with its calling code, without the plus.

    `region` is ISO 3166-1 alpha-2, "001" for numbers that belong to no country. `kind` is the lower-case
    type name of the numbering plan ("mobile", "fixed_line", "fixed_line_or_mobile", "premium_rate" …), or
    "unknown" for a number that a suppression list holds although today's plan does not know it.
    """

    e164: int
    region: str
    kind: str

    @property
    def text(self) -> str:
        return f"+{self.e164}"


def from_parsed(parsed: phonenumbers.PhoneNumber) -> PhoneNumber | None:
    """The number when its numbering plan knows it, else None. An extension is not part of it."""
    region = phonenumbers.region_code_for_number(parsed)
    if region is None or not phonenumbers.is_valid_number_for_region(parsed, region):
        return None
    return PhoneNumber(e164=e164_of(parsed), region=region, kind=_KINDS[phonenumbers.number_type(parsed)])


def e164_of(parsed: phonenumbers.PhoneNumber) -> int:
    return int(f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}")


def parse_e164(text: str) -> PhoneNumber | None:
    """Read "+32475123456" or "0032475123456"; single spaces or hyphens between groups are allowed.

    There is no default country, no trunk zero after the calling code, no rescue: anything else is None.
    """
    text = text.strip()
    if len(text) > _LONGEST_WRITTEN or not _STRICT.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", text)
    if not text.startswith("+"):
        digits = digits[2:]
    try:
        number = from_parsed(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        return None
    return number if number is not None and str(number.e164) == digits else None


def format_international(e164: int) -> str:
    """`32475123456` as "+32 475 12 34 56"."""
    try:
        parsed = phonenumbers.parse(f"+{e164}")
    except phonenumbers.NumberParseException:
        return f"+{e164}"
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def masked(e164: int) -> str:
    """Calling code, first and last two digits: "+32 4•• •• •• 56"."""
    code, _, rest = format_international(e164).partition(" ")
    if not rest:
        return f"{code[:3]}{'•' * max(len(code) - 5, 3)}{code[-2:]}"
    total = sum(char.isdigit() for char in rest)
    shown, seen = [], 0
    for char in rest:
        if char.isdigit():
            seen += 1
            char = char if seen == 1 or seen > total - 2 else "•"
        shown.append(char)
    return f"{code} {''.join(shown)}"
