"""Two names, and two addresses, beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from duecause.engine.matching.names import family, fold, given, jaro_winkler, one_edit_apart

SURNAME_NEAR = 0.88
LONG_ENOUGH = 5  # below this one letter makes another name: Tim and Tom, Jan and Jana

_Given = tuple[tuple[str, ...], str]
_Family = tuple[str, str, frozenset[str], str]


class Named(Protocol):
    """A record that says what somebody is called and where they live."""

    @property
    def first(self) -> str: ...
    @property
    def last(self) -> str: ...
    @property
    def street(self) -> str: ...
    @property
    def postcode(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Names:
    """`first`: same, near, part, alike, initial, differs, missing. `last`: same, near, part, differs,
    missing. `transposed`: the first names differ by two neighbouring letters that changed places."""

    first: str
    last: str
    swapped: bool = False
    suffix_differs: bool = False
    transposed: bool = False


def compared(a: Named, b: Named) -> Names:
    """Names of two records; which comes first does not matter."""
    return _compared(*sorted(((a.first, a.last), (b.first, b.last))))


@lru_cache(maxsize=65_536)
def _compared(a: tuple[str, str], b: tuple[str, str]) -> Names:
    straight = _straight(a, b)
    if straight.first in ("same", "near") and straight.last in ("same", "near", "part"):
        return straight
    if all((*a, *b)) and fold(a[0]) == fold(b[1]) and fold(a[1]) == fold(b[0]):
        return Names("same", "same", swapped=True, suffix_differs=straight.suffix_differs)
    return straight


def _straight(a: tuple[str, str], b: tuple[str, str]) -> Names:
    given_a, given_b = given(a[0]), given(b[0])
    family_a, family_b = family(a[1]), family(b[1])
    joined_a, joined_b = "".join(given_a[0]), "".join(given_b[0])
    return Names(
        first=_first(given_a, given_b),
        last=_last(family_a, family_b),
        suffix_differs=(given_a[1] or family_a[3]) != (given_b[1] or family_b[3]),
        transposed=joined_a != joined_b and sorted(joined_a) == sorted(joined_b),
    )


def _first(given_a: _Given, given_b: _Given) -> str:
    a, b = given_a[0], given_b[0]
    if not a or not b:
        return "missing"
    joined_a, joined_b = "".join(a), "".join(b)
    if _initials(a) or _initials(b):
        return "initial" if joined_a[0] == joined_b[0] else "differs"
    if joined_a == joined_b:
        return "same"
    if a[0] == b[0] and (len(a) == 1 or len(b) == 1):
        return "part"  # Anna and Anna Maria: one human, or mother and daughter
    if one_edit_apart(joined_a, joined_b):
        # A last letter tells siblings apart (Julia and Julie), and so does any letter of a short name.
        sure = min(len(joined_a), len(joined_b)) >= LONG_ENOUGH and joined_a[-1] == joined_b[-1]
        return "near" if sure else "alike"
    return "differs"


def _initials(names: tuple[str, ...]) -> bool:
    return all(len(name) == 1 for name in names)


def _last(a: _Family, b: _Family) -> str:
    if not a[0] or not b[0]:
        return "missing"
    if a[0] == b[0]:
        return "same"
    if a[1] == b[1] or jaro_winkler(a[0], b[0]) >= SURNAME_NEAR:
        return "near"
    if len(a[2]) + len(b[2]) > 2 and a[2] & b[2]:
        return "part"
    return "differs"


def same_address(a: Named, b: Named) -> bool:
    key = address_key(a.street, a.postcode)
    return bool(key) and key == address_key(b.street, b.postcode)


@lru_cache(maxsize=65_536)
def address_key(street: str, postcode: str) -> str:
    """Street with its number, and postcode, in one spelling; "" where either is missing."""
    if not street or not postcode:
        return ""
    return f"{fold(street)}{''.join(filter(str.isdigit, street))}|{postcode.replace(' ', '').upper()}"
