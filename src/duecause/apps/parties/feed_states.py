"""How far partners are with what they were told. The dialling room knows; it registers here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FeedState:
    """`last_at`: when the partner acknowledged last; `open_objections`: those that it has not acknowledged,
    the oldest told at `since`."""

    last_at: datetime | None = None
    open_objections: int = 0
    since: datetime | None = None


FeedStates = Callable[[], Mapping[str, FeedState]]
_providers: list[FeedStates] = []


def provides_feed_states(provider: FeedStates) -> FeedStates:
    _providers.append(provider)
    return provider


def feed_states() -> dict[str, FeedState]:
    """Code of each partner that was ever told something → how far it is."""
    return {code: state for provider in _providers for code, state in provider().items()}
