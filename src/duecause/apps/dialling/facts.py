"""Facts of a dial list as Arrow columns, read in bulk. Nothing sealed is opened; tokens stay tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import pyarrow as pa
from django.db.models import F, Model, Q, QuerySet

from duecause.apps.consent.models import RegisterEntry, RegisterVersion
from duecause.apps.consent.queries import (
    GIVING,
    ConsentQuestion,
    active_versions,
    consenting_people,
    decided,
    newest_words,
    objecting_by_email,
    objecting_people,
    suppressions,
)
from duecause.apps.consent.token_files import ever_suppressed, in_version
from duecause.apps.dialling.models import Campaign, ReleaseRow
from duecause.apps.parties.models import Partner
from duecause.apps.register.models import DialFact, Person, RelationFact
from duecause.apps.vault import indexes
from duecause.engine.periods import local_day
from duecause.engine.phone import PhoneNumber, parse_e164
from duecause.engine.screening import SCHEMAS, RegisterState

AT_ONCE = 5_000  # parameters of one statement; SQLite takes 32,766
CHUNK = 10_000
Item = TypeVar("Item")
AnyModel = TypeVar("AnyModel", bound=Model)


def chunks(items: Iterable[Item], size: int = AT_ONCE) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def among(
    rows: QuerySet[AnyModel], field: str, wanted: Iterable[Any], *columns: str
) -> Iterator[tuple[Any, ...]]:
    """Columns of the rows whose indexed `field` is one of many values."""
    for chunk in chunks(wanted):
        yield from rows.filter(**{f"{field}__in": chunk}).values_list(*columns).iterator(chunk_size=CHUNK)


def table(name: str, lines: Collection[tuple[Any, ...]]) -> pa.Table:
    """Lines in the order of the declared columns."""
    schema = SCHEMAS[name]
    columns: Iterable[Any] = zip(*lines, strict=True) if lines else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def suppressed(campaign: Campaign, tokens: Collection[bytes], now: datetime) -> set[tuple[bytes, str]]:
    """Numbers that must not be called for this campaign, with the reason. An objection of a person stops each
    number of that person, also for others who share it: the phone that rings is the same. So do a restriction
    (GDPR Art. 18) and the numbers the company plants itself."""
    stopping = suppressions(
        controller=campaign.controller, channel=campaign.channel, campaign=campaign.code, now=now
    )
    named = ever_suppressed(tokens)
    asked = tokens if named is None else named
    found = {
        (bytes(token), str(reason)) for token, reason in among(stopping, "token", asked, "token", "reason")
    }
    numbers: dict[UUID, set[bytes]] = {}
    for token, person in among(DialFact.objects.all(), "token", tokens, "token", "person_id"):
        numbers.setdefault(person, set()).add(token)
    for people in chunks(numbers):
        for reason, person in _stopped(campaign, people, now):
            found |= {(token, reason) for token in numbers[person]}
    return found | {(token, "own_number") for token in canary_tokens(campaign)}


def _stopped(campaign: Campaign, people: Collection[UUID], now: datetime) -> Iterator[tuple[str, UUID]]:
    """Which of some people may not be called, and why."""
    reached: dict[str, Any] = {
        "controller": campaign.controller,
        "channel": campaign.channel,
        "campaign": campaign.code,
        "now": now,
    }
    objecting = objecting_people(**reached).filter(person__in=people)
    yield from (("objection", person) for person in objecting.values_list("person_id", flat=True) if person)
    yield from (("objection", person) for person in objecting_by_email(**reached, among=people))
    words = newest_words(_question(campaign, local_day(now, campaign.controller.country)), among=people)
    yield from (("said_no", person) for person in people if words.get(person) is False)
    restricted = Person.objects.filter(Q(restricted_at__isnull=False) | Q(erased_at__isnull=False))
    yield from (
        ("restricted", person) for person in restricted.filter(pk__in=people).values_list("pk", flat=True)
    )


def _question(campaign: Campaign, on: date) -> ConsentQuestion:
    return ConsentQuestion(campaign.controller, campaign.purpose, campaign.channel, on)


def canary_tokens(campaign: Campaign) -> dict[bytes, PhoneNumber]:
    """Dial tokens of the numbers that the controller owns and plants in lists."""
    numbers = filter(None, map(parse_e164, campaign.controller.canary_numbers))
    return {indexes.dial_token(number.e164): number for number in numbers}


def in_registers(versions: Iterable[RegisterVersion], tokens: Collection[bytes]) -> set[tuple[bytes, str]]:
    """Which of the numbers a national register lists."""
    codes: dict[int, str] = {}
    found: set[tuple[bytes, str]] = set()
    for version in versions:
        listed = in_version(version, tokens)
        if listed is None:
            codes[version.pk] = version.register.code
        else:
            found |= {(token, version.register.code) for token in listed}
    entries = RegisterEntry.objects.filter(version__in=codes)
    asked = among(entries, "token", tokens, "token", "version_id") if codes else ()
    return found | {(bytes(token), codes[version]) for token, version in asked}


def register_states(codes: Iterable[str]) -> tuple[dict[str, RegisterState], list[RegisterVersion]]:
    """What is loaded of the registers that the rules name."""
    versions = active_versions(codes)
    states = {
        code: RegisterState(version.version_date, version.loaded_at or midnight(version), version.rows)
        for code, version in versions.items()
    }
    return states, list(versions.values())


def midnight(version: RegisterVersion) -> datetime:
    return datetime.combine(version.version_date, datetime.min.time(), tzinfo=UTC)


def consents(campaign: Campaign, people: Iterable[UUID], on: date) -> list[tuple[bytes, None]]:
    question = _question(campaign, on)
    return [
        (person.bytes, None)
        for part in chunks(people)
        for person in consenting_people(question, among=part)
        if isinstance(person, UUID)
    ]


def relations(people: Collection[UUID]) -> list[tuple[bytes, str, date | None, date | None]]:
    rows = among(RelationFact.objects.all(), "person", people, "person_id", "family", "since", "until")
    return [(person.bytes, family, since, until) for person, family, since, until in rows]


def elsewhere(
    campaign: Campaign, centre: Partner, tokens: Collection[bytes], people: Collection[UUID]
) -> set[tuple[bytes, bytes]]:
    """Which of these numbers and persons were given to another centre in this campaign, each with its other
    half. Only a recall frees them: a list that has run out is still in that centre's hands."""
    rows = ReleaseRow.objects.filter(
        release__campaign=campaign,
        release__recalled_at=None,
        release__expires_at__gt=F("release__released_at"),
        person__isnull=False,
    ).exclude(release__centre=centre)
    columns = ("token", "person_id")
    found = {*among(rows, "token", tokens, *columns), *among(rows, "person", people, *columns)}
    return {(bytes(token), person.bytes) for token, person in found}


def no_longer_consenting(campaign: Campaign, people: Collection[UUID], since: datetime) -> set[UUID]:
    """Who withdrew or refused consent for this purpose and channel since then, and did not give it again."""
    events = (
        decided()
        .filter(
            controller=campaign.controller,
            purpose=campaign.purpose,
            channel=campaign.channel,
            recorded_at__gt=since,
        )
        .order_by("at", "id")
    )
    newest = dict(among(events, "person", people, "person_id", "state"))
    return {person for person, state in newest.items() if state not in GIVING}
