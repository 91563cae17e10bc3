"""Where sealed data of a person lie. The register (and later rooms) registers a reader; the gate opens only
what the decision allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from duecause.apps.vault.opening import Sealed

__all__ = ["Holding", "HoldingsOf", "Sealed", "holdings_of", "provides_holdings"]


@dataclass(frozen=True, slots=True)
class Holding:
    """One sealed blob and the field groups of the fields inside: {field: group}."""

    record: UUID
    sealed: Sealed
    groups: dict[str, str]


HoldingsOf = Callable[[Sequence[UUID]], list[Holding]]
_readers: dict[str, HoldingsOf] = {}


def provides_holdings(kind: str) -> Callable[[HoldingsOf], HoldingsOf]:
    """Register a reader: given ids of `kind` ("person" or "record"), their sealed holdings."""

    def register(reader: HoldingsOf) -> HoldingsOf:
        _readers[kind] = reader
        return reader

    return register


def holdings_of(kind: str, ids: Sequence[UUID]) -> list[Holding]:
    return _readers[kind](ids)
