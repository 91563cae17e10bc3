"""Fictional people in households, and the records that careless lists hold of them, with the truth beside.

Hard on purpose: partners and children share phone and address, some sons bear their father's name, twins
share everything but the first name, numbers are handed on, people move, marry, and others write them down.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from anyascii import anyascii

from benchmarks.matching_parts.names import DOMAINS, FORENAMES, STREETS, forenames, surnames


@dataclass(frozen=True, slots=True)
class Dirt:
    """How often each thing happens, per person, household or further record. The first block is that of the
    first measurement; what stands at 0 there is what makes real lists worse."""

    further_record: float = 0.4
    plain_letters: float = 0.35
    digraphs: float = 0.065  # ü as ue, å as aa, in lower case
    typing_error: float = 0.10
    capitals: float = 0.2
    swapped: float = 0.04
    initial: float = 0.06
    other_surname: float = 0.05
    birth_wrong: float = 0.06
    birth_missing: float = 0.25
    phone_other: float = 0.175
    phone_missing: float = 0.075
    phone_recycled: float = 0.01
    email_missing: float = 0.4
    moved: float = 0.2
    street_error: float = 0.12
    no_email_at_all: float = 0.35
    junior: float = 0.15
    twin: float = 0.06
    twin_alike: float = 0.0  # of twins: a first name that looks like the other's
    birth_placeholder: float = 0.0  # 1 January 1900 or 1970 typed to get past a form
    family_email: float = 0.0  # the household's address instead of one's own
    suffix_written: float = 0.0  # of fathers and sons of one name: "jr", "sr" in the record
    second_name_lost: float = 0.0  # Jean-Luc as Jean
    married_double: float = 0.0  # the partner's name joined to one's own
    twins_of_one_name: bool = True  # the first measurement drew a twin's name without looking
    never_clean: float = 0.0  # of people: no record as they would write themselves


AS_NOTED = Dirt()
HARD = replace(
    AS_NOTED,
    phone_recycled=0.02,
    twin_alike=0.35,
    birth_placeholder=0.01,
    family_email=0.08,
    suffix_written=0.2,
    second_name_lost=0.3,
    married_double=0.02,
    twins_of_one_name=False,
    never_clean=0.3,
)
DIGRAPHS = {"å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "ł": "l"}
PLACEHOLDERS = (date(1900, 1, 1), date(1970, 1, 1))
SHARES = {"nl": 0.30, "fr": 0.22, "pl": 0.20, "sv": 0.14, "de": 0.14}


@dataclass(slots=True)
class Row:
    """One record. `human` and `household` are the truth, seen by the scoring alone."""

    human: int
    household: int
    language: str
    first: str
    last: str
    birth: date | None
    phone: str
    email: str
    street: str
    number: str
    postcode: str


class World:
    def __init__(self, *, people: int, seed: int, dirt: Dirt = HARD) -> None:
        self._draw = random.Random(seed)
        self._dirt = dirt
        self._people: list[Row] = []
        self._namesake: set[int] = set()  # humans that share their full name with one of their household
        self._family_email: dict[int, str] = {}
        self._names = {
            language: (forenames(language, "m"), forenames(language, "f"), surnames(language))
            for language in FORENAMES
        }
        household = 0
        while len(self._people) < people:
            household += 1
            self._household(household)

    def rows(self) -> list[Row]:
        """Most people once as they would write themselves, and further records by others, shuffled."""
        rows = list(self._records())
        self._draw.shuffle(rows)
        return rows

    def _records(self) -> Iterator[Row]:
        for person in self._people:
            yield self._careless(person) if self._often(self._dirt.never_clean) else replace(person)
            while self._draw.random() < self._dirt.further_record:
                yield self._careless(person)

    def _often(self, share: float) -> bool:
        return self._draw.random() < share

    def _popular(self, listed: list[str]) -> str:
        return listed[min(int(len(listed) * self._draw.random() ** 2.2), len(listed) - 1)]

    def _born(self, first: int, last: int) -> date:
        return date(self._draw.randint(first, last), self._draw.randint(1, 12), self._draw.randint(1, 28))

    def _phone(self) -> str:
        return f"324{self._draw.randint(50_000_000, 99_999_999)}"

    def _place(self) -> tuple[str, str, str]:
        draw = self._draw
        return draw.choice(STREETS), str(draw.randint(1, 180)), str(draw.randint(1000, 9990))

    def _household(self, household: int) -> None:
        draw = self._draw
        language = draw.choices(list(SHARES), list(SHARES.values()))[0]
        men, women, families = self._names[language]
        family, father = self._popular(families), self._popular(men)
        place, phone, kind = self._place(), self._phone(), draw.random()
        shared = f"{anyascii(family).lower().replace(' ', '')}{household % 1000}@{draw.choice(DOMAINS)}"
        self._family_email[household] = shared

        def join(first: str, last: str, birth: date, number: str) -> None:
            self._people.append(
                Row(
                    human=len(self._people),
                    household=household,
                    language=language,
                    first=first,
                    last=last,
                    birth=birth,
                    phone=number,
                    email=self._email(first, last, birth),
                    street=place[0],
                    number=place[1],
                    postcode=place[2],
                )
            )

        born = self._born(1940, 1995)
        join(father, family, born, phone)
        father_at = len(self._people) - 1
        if kind < 0.55:
            last = _gendered(language, family) if self._often(0.6) else self._popular(families)
            number = phone if self._often(0.6) else self._phone()
            join(self._popular(women), last, self._born(born.year - 5, born.year + 5), number)
        if kind < 0.35:
            for _ in range(draw.randint(1, 2)):
                girl = self._often(0.5)
                listed = women if girl else men
                first = self._popular(listed)
                if not girl and self._often(self._dirt.junior):
                    first = father
                    self._namesake |= {father_at, len(self._people)}
                last = _gendered(language, family) if girl else family
                birth = self._born(born.year + 20, born.year + 35)
                join(first, last, birth, phone if self._often(0.5) else self._phone())
                if self._often(self._dirt.twin):
                    join(self._twin(first, listed), last, birth, phone)

    def _twin(self, first: str, listed: list[str]) -> str:
        others = listed if self._dirt.twins_of_one_name else [name for name in listed if name != first]
        alike = [name for name in others if name != first and _looks_like(name, first)]
        if alike and self._often(self._dirt.twin_alike):
            return self._draw.choice(alike)
        return self._popular(others)

    def _email(self, first: str, last: str, birth: date) -> str:
        draw = self._draw
        if self._often(self._dirt.no_email_at_all):
            return ""
        ending = draw.choice(["", f"{birth.year % 100}", str(draw.randint(1, 99))])
        name = f"{first}.{last}".replace(" ", "").replace("'", "")
        return f"{anyascii(name).lower()}{ending}@{draw.choice(DOMAINS)}"

    def _careless(self, person: Row) -> Row:
        row, dirt, draw = replace(person), self._dirt, self._draw
        if self._often(dirt.married_double):
            row.last = f"{row.last}-{self._popular(self._names[row.language][2])}"
        if self._often(dirt.other_surname):
            row.last = draw.choice(self._names[row.language][2])
        if self._often(dirt.second_name_lost):
            row.first = row.first.split("-")[0]
        row.first, row.last = self._spelt(row.first), self._spelt(row.last)
        if self._often(dirt.initial):
            row.first = f"{row.first[0]}."
        if person.human in self._namesake and self._often(dirt.suffix_written):
            row.last += " jr" if person.birth and person.birth.year > 1970 else " sr"
        if self._often(dirt.swapped):
            row.first, row.last = row.last, row.first
        row.birth = self._birth(row.birth)
        if self._often(dirt.phone_other):
            row.phone = self._phone()
        elif self._often(dirt.phone_missing / (1 - dirt.phone_other)):
            row.phone = ""
        if self._often(dirt.phone_recycled):
            row.phone = draw.choice(self._people).phone
        if self._often(dirt.email_missing):
            row.email = ""
        if self._often(dirt.family_email):
            row.email = self._family_email[row.household]
        if self._often(dirt.moved):
            row.street, row.number, row.postcode = self._place()
        elif self._often(dirt.street_error / (1 - dirt.moved)):
            row.street = self._mistyped(row.street)
        return row

    def _spelt(self, name: str) -> str:
        if self._often(self._dirt.plain_letters):
            name = anyascii(name)
        elif self._often(self._dirt.digraphs / (1 - self._dirt.plain_letters)):
            name = "".join(DIGRAPHS.get(letter, letter) for letter in name.lower())
        if self._often(self._dirt.typing_error):
            name = self._mistyped(name)
        return name.upper() if self._often(self._dirt.capitals) else name

    def _birth(self, born: date | None) -> date | None:
        if born is None or self._often(self._dirt.birth_missing):
            return None
        if self._often(self._dirt.birth_placeholder):
            return self._draw.choice(PLACEHOLDERS)
        if not self._often(self._dirt.birth_wrong):
            return born
        turned = date(born.year, born.day, born.month) if born.day <= 12 else born
        slipped = date(born.year, born.month, min(28, born.day + 1))
        return self._draw.choice([turned, slipped, date(born.year, 1, 1)])

    def _mistyped(self, text: str) -> str:
        if len(text) < 3:
            return text
        at, kind = self._draw.randrange(len(text) - 1), self._draw.random()
        before, letter, after, rest = text[:at], text[at], text[at + 1], text[at + 2 :]
        if kind < 0.25:
            return before + after + rest
        if kind < 0.5:
            return before + after + letter + rest
        if kind < 0.75:
            return before + letter * 2 + after + rest
        return before + self._draw.choice("aeioustnrkl") + after + rest


def _gendered(language: str, family: str) -> str:
    if language == "pl" and family.endswith(("ski", "cki", "dzki")):
        return f"{family[:-1]}a"
    return family


def _looks_like(a: str, b: str) -> bool:
    """A crude likeness that owes nothing to the rules under test: the same first letter and nearly the same
    letters."""
    return a[0] == b[0] and abs(len(a) - len(b)) <= 1 and len(set(a) ^ set(b)) <= 3
