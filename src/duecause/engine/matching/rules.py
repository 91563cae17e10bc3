"""The rules that link two records, the cases they leave to a person, and the evidence for either.

A score is not used: in a hard set of European households a stated probability of 0.999 was right 49 % of
the time, this kind of rule 99.94 % (docs: concepts, "The same human"; `./dev bench matching`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from duecause.engine.matching.births import birth_compared
from duecause.engine.matching.comparing import Names, compared, same_address
from duecause.engine.matching.names import fold_company


class Verdict(StrEnum):
    LINK = "link"
    SUGGEST = "suggest"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Identity:
    """What one record says about a human. Identifiers may be numbers or their look-up tokens, as long as both
    sides are the same; a customer number carries its controller. Empty means unknown."""

    first: str = ""
    last: str = ""
    company: str = ""
    birth: date | None = None
    phones: frozenset[object] = frozenset()
    emails: frozenset[object] = frozenset()
    customer_nos: frozenset[object] = frozenset()
    postcode: str = ""
    street: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """`rule` names what decided; `codes` list everything seen, for and against, in a fixed order."""

    verdict: Verdict
    rule: str
    codes: tuple[str, ...]


class Around(Protocol):
    """What the other records around two records tell. Each answers False where too little is known."""

    def namesake(self) -> bool:
        """Somebody of this name with another birth date, or a junior and a senior, at the same number, e-mail
        or address."""

    def alone(self) -> bool:
        """Nobody of another first name uses what the two share, and everybody who uses it is known."""

    def slip(self) -> bool:
        """One spelling of the first name is next to unknown in the register, the other is usual."""

    def rare(self) -> bool:
        """Only a handful of records bear this full name."""


class _Unknown:
    def namesake(self) -> bool:
        return False

    alone = slip = rare = namesake


UNKNOWN: Around = _Unknown()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One pair. `shared`: codes of shared identifiers; `birth`: same, close, differs, missing."""

    names: Names
    birth: str
    shared: tuple[str, ...]
    address: bool
    around: Around

    @property
    def own(self) -> bool:
        """They share what usually belongs to one human: an e-mail address or a customer number."""
        return "same_email" in self.shared or "same_customer_no" in self.shared

    @property
    def ways(self) -> int:
        return len(self.shared) + self.address

    @property
    def last_agrees(self) -> bool:
        return self.names.last in ("same", "near", "part")


def compatible(a: Identity, b: Identity, around: Around = UNKNOWN) -> Evidence:
    """Whether two records are the same human. `compatible(a, b) == compatible(b, a)`.

    LINK needs a compatible name, and either the same birth date and one thing shared (number, e-mail,
    customer number, address), or without a birth date two things of which one is personal, or what is known
    `around` the two. A conflict, or only an initial, is a suggestion. Another first name on one phone is a
    household: nothing.
    """
    shared, address = _shared(a, b), same_address(a, b)
    if not (a.first or a.last) and not (b.first or b.last) and (a.company or b.company):
        return _companies(a, b, shared)
    seen = _Seen(compared(a, b), birth_compared(a.birth, b.birth), shared, address, around)
    if not seen.ways and not (seen.birth == "same" and seen.names.last == "same"):
        return Evidence(Verdict.NONE, "nothing_shared", _codes(seen))
    verdict, rule = _decide(seen)
    return Evidence(verdict, rule, (*_codes(seen), *_TOLD.get(rule, ())))


# What was learnt from the other records, where the rule rests on it.
_TOLD = {
    "slip_birth_date": ("first_name_slip",),
    "initial_birth_date": ("used_alone",),
    "used_alone": ("used_alone", "no_namesake"),
    "two_identifiers": ("no_namesake",),
    "rare_name_birth_date": ("name_rare",),
    "namesake_near": ("namesake_near",),
}


def _decide(seen: _Seen) -> tuple[Verdict, str]:
    names, birth = seen.names, seen.birth
    if names.first == "differs":
        twins = seen.own and birth == "same" and names.last in ("same", "near")
        return (Verdict.SUGGEST, "other_first_name") if twins else (Verdict.NONE, "household")
    if names.first == "missing" or names.last == "missing":
        enough = (
            len(seen.shared) > 1 or "same_customer_no" in seen.shared or (birth == "same" and seen.shared)
        )
        likely = enough and birth not in ("differs", "close")
        return (Verdict.SUGGEST if likely else Verdict.NONE), "name_incomplete"
    if not seen.ways:
        return _nothing_but_name_and_birth(seen)
    if birth == "differs":
        return Verdict.NONE, "other_generation"
    if names.suffix_differs:
        return Verdict.SUGGEST, "junior_or_senior"
    if birth == "same":
        return _same_birth(seen)
    if names.last == "differs":
        likely = names.first == "same" and seen.ways > 1
        return (Verdict.SUGGEST if likely else Verdict.NONE), "other_surname"
    if names.first == "initial":
        return Verdict.SUGGEST, "initial_only"
    if birth == "close":
        exact = names.first in ("same", "near")
        return (Verdict.SUGGEST if exact else Verdict.NONE), "other_birth_date"
    if names.first in ("part", "alike"):
        return Verdict.SUGGEST, "first_name_close"
    return _birth_missing(seen)


def _same_birth(seen: _Seen) -> tuple[Verdict, str]:
    """Twins are what this must not join: their birth date, family name, number and address are one."""
    first = seen.names.first
    if not seen.last_agrees:
        if first != "same":
            return Verdict.NONE, "other_surname"
        return (Verdict.LINK, "name_changed") if seen.shared else (Verdict.SUGGEST, "other_surname")
    if first == "same":
        return Verdict.LINK, "name_birth_date"
    if first == "initial":
        sure = seen.own or (bool(seen.shared) and seen.around.alone())
        return (Verdict.LINK, "initial_birth_date") if sure else (Verdict.SUGGEST, "initial_only")
    if first == "near":
        if seen.names.transposed or seen.own:
            return Verdict.LINK, "name_birth_date"
        if seen.around.slip():
            return Verdict.LINK, "slip_birth_date"
    return Verdict.SUGGEST, "first_name_close"


def _birth_missing(seen: _Seen) -> tuple[Verdict, str]:
    """A father and a son of one name are what this must not join."""
    if seen.names.first != "same":
        return Verdict.SUGGEST, "birth_date_missing"
    if seen.around.namesake():
        return Verdict.SUGGEST, "namesake_near"
    if seen.own and seen.ways > 1:
        return Verdict.LINK, "two_identifiers"
    if seen.address and seen.around.alone():
        return Verdict.LINK, "used_alone"
    return Verdict.SUGGEST, "birth_date_missing"


def _nothing_but_name_and_birth(seen: _Seen) -> tuple[Verdict, str]:
    if seen.names.suffix_differs or seen.names.first != "same":
        return Verdict.NONE, "nothing_shared"
    if seen.around.rare():
        return Verdict.LINK, "rare_name_birth_date"
    return Verdict.SUGGEST, "name_and_birth_date_only"


def _companies(a: Identity, b: Identity, shared: tuple[str, ...]) -> Evidence:
    if not shared:
        return Evidence(Verdict.NONE, "nothing_shared", ())
    if not (a.company and b.company):
        return Evidence(Verdict.NONE, "company_and_person", shared)
    if fold_company(a.company) == fold_company(b.company):
        return Evidence(Verdict.LINK, "company", (*shared, "same_company"))
    return Evidence(Verdict.NONE, "other_company", (*shared, "company_differs"))


def _shared(a: Identity, b: Identity) -> tuple[str, ...]:
    found = []
    if a.phones & b.phones:
        found.append("same_phone")
    if a.emails & b.emails:
        found.append("same_email")
    if a.customer_nos & b.customer_nos:
        found.append("same_customer_no")
    return tuple(found)


def _codes(seen: _Seen) -> tuple[str, ...]:
    names = seen.names
    codes = [*seen.shared, f"first_name_{names.first}", f"surname_{names.last}"]
    if names.swapped:
        codes.append("names_swapped")
    if names.suffix_differs:
        codes.append("suffix_differs")
    codes.append(f"birth_date_{seen.birth}")
    if seen.address:
        codes.append("same_address")
    return tuple(codes)
