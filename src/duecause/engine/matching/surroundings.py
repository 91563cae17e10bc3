"""What the records around two records tell: namesakes, housemates, how usual a name is.

A rule that looks at two records alone cannot tell a father from a son of the same name whose birth date
nobody wrote down. The others at the same number or address often can.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from duecause.engine.matching.births import birth_compared
from duecause.engine.matching.comparing import address_key, compared
from duecause.engine.matching.names import fold, fold_surname
from duecause.engine.matching.rules import Identity

Key = TypeVar("Key", bound=Hashable)

# Something shared by more records than this is a switchboard, an office, a placeholder.
MOST_SHARING = 20
RARE_RECORDS = 5  # so few records bear a rare full name
SLIP_RECORDS = 3  # so few bear a spelling that is a slip of the pen
USUAL_TIMES = 10  # and so many times as many the usual one


@dataclass(frozen=True, slots=True)
class NameCounts:
    """How many records of the whole register bear a folded first name, and a folded full name."""

    first: Mapping[str, int] = field(default_factory=dict)
    full: Mapping[tuple[str, str], int] = field(default_factory=dict)


def full_name(identity: Identity) -> tuple[str, str]:
    return fold(identity.first), fold_surname(identity.last)


class Surroundings(Generic[Key]):
    """The records among which pairs are weighed. `complete`: everybody who shares a number, e-mail or address
    with one of a pair is here; without it nobody is said to be alone."""

    def __init__(
        self, identities: Mapping[Key, Identity], *, complete: bool, counts: NameCounts | None = None
    ) -> None:
        self._identities = identities
        self._complete = complete
        self._counts = counts or NameCounts()
        self._using: dict[object, list[Key]] = defaultdict(list)
        for key, identity in identities.items():
            for thing in things_of(identity):
                self._using[thing].append(key)

    def of(self, a: Key, b: Key) -> Around[Key]:
        return Around(self, a, b)

    def identity(self, key: Key) -> Identity:
        return self._identities[key]

    def near(self, *keys: Key) -> set[Key]:
        """Everybody who shares something with one of `keys`, themselves included."""
        found = set(keys)
        for key in keys:
            for thing in things_of(self._identities[key]):
                if len(self._using[thing]) <= MOST_SHARING:
                    found.update(self._using[thing])
        return found

    def users(self, a: Key, b: Key) -> Iterator[Key]:
        """Everybody who uses something that the two share."""
        shared = set(things_of(self._identities[a])) & set(things_of(self._identities[b]))
        for thing in shared:
            yield from self._using[thing]

    @property
    def complete(self) -> bool:
        return self._complete

    @property
    def counts(self) -> NameCounts:
        return self._counts


@dataclass(frozen=True, slots=True)
class Around(Generic[Key]):
    """The answers for one pair (`rules.Around`)."""

    surroundings: Surroundings[Key]
    a: Key
    b: Key

    def namesake(self) -> bool:
        births = set()
        for one in (self.a, self.b):
            mine = self.surroundings.identity(one)
            for key in self.surroundings.near(self.a, self.b):
                other = self.surroundings.identity(key)
                names = compared(mine, other)
                if names.first == "differs" or names.last not in ("same", "near", "part"):
                    continue
                if names.suffix_differs:
                    return True
                if other.birth is not None and birth_compared(other.birth, other.birth) == "same":
                    births.add(other.birth)
        return len(births) > 1

    def alone(self) -> bool:
        if not self.surroundings.complete:
            return False
        pair = [self.surroundings.identity(key) for key in (self.a, self.b)]
        others = (self.surroundings.identity(key) for key in self.surroundings.users(self.a, self.b))
        return all(compared(mine, other).first != "differs" for other in others for mine in pair)

    def slip(self) -> bool:
        first = self.surroundings.counts.first
        rare, usual = sorted(
            first.get(fold(self.surroundings.identity(key).first), 0) for key in (self.a, self.b)
        )
        return 0 < rare <= SLIP_RECORDS and usual >= USUAL_TIMES * rare

    def rare(self) -> bool:
        full = self.surroundings.counts.full
        known = [full.get(full_name(self.surroundings.identity(key)), 0) for key in (self.a, self.b)]
        return min(known) > 0 and max(known) <= RARE_RECORDS


def things_of(identity: Identity) -> list[tuple[str, object]]:
    """What others may share with this record."""
    found: list[tuple[str, object]] = [("phone", phone) for phone in identity.phones]
    found += [("email", email) for email in identity.emails]
    found += [("customer_no", number) for number in identity.customer_nos]
    if address := address_key(identity.street, identity.postcode):
        found.append(("address", address))
    return found
