"""Which call centres already hold a person's number. The dialling room knows; it registers here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reach:
    """One centre that was given the person's number in a release that still runs."""

    centre_code: str
    centre_name: str
    campaign_code: str
    campaign_name: str
    released_at: datetime


ReachOf = Callable[[UUID, datetime], list[Reach]]
_providers: list[ReachOf] = []


def provides_reach(provider: ReachOf) -> ReachOf:
    _providers.append(provider)
    return provider


def reach_of(person: UUID, now: datetime) -> list[Reach]:
    return [reach for provider in _providers for reach in provider(person, now)]
