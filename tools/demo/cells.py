"""How people and systems write the same number, date or name, and how they spoil it.

Each function returns what stands in the cell; those for phones also what a careful reader may take from it:
the numbers in E.164 and the code of the trap, if any (codes as in `duecause.engine.phone`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from tools.demo.people import CALLING_CODE, Person, ascii_of, e164


@dataclass(frozen=True, slots=True)
class PhoneCell:
    text: str
    numbers: tuple[str, ...] = ()
    trap: str = ""


GOOD = (
    "plain",
    "spaced",
    "dotted",
    "slashed",
    "plus",
    "plus_zero",
    "double_zero",
    "apostrophe",
    "label",
    "nbsp",
)
GOOD_WEIGHTS = (26, 24, 10, 10, 14, 3, 5, 3, 3, 2)
PLACEHOLDERS = {
    "nl": ("n.v.t.", "geen", "onbekend", "-", "0000000000"),
    "fr": ("néant", "inconnu", "aucun", "s.o.", "0000000000"),
    "pl": ("brak", "nie podano", "-", "000000000"),
    "en": ("n/a", "none", "unknown", "0000000000"),
}
AFTER_HOURS = {"nl": "na 18u", "fr": "après 18h", "pl": "po 18:00", "en": "after 6pm"}
VANITY = {"nl": "0800-WARMTE", "fr": "0800-CHALEUR", "pl": "800-CIEPLO", "en": "0800-FLOWERS"}
OR_WORD = {"nl": "of", "fr": "ou", "pl": "lub", "en": "or"}


def grouped(national: str, separator: str) -> str:
    head = 4 if len(national) == 10 and national[1] == "4" else 2
    if len(national) == 9 and not national.startswith("0"):
        head = 3
    tail = national[head:]
    size = 3 if head == 3 else 2
    rest = [tail[i : i + size] for i in range(0, len(tail), size)]
    if len(rest) > 1 and len(rest[-1]) == 1:
        rest[-2:] = [rest[-2] + rest[-1]]
    return separator.join([national[:head], *rest])


def good_phone(random: Random, national: str, country: str, home: str) -> PhoneCell:
    """`home` is the country of the list: only its own numbers may be written without country code."""
    full = e164(national, country)
    code, significant = CALLING_CODE[country], full[1 + len(CALLING_CODE[country]) :]
    style = random.choices(GOOD, GOOD_WEIGHTS)[0]
    if country != home and style not in ("plus", "double_zero"):
        style = random.choice(["plus", "double_zero"])
    head = grouped(national, " ").split(" ")[0]
    text = {
        "plain": national,
        "spaced": grouped(national, " "),
        "dotted": grouped(national, "."),
        "slashed": f"{head}/{grouped(national, '.')[len(head) + 1 :]}",
        "plus": f"+{code} {grouped(significant, ' ') if len(significant) > 8 else significant}",
        "plus_zero": f"+{code} (0){significant}" if country != "PL" else full,
        "double_zero": f"00{code}{significant}",
        "apostrophe": f"'{national}",
        "label": f"tel: {national}",
        "nbsp": grouped(national, "\u00a0"),
    }[style]
    return PhoneCell(text, (full,))


def spoilt_phone(random: Random, person: Person, national: str, home: str, words: str) -> PhoneCell:
    """One of the traps of dial lists. Needs a number of the list's own country."""
    full = e164(national, person.country)
    bare = national.removeprefix("0")
    kinds = ["decimal", "scientific", "hours", "vanity", "placeholder", "short"]
    if person.mobile and person.landline:
        kinds += ["two", "two", "two"]
    kind = random.choice(kinds)
    if kind == "decimal":
        return PhoneCell(f"{bare}.0", (), "phone_decimal")
    if kind == "scientific":
        comma = "," if words != "en" else "."
        return PhoneCell(f"{bare[0]}{comma}{bare[1:6]}E+{len(bare) - 1:02d}", (), "phone_scientific")
    if kind == "hours":
        return PhoneCell(f"{grouped(national, ' ')} {AFTER_HOURS[words]}", (), "phone_letters")
    if kind == "vanity":
        return PhoneCell(VANITY[words], (), "phone_letters")
    if kind == "placeholder":
        return PhoneCell(random.choice(PLACEHOLDERS[words]), (), "phone_placeholder")
    if kind == "short":
        return PhoneCell(national[:5], (), "phone_too_short")
    other = person.landline if national == person.mobile else person.mobile
    mark = random.choice([" / ", "; ", f" {OR_WORD[words]} "])
    both = (full, e164(other, person.country))
    return PhoneCell(f"{grouped(national, ' ')}{mark}{grouped(other, ' ')}", both, "phone_two_numbers")


def phone(random: Random, person: Person, national: str, home: str, words: str, rate: float) -> PhoneCell:
    if not national:
        return PhoneCell("")
    if person.country == home and random.random() < rate:
        return spoilt_phone(random, person, national, home, words)
    return good_phone(random, national, person.country, home)


def day(random: Random, value: date | None, style: str) -> tuple[str, str]:
    """(text, trap). Styles: iso, be (31/12/1990), nl (31-12-1990), dot (31.12.1990), mixed."""
    if value is None:
        return "", ""
    if style == "mixed":
        if random.random() < 0.08:
            return value.strftime("%d/%m/%y"), "date_two_digit_year"
        if random.random() < 0.05:
            return value.strftime("%m/%d/%Y"), "date_month_first"
        style = random.choice(["be", "be", "be", "iso"])
    form = {"iso": "%Y-%m-%d", "be": "%d/%m/%Y", "nl": "%d-%m-%Y", "dot": "%d.%m.%Y"}[style]
    return value.strftime(form), ""


def name(random: Random, person: Person, rate: float) -> tuple[str, str]:
    """(forename, surname) as this list happens to know them."""
    forename, surname = person.forename, person.surname
    if random.random() >= rate:
        return forename, surname
    kind = random.choice(["ascii", "initial", "upper", "lower", "swapped", "typo", "spaces"])
    if kind == "ascii":
        return ascii_of(forename), ascii_of(surname)
    if kind == "initial":
        return f"{forename[0]}.", surname
    if kind == "upper":
        return forename, surname.upper()
    if kind == "lower":
        return forename.lower(), surname.lower()
    if kind == "swapped":
        return surname, forename
    if kind == "spaces":
        return f" {forename} ", f"{surname}  "
    place = random.randrange(1, len(surname) - 1)
    return forename, surname[:place] + surname[place + 1] + surname[place] + surname[place + 2 :]


def email(random: Random, person: Person, rate: float) -> tuple[str, str, str]:
    """(text, the address a careful reader keeps, trap)."""
    address = person.email
    if not address:
        return "", "", ""
    if random.random() >= rate:
        return address, address, ""
    local, _, host = address.partition("@")
    kind = random.choice(["upper", "spaces", "double", "nodot", "comma"])
    if kind == "upper":
        return address.upper(), address, ""
    if kind == "spaces":
        return f" {address} ", address, ""
    broken = {"double": f"{local}@@{host}", "nodot": f"{local}@example", "comma": f"{local}@example,org"}[
        kind
    ]
    return broken, "", "email_invalid"
