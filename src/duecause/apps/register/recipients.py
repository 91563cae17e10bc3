"""Who received what of a record (GDPR Art. 15(1)(c), 19). The dialling room knows; it registers here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Handing:
    """One record in one release that left the house. `fields`: what its rows carried beside one number.

    `numbers`: places (as `DialFact.ordinal` counts) of the record's numbers that were given; empty where the
    number that was given is none of those it has now. `former`: a list of before Duecause, of which other
    columns than those in `fields` may not be known.
    """

    record: UUID
    release: UUID
    recipient: str
    recipient_name: str
    campaign: str
    campaign_name: str
    at: datetime
    expires_at: datetime
    recalled_at: datetime | None
    fields: frozenset[str]
    numbers: frozenset[int]
    former: bool

    def running(self, now: datetime) -> bool:
        return self.recalled_at is None and now < self.expires_at


HandedOut = Callable[[Sequence[UUID]], list[Handing]]
_providers: list[HandedOut] = []


def provides_recipients(provider: HandedOut) -> HandedOut:
    _providers.append(provider)
    return provider


def handed_out(records: Sequence[UUID]) -> list[Handing]:
    """Every release that held one of these records, the oldest first."""
    found = [handing for provider in _providers for handing in provider(records)]
    return sorted(found, key=lambda handing: (handing.at, str(handing.release), str(handing.record)))
