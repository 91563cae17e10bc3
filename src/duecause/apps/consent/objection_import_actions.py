"""Take over objections that were given before: to another system, a call centre, on paper."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.actions import (
    Scope,
    Taking,
    record_email_objection,
    record_number_objection,
    record_objection,
)
from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.consent.objection_files import ObjectionRow, read_objections
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import DialFact, Lookup, Person
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Problem, gettext_noop

Outcome = Literal["recorded", "recorded_number", "recorded_email", "already", "refused"]
Progress = Callable[[int], None]
IMPORTED = Taking(how="import")

NOBODY = gettext_noop(
    "Row %(row)s holds neither a phone number nor an e-mail address. Correct it at the source."
)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What one row became, named as in the file."""

    sheet: str
    row: int
    outcome: Outcome
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    rows: tuple[RowResult, ...]
    counts: dict[str, int]


def import_objections(
    *,
    actor: Actor,
    data: bytes,
    file_name: str,
    controller: Controller,
    now: datetime,
    country: str = "",
    progress: Progress | None = None,
) -> Imported:
    """Record each row's objection against `controller`, as of the date the row gives.

    Numbers are read greedily: every plausible reading is blocked. Everybody known by a number or the e-mail
    address objects as a person; numbers and addresses that nobody is known by are blocked by themselves.
    Again changes nothing. `country` reads numbers without a country code (default: the controller's). Raises
    Refused, NotPermitted.
    """
    actor.require("consent.object")
    on = local_day(now, controller.country)
    batches = read_objections(data, name=file_name, country=country or controller.country, on=on)
    results: list[RowResult] = []
    for rows in batches:
        with transaction.atomic():
            known = _Known.of(rows)
            results += [_take(actor, controller, row, known, now) for row in rows]
        if progress:
            progress(len(results))
    counts: dict[str, int] = dict(Counter(str(result.outcome) for result in results))
    if counts.keys() - {"already", "refused"}:
        with transaction.atomic():
            told = {
                "controller": controller.code,
                "sha256": hashlib.sha256(data).hexdigest(),
                "counts": counts,
            }
            record(actor=actor, kind="consent.objections_imported", now=now, payload=told)
    return Imported(tuple(results), counts)


@dataclass(frozen=True, slots=True)
class _Known:
    """Who is known by the numbers and e-mail addresses of some rows."""

    by_phone: dict[bytes, set[UUID]]
    by_email: dict[bytes, set[UUID]]
    people: dict[UUID, Person]

    @classmethod
    def of(cls, rows: Sequence[ObjectionRow]) -> _Known:
        phones = _phones(n for row in rows for n in row.numbers)
        emails = {indexes.lookup_token("email", row.email) for row in rows if row.email}
        dials = {indexes.dial_token(n): token for n, token in phones.items()}
        by_phone, by_email = _holders("phone", phones.values()), _holders("email", emails)
        # A number that only screening knows counts as well: the person behind it is the same.
        for token, person in DialFact.objects.filter(token__in=dials).values_list("token", "person_id"):
            by_phone.setdefault(dials[bytes(token)], set()).add(person)
        ids = {person for found in (by_phone, by_email) for some in found.values() for person in some}
        return cls(by_phone, by_email, Person.objects.in_bulk(ids))

    def behind(self, row: ObjectionRow) -> list[Person]:
        found = set().union(*(self.by_phone.get(token, set()) for token in _phones(row.numbers).values()))
        if row.email:
            found |= self.by_email.get(indexes.lookup_token("email", row.email), set())
        return [self.people[pk] for pk in sorted(found) if pk in self.people]

    def unknown(self, row: ObjectionRow) -> list[int]:
        return [n for n, token in _phones(row.numbers).items() if not self.by_phone.get(token)]


def _phones(numbers: Iterable[int]) -> dict[int, bytes]:
    return {number: indexes.lookup_token("phone", str(number)) for number in numbers}


def _holders(kind: str, tokens: Iterable[bytes]) -> dict[bytes, set[UUID]]:
    found: dict[bytes, set[UUID]] = {}
    rows = Lookup.objects.filter(kind=kind, token__in=set(tokens)).values_list("token", "record__person_id")
    for token, person in rows:
        found.setdefault(bytes(token), set()).add(person)
    return found


def _take(actor: Actor, controller: Controller, row: ObjectionRow, known: _Known, now: datetime) -> RowResult:
    people, unknown = known.behind(row), known.unknown(row)
    scope, at = Scope(*row.scope), _moment(row.objected_on, now)
    outcome: Outcome = "already"
    for person in people:
        if not _objected(person, controller, scope, at):
            record_objection(
                actor=actor,
                person=person,
                controller=controller,
                taking=IMPORTED,
                now=now,
                scope=scope,
                at=at,
            )
            outcome = "recorded"
    tokens = {indexes.dial_token(number): number for number in unknown}
    fresh = [tokens[token] for token in tokens.keys() - _blocked(tokens, controller, scope, at)]
    if fresh:
        record_number_objection(
            actor=actor, numbers=fresh, controller=controller, taking=IMPORTED, now=now, scope=scope, at=at
        )
        outcome = "recorded" if outcome == "recorded" else "recorded_number"
    if row.email and not people:
        if not _blocked([indexes.lookup_token("email", row.email)], controller, scope, at):
            record_email_objection(
                actor=actor,
                email=row.email,
                controller=controller,
                taking=IMPORTED,
                now=now,
                scope=scope,
                at=at,
            )
            outcome = "recorded_email" if outcome == "already" else outcome
    elif not people and not unknown:
        nobody = Problem("objection_nobody", NOBODY, {"row": row.row})
        return RowResult(row.sheet, row.row, "refused", (*row.problems, nobody))
    return RowResult(row.sheet, row.row, outcome, row.problems)


def _moment(day: date | None, now: datetime) -> datetime:
    return min(datetime.combine(day, time.min, tzinfo=UTC), now) if day else now


def _objected(person: Person, controller: Controller, scope: Scope, at: datetime) -> bool:
    """This very objection was taken before, even if a later consent lifted it; or one that reaches as far."""
    same = {"scope": scope.kind, "channel": scope.channel, "campaign": scope.campaign}
    given = Objection.objects.filter(person=person, controller=controller)
    running = given.filter(lifted_at=None)
    return (
        given.filter(at=at, **same).exists()
        or running.filter(**same).exists()
        or running.filter(scope=Objection.Scope.ALL_MARKETING).exists()
    )


def _blocked(tokens: Iterable[bytes], controller: Controller, scope: Scope, at: datetime) -> set[bytes]:
    """Which of these are blocked as far already, or were from that day on."""
    rows = Suppression.objects.filter(
        token__in=list(tokens), controller=controller, reason=Suppression.Reason.OBJECTION
    ).values_list("token", "channel", "campaign", "effective_at", "lifted_at")
    return {
        bytes(token)
        for token, channel, campaign, since, lifted in rows
        if ((channel, campaign) == (scope.channel, scope.campaign) and (lifted is None or since == at))
        or ((channel, campaign) == ("", "") and lifted is None)
    }
