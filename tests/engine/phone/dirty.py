"""Dirty cells of known numbers: what lists from ten countries really contain, from a fixed seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

import phonenumbers

REGIONS = ("BE", "NL", "FR", "PL", "SE", "DE", "GB", "LU", "ES", "IT")
TRUNK = frozenset({"BE", "NL", "FR", "SE", "DE", "GB"})
FULL_WIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True)
class Dirty:
    text: str
    region: str
    kind: str
    people: tuple[int, ...]  # whose numbers stand in the cell, in E.164


def cells(count: int, seed: int) -> list[Dirty]:
    rnd = random.Random(seed)
    makers = sorted(_MAKERS)
    return [_MAKERS[kind](rnd, kind) for kind in (rnd.choice(makers) for _ in range(count))]


def number_of(rnd: random.Random, region: str) -> int:
    """A valid number: the country's example with its last digits changed."""
    kind = rnd.choice([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE])
    example = phonenumbers.example_number_for_type(region, kind)
    base = phonenumbers.national_significant_number(example)
    while True:
        keep = rnd.randint(2, len(base) - 2)
        national = base[:keep] + "".join(rnd.choice("0123456789") for _ in base[keep:])
        e164 = f"{example.country_code}{national}"
        if len(set(national)) > 1 and phonenumbers.is_valid_number(phonenumbers.parse("+" + e164)):
            return int(e164)


def parts(region: str, e164: int) -> tuple[str, str, str]:
    """Calling code, national significant number, number as dialled at home."""
    code = str(phonenumbers.country_code_for_region(region))
    national = str(e164)[len(code) :]
    return code, national, ("0" if region in TRUNK else "") + national


def grouped(rnd: random.Random, digits: str) -> str:
    separator = rnd.choice([" ", "-", ".", "/", "\u00a0", "‐"])
    groups, place = [], 0
    for size in [rnd.choice([2, 3, 4])] + [rnd.choice([2, 3])] * len(digits):
        if place < len(digits):
            groups.append(digits[place : place + size])
            place += size
    if rnd.random() < 0.1:
        return f"({groups[0]}) " + separator.join(groups[1:])
    return separator.join(groups)


def _one(make):
    def maker(rnd, kind):
        region = rnd.choice(REGIONS)
        e164 = number_of(rnd, region)
        return Dirty(make(rnd, *parts(region, e164)), region, kind, (e164,))

    return maker


def _two(rnd, kind):
    region = rnd.choice(REGIONS)
    people = (number_of(rnd, region), number_of(rnd, region))
    homes = [grouped(rnd, parts(region, e164)[2]) for e164 in people]
    mark = rnd.choice([" / ", "/", " ; ", ";", " of ", " ou ", ", ", " | ", "\n", " "])
    return Dirty(mark.join(homes), region, kind, people)


def _random_digits(rnd, kind):
    digits = rnd.choice(["", "0"]) + str(rnd.randrange(10 ** rnd.randint(3, 15)))
    return Dirty(digits, rnd.choice(REGIONS), kind, ())


def _garbage(rnd, kind):
    text = rnd.choice(["n/a", "onbekend", "-", "0", "000000000", "0475", "x", "123456", "#REF!", "?"])
    return Dirty(text, "BE", kind, ())


_MAKERS = {
    "e164": _one(lambda rnd, code, national, home: f"+{code}{national}"),
    "plain": _one(lambda rnd, code, national, home: home),
    "grouped": _one(lambda rnd, code, national, home: grouped(rnd, home)),
    "international": _one(lambda rnd, code, national, home: f"+{code} {grouped(rnd, national)}"),
    "double zero": _one(lambda rnd, code, national, home: f"00{code}{grouped(rnd, national)}"),
    "zero in brackets": _one(
        lambda rnd, code, national, home: (
            f"+{code} {'(0)' if home != national else ''} {grouped(rnd, national)}"
        )
    ),
    "zero eaten": _one(lambda rnd, code, national, home: national),
    "plus lost": _one(lambda rnd, code, national, home: code + national),
    "extension": _one(
        lambda rnd, code, national, home: (
            grouped(rnd, home)
            + rnd.choice([" ext 12", " x123", "#45", " poste 3", ";ext=99", " tst. 5", "x7", " ext. 1234"])
        )
    ),
    "label": _one(
        lambda rnd, code, national, home: (
            rnd.choice(["GSM: ", "tel. ", "tel:", "Tél ", "mob ", "kom. "]) + grouped(rnd, home)
        )
    ),
    "words behind": _one(
        lambda rnd, code, national, home: (
            grouped(rnd, home) + rnd.choice([" (Jan)", " werk", " na 18u", " dom", " (2)"])
        )
    ),
    "scientific": _one(
        lambda rnd, code, national, home: f"{int(national):.{rnd.choice([3, 5, 7, 8, 9, 10])}E}".replace(
            ".", rnd.choice([".", ",", "."])
        )
    ),
    "decimal": _one(
        lambda rnd, code, national, home: (
            rnd.choice([national, home, "+" + code + national, code + national])
            + rnd.choice([".0", ",0", ".00", ",00"])
        )
    ),
    "full width": _one(lambda rnd, code, national, home: grouped(rnd, home).translate(FULL_WIDTH)),
    "arabic": _one(lambda rnd, code, national, home: home.translate(ARABIC)),
    "apostrophe": _one(lambda rnd, code, national, home: "'" + home),
    "invisible": _one(lambda rnd, code, national, home: "\ufeff" + home[:3] + "\u200b" + home[3:] + "\u200f"),
    "two": _two,
    "digits": _random_digits,
    "garbage": _garbage,
}
