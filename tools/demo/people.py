"""A fictional population of households: shared phones, father and son, twins, firms, children."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tools.demo import names

TODAY = date(2026, 11, 20)

# Numbers kept for fiction where a country has them (France), else a block of one operator's range.
MOBILE = {"BE": "047000", "NL": "061000"}
LANDLINE = {
    "BE-nl": ("027000", "09300", "03200"),
    "BE-fr": ("04300", "08120", "06520"),
    "BE-pl": ("027000", "03200"),
    "NL-nl": ("020100", "030200", "040200"),
    "FR-fr": ("019900", "035301", "046571", "053649", "026191"),
}
MOBILE_LENGTH = 10
LENGTH = {"BE": 9, "NL": 10, "FR": 10}
"""Digits of a landline number, national prefix included."""
CALLING_CODE = {"BE": "32", "NL": "31", "FR": "33", "PL": "48"}


@dataclass(slots=True)
class Person:
    id: str
    group: str
    forename: str
    surname: str
    born: date | None
    mobile: str
    landline: str
    email: str
    street: str
    house: str
    postcode: str
    town: str
    household: int
    company: str = ""

    @property
    def country(self) -> str:
        return self.group[:2]

    @property
    def language(self) -> str:
        return self.group[3:]

    @property
    def minor(self) -> bool:
        return self.born is not None and self.born > date(TODAY.year - 18, TODAY.month, TODAY.day)


def e164(national: str, country: str) -> str:
    return f"+{CALLING_CODE[country]}{national if country == 'PL' else national[1:]}"


def ascii_of(text: str) -> str:
    plain = text.replace("ł", "l").replace("Ł", "L").replace("ø", "o")
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


class Numbers:
    """Hands out each number once, in a shuffled order."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._used: set[str] = set()

    def take(self, prefix: str, length: int) -> str:
        while True:
            room = length - len(prefix)
            number = f"{prefix}{self._random.randrange(10**room):0{room}d}"
            if number not in self._used:
                self._used.add(number)
                return number


class Population:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = Numbers(random)
        self._households = 0
        self._emails: set[str] = set()
        self.people: list[Person] = []

    def settle(self, group: str, count: int) -> list[Person]:
        """Add households of one country and language until `count` persons live there."""
        start = len(self.people)
        while len(self.people) - start < count:
            kind = self._random.choices(
                ["single", "couple", "father_and_son", "twins", "family", "firm"], [50, 29, 6, 3, 8, 4]
            )[0]
            getattr(self, f"_{kind}")(group)
        return self.people[start:]

    def _home(self, group: str) -> dict[str, str | int]:
        self._households += 1
        random, country, language = self._random, group[:2], group[3:]
        postcode, _, town = random.choice(names.TOWNS[group].split("|")).partition(" ")
        if country == "NL":
            postcode += f" {random.choice('ABCDEGHJ')}{random.choice('ABCDEGHJ')}"
        street = random.choice(names.STREETS["fr" if language == "fr" else "nl"].split()).replace("_", " ")
        bus = f" bus {random.randrange(1, 9)}" if country == "BE" and random.random() < 0.12 else ""
        landline = ""
        if country == "FR" or random.random() < 0.6:
            landline = self._numbers.take(random.choice(LANDLINE[group]), LENGTH[country])
        return {
            "group": group,
            "street": street,
            "house": f"{random.randrange(1, 240)}{bus}",
            "postcode": postcode,
            "town": town,
            "landline": landline,
            "household": self._households,
        }

    def _birth(self, first: int = 1940, last: int = 2004) -> date | None:
        if self._random.random() < 0.04:
            return None
        return date(first, 1, 1) + timedelta(days=self._random.randrange((last - first + 1) * 365))

    def _add(
        self, home: dict[str, str | int], forename: str, surname: str, born: date | None, **more: str
    ) -> Person:
        group = str(home["group"])
        country = group[:2]
        mobile = ""
        if country in MOBILE and (not home["landline"] or self._random.random() < 0.85):
            mobile = self._numbers.take(MOBILE[country], MOBILE_LENGTH)
        person = Person(
            id=f"P{len(self.people) + 1:05d}",
            forename=forename,
            surname=surname,
            born=born,
            mobile=mobile,
            email=more.get("email") or self._email(forename, surname),
            company=more.get("company", ""),
            **home,  # type: ignore[arg-type]
        )
        self.people.append(person)
        return person

    def _email(self, forename: str, surname: str) -> str:
        if self._random.random() < 0.18:
            return ""
        local = f"{ascii_of(forename)}.{ascii_of(surname)}".lower().replace(" ", "").replace("'", "")
        host = self._random.choice(["example.org", "example.net", "example.com"])
        address = f"{local}@{host}"
        while address in self._emails:
            address = f"{local}{self._random.randrange(2, 999)}@{host}"
        self._emails.add(address)
        return address

    def _forename(self, group: str, sex: str = "") -> str:
        return self._random.choice(names.FORENAMES[group[3:]][sex or self._random.choice("mf")].split())

    def _surname(self, group: str) -> str:
        return self._random.choice(names.surnames(group))

    def _single(self, group: str) -> None:
        self._add(self._home(group), self._forename(group), self._surname(group), self._birth())

    def _couple(self, group: str) -> None:
        home, surname = self._home(group), self._surname(group)
        first = self._add(home, self._forename(group, "m"), surname, self._birth(1940, 1990))
        other = surname if group[:2] != "BE" else self._surname(group)
        shared = first.email if self._random.random() < 0.2 else ""
        self._add(home, self._forename(group, "f"), other, self._birth(1942, 1992), email=shared)

    def _father_and_son(self, group: str) -> None:
        home, surname = self._home(group), self._surname(group)
        father = self._forename(group, "m")
        same = [name for name in names.FORENAMES[group[3:]]["m"].split() if name[0] == father[0]]
        self._add(home, father, surname, self._birth(1945, 1965))
        self._add(home, self._random.choice(same), surname, self._birth(1975, 1998))

    def _twins(self, group: str) -> None:
        home, surname = self._home(group), self._surname(group)
        born = self._birth(1960, 2002)
        first = self._forename(group, "f")
        second = self._random.choice(
            [name for name in names.FORENAMES[group[3:]]["f"].split() if name != first and name[0] <= "M"]
        )
        self._add(home, first, surname, born)
        self._add(home, second, surname, born)

    def _family(self, group: str) -> None:
        home, surname = self._home(group), self._surname(group)
        self._add(home, self._forename(group, "m"), surname, self._birth(1970, 1984))
        self._add(home, self._forename(group, "f"), surname, self._birth(1972, 1986))
        if self._random.random() < 0.35:
            self._add(home, self._forename(group), surname, self._birth(2009, 2014))

    def _firm(self, group: str) -> None:
        home, surname = self._home(group), self._surname(group)
        language = group[3:]
        trade = self._random.choice(names.COMPANIES[language].split())
        company = f"{trade} {surname} {names.FORMS[group]}"
        self._add(home, self._forename(group), surname, None, company=company)
