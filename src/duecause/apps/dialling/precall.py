"""May this centre call this number now? Tokens and index look-ups only; any doubt is a no.

A partner learns one of three reasons and nothing about a person: a number that is unknown, foreign or another
centre's is `not_on_your_list`. Staff see everything through `checking.check`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.db.models import F, Q, QuerySet

from duecause.apps.consent.models import ConsentEvent, RegisterEntry, RegisterVersion
from duecause.apps.consent.queries import GIVING, objecting_by_email, objecting_people, suppressions
from duecause.apps.dialling import rules
from duecause.apps.dialling.models import Campaign, ReleaseRow
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import blocking_reasons_of
from duecause.apps.register.models import DialFact, Person
from duecause.apps.vault import indexes
from duecause.engine.periods import local_day
from duecause.engine.phone import PhoneNumber, parse_e164

Reason = Literal["", "denied", "expired", "not_on_your_list"]
MOST_NUMBERS = 1_000


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is empty for allow. `reference` is that of the released row, for the event; never answered."""

    allowed: bool
    reason: Reason
    reference: str = ""


NOT_ON_LIST = Decision(False, "not_on_your_list")
DENIED = Decision(False, "denied")


def decide(*, centre: Partner, campaign: str, numbers: Sequence[str], now: datetime) -> list[Decision]:
    """One decision per number, in order. `campaign` is a code; empty: any campaign of this centre, and each
    one in which the number was released must allow it.

    A text that is no international number is denied. Raises whatever the database raises: the caller denies.
    """
    parsed = [parse_e164(number) for number in numbers]
    known = sorted({number.e164: number for number in parsed if number is not None}.values(), key=_e164)
    tokens = {number.e164: indexes.dial_token(number.e164) for number in known}
    held = _released(centre, campaign, set(tokens.values()))
    running = {row for rows in held.values() for row in rows if row.release.running(now)}
    stopped = _stopped(centre, running, {tokens[n.e164]: n for n in known}, now) if running else set()
    return [_decision(number, tokens, held, stopped, now) for number in parsed]


def _decision(
    number: PhoneNumber | None,
    tokens: dict[int, bytes],
    held: dict[bytes, list[ReleaseRow]],
    stopped: set[ReleaseRow],
    now: datetime,
) -> Decision:
    if number is None:
        return DENIED
    rows = held.get(tokens[number.e164], [])
    if not rows:
        return NOT_ON_LIST
    running = [row for row in rows if row.release.running(now)]
    reference = (running or rows)[-1].reference
    if not running:
        return Decision(False, "expired", reference)
    if any(row in stopped for row in running):
        return Decision(False, "denied", reference)
    return Decision(True, "", reference)


def _e164(number: PhoneNumber) -> int:
    return number.e164


def _released(centre: Partner, campaign: str, tokens: Collection[bytes]) -> dict[bytes, list[ReleaseRow]]:
    rows = ReleaseRow.objects.filter(
        token__in=tokens, release__centre=centre, release__expires_at__gt=F("release__released_at")
    )
    if campaign:
        rows = rows.filter(release__campaign__code=campaign)
    related = ("release__campaign__controller", "release__campaign__purpose", "record")
    held: dict[bytes, list[ReleaseRow]] = {}
    for row in rows.select_related(*related).defer(*LARGE).order_by("release__released_at"):
        held.setdefault(bytes(row.token), []).append(row)
    return held


LARGE = ("release__certificate", "record__identity", "record__contract")


def _stopped(
    centre: Partner, rows: Collection[ReleaseRow], numbers: dict[bytes, PhoneNumber], now: datetime
) -> set[ReleaseRow]:
    """Rows of running releases that must not be called now."""
    today = {row.release.campaign_id: _today(row.release.campaign, now) for row in rows}
    if any(blocking_reasons_of(centre, day, now=now) for day in set(today.values())):
        return set(rows)
    people = _people(rows)
    gone = set(_unusable(people).values_list("pk", flat=True))
    stopped = {row for row in rows if people[row] & gone}
    for campaign in {row.release.campaign for row in rows}:
        own = [row for row in rows if row.release.campaign_id == campaign.pk]
        stopped |= _stopped_for(campaign, own, people, numbers, now)
    return stopped


def _stopped_for(
    campaign: Campaign,
    rows: Sequence[ReleaseRow],
    people: dict[ReleaseRow, set[UUID]],
    numbers: dict[bytes, PhoneNumber],
    now: datetime,
) -> set[ReleaseRow]:
    asked = (campaign.controller, campaign.channel, campaign.code)
    tokens = {bytes(row.token) for row in rows}
    everybody = {person for row in rows for person in people[row]}
    said_no = {
        bytes(token)
        for token in suppressions(controller=asked[0], channel=asked[1], campaign=asked[2], now=now)
        .filter(token__in=tokens)
        .values_list("token", flat=True)
    }
    objecting = set(
        objecting_people(controller=asked[0], channel=asked[1], campaign=asked[2], now=now)
        .filter(person__in=everybody)
        .values_list("person_id", flat=True)
    )
    objecting |= objecting_by_email(
        controller=asked[0], channel=asked[1], campaign=asked[2], now=now, among=everybody
    )
    objecting |= _took_back(campaign, rows, everybody)
    newly_listed = _newly_listed(rows)
    banned = {country for country in campaign.countries if _ban(campaign, country, now)}
    return {
        row
        for row in rows
        if bytes(row.token) in said_no
        or people[row] & objecting
        or (bytes(row.token), row.release_id) in newly_listed
        or numbers[bytes(row.token)].region in banned
    }


def _people(rows: Collection[ReleaseRow]) -> dict[ReleaseRow, set[UUID]]:
    """Everybody a number may reach: who it was released for, who the record is counted to now, and whoever
    else is known by it."""
    sharing: dict[bytes, set[UUID]] = {}
    facts = DialFact.objects.filter(token__in={bytes(row.token) for row in rows})
    for token, person in facts.values_list("token", "person_id"):
        sharing.setdefault(bytes(token), set()).add(person)
    found = {}
    for row in rows:
        own = {row.person_id, row.record.person_id if row.record else None}
        found[row] = sharing.get(bytes(row.token), set()) | {person for person in own if person}
    return found


def _unusable(people: dict[ReleaseRow, set[UUID]]) -> QuerySet[Person]:
    everybody = {person for some in people.values() for person in some}
    return Person.objects.filter(
        Q(restricted_at__isnull=False) | Q(erased_at__isnull=False), pk__in=everybody
    )


def _took_back(campaign: Campaign, rows: Sequence[ReleaseRow], people: Collection[UUID]) -> set[UUID]:
    """Who refused or withdrew consent since the oldest of these releases was screened, as the newest word."""
    since = min(row.release.released_at for row in rows)
    events = ConsentEvent.objects.filter(
        person__in=people,
        controller=campaign.controller,
        purpose=campaign.purpose,
        channel=campaign.channel,
        at__gte=since,
    )
    newest = dict(events.order_by("at", "id").values_list("person_id", "state"))
    return {person for person, state in newest.items() if state not in GIVING}


def _newly_listed(rows: Sequence[ReleaseRow]) -> set[tuple[bytes, UUID]]:
    """Numbers in a national register version that was loaded after their release."""
    since = min(row.release.released_at for row in rows)
    fresh = dict(
        RegisterVersion.objects.filter(state=RegisterVersion.State.ACTIVE, loaded_at__gt=since).values_list(
            "pk", "loaded_at"
        )
    )
    if not fresh:
        return set()
    entries = RegisterEntry.objects.filter(version__in=fresh, token__in={bytes(row.token) for row in rows})
    loaded = {bytes(token): fresh[version] for token, version in entries.values_list("token", "version_id")}
    return {
        (token, row.release_id)
        for row in rows
        if (at := loaded.get(token := bytes(row.token))) is not None and at > row.release.released_at
    }


def _ban(campaign: Campaign, country: str, now: datetime) -> bool:
    """A ban without exception. One that has an exception was judged at the screening."""
    day = _today(campaign, now)
    found = rules.rule_sets([country], day)[country].ban(campaign.sector)
    return found is not None and not found.text("unless")


def _today(campaign: Campaign, now: datetime) -> date:
    return local_day(now, campaign.controller.country)
