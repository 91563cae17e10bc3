"""Calls that count: made for a controller by whichever centre, to a number or to the person it was released
for.

A call that was allowed counts from then on, until its centre reports it or the hours of packs/campaigns.yaml
have passed: reports come late, and two centres that ask meanwhile must not both be told yes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast

from duecause.apps.dialling import rules
from duecause.apps.dialling.models import AllowedCall, Attempt, Campaign
from duecause.apps.dialling.precall_facts import NOBODY, Asked
from duecause.apps.parties.models import Partner
from duecause.apps.statements import Statement
from duecause.apps.vault import covers
from duecause.apps.vault.covers import Stored
from duecause.engine.attempts import Cap, Made, first_day, full
from duecause.engine.periods import local_day
from duecause.packs.campaigns import thresholds

REACHES: dict[str, Any] = {"controller_and_subcontractors": "controller", "call_centre": "centre"}
REASON = "attempts_reached"
CHUNK = 10_000
A_DAY = timedelta(days=1)
ANY_CLOCK = timedelta(days=2)  # a day of the calendar begins at most this long before that of any other zone


@dataclass(slots=True)
class Calls:
    """Calls of one controller, by number and by the person the row was released for."""

    by_token: dict[bytes, dict[tuple[str, int], Made]] = field(default_factory=dict)
    by_person: dict[UUID, dict[tuple[str, int], Made]] = field(default_factory=dict)

    def add(self, key: tuple[str, int], token: bytes, person: UUID | None, made: Made) -> None:
        self.by_token.setdefault(token, {})[key] = made
        if person is not None:
            self.by_person.setdefault(person, {})[key] = made

    def to(self, token: bytes, person: UUID | None) -> Sequence[Made]:
        """Those to a number or to a person, each once."""
        found = self.by_token.get(token, {})
        if person is not None:
            found = found | self.by_person.get(person, {})
        return list(found.values())


def caps(campaign: Asked | Campaign, country: str, on: date) -> tuple[Cap, ...]:
    """What limits calls of a campaign to a country on a day: the dated rules, and the campaign's own cap."""
    found = _of_law(country, on, rules.pack_version())
    if campaign.most_attempts and campaign.attempt_days:
        return (*found, Cap(campaign.most_attempts, campaign.attempt_days, campaign.code, "campaign"))
    return found


@lru_cache(maxsize=1_024)
def _of_law(country: str, on: date, pack_version: str) -> tuple[Cap, ...]:
    found = rules.rule_sets([country], on)[country].of_kind("attempt_cap")
    return tuple(
        Cap(rule.number("max_attempts"), rule.number("per_days"), rule.id, REACHES[rule.text("scope")])
        for rule in found
    )


def calls(
    *,
    controller: int,
    country: str,
    tokens: Collection[bytes],
    people: Collection[UUID],
    caps: Iterable[Cap],
    on: date,
    now: datetime,
) -> Calls:
    """Calls to some numbers or people that count on a day. `controller` is its key, `country` whose days
    count."""
    rows = _CALLS.rows(
        tokens=covers.candidates(["dial"], tokens),
        people=list(people) or [NOBODY],
        controller=controller,
        since=_since(caps, on, now),
        unreported_since=now - thresholds(on).unreported,
    )
    return _counted(rows, country)


def _since(caps: Iterable[Cap], on: date, now: datetime) -> datetime:
    """Not later than the first moment of the first day that counts, in whichever zone."""
    oldest = min(first_day(cap, on) for cap in caps)
    return datetime.combine(oldest, datetime.min.time(), tzinfo=now.tzinfo) - ANY_CLOCK


def _counted(rows: Iterable[tuple[Any, ...]], country: str) -> Calls:
    found = Calls()
    for word, pk, token, person, at, campaign, centre in rows:
        found.add((word, pk), bytes(token), person, Made(local_day(at, country), campaign, centre))
    return found


def _calls(
    *,
    tokens: list[Stored],
    people: list[UUID],
    controller: int,
    since: datetime,
    unreported_since: datetime,
) -> list[QuerySet[Any, Any]]:
    made = _attempts(controller, since)
    allowed = _allowed(controller, unreported_since)
    return [
        part
        for rows in (made, allowed)
        for part in (rows.filter(row__token__in=tokens), rows.filter(row__person__in=people))
    ]


def _attempts(controller: int, since: datetime) -> QuerySet[Any, Any]:
    rows = Attempt.objects.filter(row__release__campaign__controller=controller, at__gte=since)
    return _columns(rows, "made")


def _allowed(controller: int, since: datetime) -> QuerySet[Any, Any]:
    rows = AllowedCall.objects.filter(row__release__campaign__controller=controller, at__gte=since)
    return _columns(rows, "allowed")


def _columns(rows: QuerySet[Any, Any], word: str) -> QuerySet[Any, Any]:
    named: QuerySet[Any, Any] = rows.order_by().annotate(word=Cast(Value(word), CharField(max_length=8)))
    return named.values_list(
        "word",
        "pk",
        "row__token",
        "row__person_id",
        "at",
        "row__release__campaign_id",
        "row__release__centre_id",
    )


_CALLS = Statement(_calls)


class Capped:
    """Numbers that may not be called on a day because they were called often enough, as screening takes them.
    The calls are read once, also where it is asked piece by piece."""

    def __init__(self, campaign: Campaign, centre: Partner, on: date, now: datetime) -> None:
        self._campaign, self._centre, self._on, self._now = campaign, centre, on, now
        self._since: datetime | None = None
        self._made = Calls()

    def among(self, numbers: Iterable[tuple[bytes, UUID | None, str]]) -> set[tuple[bytes, str]]:
        """Of tokens, each with the person it stands for and its country."""
        asked = set(numbers)
        countries = {country for _, _, country in asked}
        capped = {country: caps(self._campaign, country, self._on) for country in countries}
        every = [cap for found in capped.values() for cap in found]
        if not every:
            return set()
        made = self._calls(_since(every, self._on, self._now))
        day: dict[str, Any] = {"on": self._on, "campaign": self._campaign.pk, "centre": self._centre.pk}
        return {
            (token, REASON)
            for token, person, country in asked
            if full(made.to(token, person), capped[country], **day)
        }

    def _calls(self, since: datetime) -> Calls:
        if self._since is None or since < self._since:
            controller = self._campaign.controller
            unreported = self._now - thresholds(self._on).unreported
            self._made = _all_calls(controller.pk, controller.country, since, unreported)
            self._since = since
        return self._made


def _all_calls(controller: int, country: str, since: datetime, unreported_since: datetime) -> Calls:
    """Every call of the controller: for a list it is cheaper to read them all than to ask for each number."""
    made = _attempts(controller, since).iterator(chunk_size=CHUNK)
    found = _counted(made, country)
    allowed = _counted(_allowed(controller, unreported_since).iterator(chunk_size=CHUNK), country)
    for token, own in allowed.by_token.items():
        found.by_token.setdefault(token, {}).update(own)
    for person, own in allowed.by_person.items():
        found.by_person.setdefault(person, {}).update(own)
    return found
