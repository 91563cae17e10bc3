"""Until when the proof of what a person said is kept, by the dated rule of the person's country, and what a
later use of a consent adds to that. The dialling room knows uses; it registers here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from duecause.apps.consent.histories import histories
from duecause.apps.consent.models import Objection
from duecause.apps.consent.rules import USE, Rule, rules
from duecause.engine.periods import local_day

LastUse = Callable[[UUID], datetime | None]
_providers: list[LastUse] = []


@dataclass(frozen=True, slots=True)
class Kept:
    """`until`: last day on which the proof is kept. `start`: the day the period is counted from."""

    rule: Rule
    start: date
    until: date


def provides_last_use(provider: LastUse) -> LastUse:
    """Register when a person's number was last released for a purpose."""
    _providers.append(provider)
    return provider


def proof_of(person: UUID) -> Kept | None:
    """The longest of what the rules of the person's countries ask for. None: nothing was ever said."""
    kept: list[Kept] = []
    used = max((at for at in (provider(person) for provider in _providers) if at), default=None)
    for each in histories(person):
        word = each.newest
        country = word.country or each.topic.controller.country
        kept.append(_kept(country, word.at, used if each.given else None))
    for objection in Objection.objects.filter(person=person).select_related("controller"):
        kept.append(_kept(objection.controller.country, objection.at, None))
    return max(kept, key=lambda each: each.until, default=None)


def _kept(country: str, said: datetime, used: datetime | None) -> Kept:
    start = local_day(said, country)
    rule = rules().proof_for(country, start)
    if rule.counts_from == USE and used is not None:
        start = max(start, local_day(used, country))
    return Kept(rule, start, rule.ends(start))
