"""What is read aloud in a call from a campaign list. The dialling room knows it and registers here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from duecause.apps.register.models import Person
from duecause.web.words import language_name

LINK = "callback"  # the reason of a look-up for such a call


@dataclass(frozen=True, slots=True)
class Spoken:
    """The script of one campaign whose running list has this person. Without `name` none is in force in
    `language`, that of the person. `report`: the address that takes one of `endings`."""

    campaign: str
    campaign_name: str
    language: str
    name: str
    parts: Sequence[str]
    report: str
    endings: Sequence[Mapping[str, str]]  # key, value, label

    @property
    def language_word(self) -> str:
        return language_name(self.language)


SpokenTo = Callable[[Person, datetime], list[Spoken]]
_providers: list[SpokenTo] = []


def provides_scripts(provider: SpokenTo) -> SpokenTo:
    _providers.append(provider)
    return provider


def spoken_to(person: Person, now: datetime) -> list[Spoken]:
    return [one for provider in _providers for one in provider(person, now)]
