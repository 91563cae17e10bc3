"""What the pre-call check reads, in three queries: the released rows of the numbers asked for, who can be
reached by them, and whatever stops a call now. Nothing is remembered between two checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import (
    BinaryField,
    CharField,
    DateTimeField,
    Expression,
    F,
    Field,
    Q,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast

from duecause.apps.consent.models import RegisterEntry, RegisterVersion, SubmittedNumber
from duecause.apps.consent.queries import (
    GIVING,
    decided,
    objecting_by_email,
    objecting_people,
    stopped_addresses,
    suppressions,
)
from duecause.apps.dialling import feed_wall
from duecause.apps.dialling.models import Campaign, ReleaseRow
from duecause.apps.dialling.origins import unusable
from duecause.apps.notices.clock import untold
from duecause.apps.parties.models import Partner, Source
from duecause.apps.register.models import DialFact, Person, Record
from duecause.apps.register.planning import NO_BASIS
from duecause.apps.statements import Statement
from duecause.apps.vault import covers
from duecause.apps.vault.covers import Stored
from duecause.apps.vault.models import TokenKey
from duecause.engine.periods import local_day

AT_ONCE = 1_000
NOBODY = UUID(int=0)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked:
    """A campaign as far as the check needs it. `controller` and `purpose` are keys of rows."""

    pk: int
    code: str
    channel: str
    sector: str
    countries: tuple[str, ...]
    purpose: int
    controller: int
    country: str  # of the controller: its days count
    most_attempts: int | None = None  # a cap of its own
    attempt_days: int | None = None
    scripts: tuple[tuple[str, int, str], ...] = ()  # language, version, first day


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A number on a centre's list. `person`: for whom it was released; `record`: the row of the register it
    was taken from, which may be counted to another person by now."""

    reference: str
    token: bytes
    release: UUID
    released_at: datetime
    expires_at: datetime
    recalled_at: datetime | None
    person: UUID | None
    record: UUID | None
    campaign: Asked
    pk: int = 0

    def running(self, now: datetime) -> bool:
        return self.recalled_at is None and now < self.expires_at


class TokenKeysChanged(Exception):
    """A token key changed while the check read: it may have looked for a number under the old one alone."""


def with_keys_of_now(check: Callable[[datetime], Answer]) -> Answer:
    """What `check` answers, which is given when token keys changed last; asked again where one changed
    meanwhile."""
    try:
        return check(covers.newest_change())
    except TokenKeysChanged:
        covers.forget()
        return check(covers.newest_change())


@dataclass(slots=True)
class Stops:
    """What stops calls of one campaign now."""

    tokens: set[bytes]
    people: set[UUID]
    records: set[UUID]  # nobody can say where they came from, or why we may have them
    listed: dict[bytes, datetime]  # by a national register, and since when that version is loaded
    untold: set[UUID]  # records from others whose notice was not given: it may be overdue


def released(centre: Partner, campaign: str, tokens: Collection[bytes]) -> dict[bytes, list[Held]]:
    """Rows of this centre by token, the newest release last; drafts that were never handed out left out."""
    if not tokens:
        return {}
    behind = feed_wall.around(centre)
    lie = covers.candidates(["dial"], tokens)
    rows = _RELEASED.rows_within(behind, tokens=lie, centre=centre.pk, campaign=campaign or None)
    held: dict[bytes, list[Held]] = {}
    campaigns: dict[int, Asked] = {}
    for row, reference, token, release, since, until, recalled, person, record, pk, *about in rows:
        if pk not in campaigns:
            code, channel, sector, countries, *rest, scripts = about
            limits = (*rest, tuple(map(tuple, scripts)))
            campaigns[pk] = Asked(pk, code, channel, sector, tuple(countries), *limits)
        held.setdefault(bytes(token), []).append(
            Held(
                reference=reference,
                token=bytes(token),
                release=release,
                released_at=since,
                expires_at=until,
                recalled_at=recalled,
                person=person,
                record=record,
                campaign=campaigns[pk],
                pk=row,
            )
        )
    return held


def _released(
    *, tokens: list[Stored], centre: int, campaign: str = ""
) -> QuerySet[ReleaseRow, tuple[Any, ...]]:
    return _handed_out(tokens=tokens, campaign=campaign).filter(release__centre=centre)


def _handed_out(*, tokens: list[Stored], campaign: str = "") -> QuerySet[ReleaseRow, tuple[Any, ...]]:
    rows = ReleaseRow.objects.filter(token__in=tokens, release__expires_at__gt=F("release__released_at"))
    if campaign:
        rows = rows.filter(release__campaign__code=campaign)
    return rows.order_by("release__released_at").values_list(
        "pk",
        "reference",
        "token",
        "release_id",
        "release__released_at",
        "release__expires_at",
        "release__recalled_at",
        "person_id",
        "record_id",
        "release__campaign_id",
        "release__campaign__code",
        "release__campaign__channel",
        "release__campaign__sector",
        "release__campaign__countries",
        "release__campaign__purpose_id",
        "release__campaign__controller_id",
        "release__campaign__controller__country",
        "release__campaign__most_attempts",
        "release__campaign__attempt_days",
        "release__campaign__dated_scripts",
    )


def reachable(rows: Collection[Held]) -> tuple[dict[Held, set[UUID]], set[Held]]:
    """Everybody a number may reach: who it was released for, who the record is counted to now, and whoever
    else is known by it. And the rows whose record has another number by now: it was corrected."""
    sharing: dict[bytes | UUID, set[UUID]] = {}
    tokens = covers.candidates(["dial"], {row.token for row in rows})
    records = list({row.record for row in rows if row.record}) or [NOBODY]
    current = set()
    for token, record, person in _SHARING.rows(tokens=tokens, records=records):
        sharing.setdefault(record if token is None else bytes(token), set()).add(person)
        if token is not None:
            current.add((bytes(token), record))
    people = {
        row: sharing.get(row.token, set())
        | (sharing.get(row.record, set()) if row.record else set())
        | ({row.person} if row.person else set())
        for row in rows
    }
    return people, {row for row in rows if row.record and (row.token, row.record) not in current}


def _sharing(*, tokens: list[Stored], records: list[UUID]) -> list[QuerySet[Any, tuple[Any, ...]]]:
    by_number = DialFact.objects.filter(token__in=tokens)
    by_record = Record.objects.filter(pk__in=records).order_by()
    return [
        by_number.values_list("token", "record_id", "person_id"),
        by_record.annotate(no_token=_none(BinaryField())).values_list("no_token", "pk", "person_id"),
    ]


def stops(
    campaign: Asked, rows: Sequence[Held], people: Collection[UUID], now: datetime, keys_of: datetime
) -> Stops:
    """`rows` are those of this campaign, `people` everybody they may reach; `keys_of`: when token keys
    changed last, as known before anything was looked for. Raises TokenKeysChanged where they changed
    since."""
    found = Stops(set(), set(), set(), {}, set())
    doubtful: set[UUID] = set()
    said: list[tuple[datetime, UUID, UUID, str]] = []
    mixed, newest_key = covers.mixed("lookup"), covers.NEVER
    for some in _parts(list(people) or [NOBODY]):
        answers = (_STOPS_MEANWHILE if mixed else _STOPS).rows(
            tokens=covers.candidates(["dial"], {row.token for row in rows}),
            people=some,
            records=list({row.record for row in rows if row.record}) or [NOBODY],
            controller=campaign.controller,
            purpose=campaign.purpose,
            channel=campaign.channel,
            campaign=campaign.code,
            since=min(row.released_at for row in rows),
            now=now,
        )
        for word, token, person, at, event in answers:
            if word == "suppressed":
                found.tokens.add(bytes(token))
            elif word == "listed":
                known = bytes(token)
                found.listed[known] = max(at, found.listed.get(known, at))
            elif word == "record":
                doubtful.add(person)
            elif word == "person":
                found.people.add(person)
            elif word == "untold":
                found.untold.add(person)
            elif word == "token_key":
                newest_key = max(newest_key, at)
            else:
                said.append((at, event, person, word))
        if mixed:
            found.people |= objecting_by_email(
                controller=campaign.controller,
                channel=campaign.channel,
                campaign=campaign.code,
                now=now,
                among=some,
            )
    if newest_key != keys_of:
        raise TokenKeysChanged
    newest = {person: word for _, _, person, word in sorted(said)}
    found.people |= {person for person, word in newest.items() if word not in GIVING}
    if doubtful:  # hardly ever
        asked = Campaign.objects.select_related("controller", "purpose").get(pk=campaign.pk)
        found.records |= set(unusable(asked, doubtful, local_day(now, campaign.country)))
    return found


def _parts(people: list[UUID]) -> Iterable[list[UUID]]:
    return (people[start : start + AT_ONCE] for start in range(0, len(people), AT_ONCE))


def _stops(
    *,
    tokens: list[Stored],
    people: list[UUID],
    records: list[UUID],
    controller: int,
    purpose: int,
    channel: str,
    campaign: str,
    since: datetime,
    now: datetime,
) -> list[QuerySet[Any, Any]]:
    """`_stops_meanwhile`, and people who are known by an address under which somebody objected."""
    asked: dict[str, Any] = {"controller": controller, "channel": channel, "campaign": campaign, "now": now}
    others: dict[str, Any] = {"tokens": tokens, "records": records, "purpose": purpose, "since": since}
    return [
        *_stops_meanwhile(**asked, people=people, **others),
        _columns(stopped_addresses(**asked, among=people), "person", whom=F("record__person_id")),
    ]


def _stops_meanwhile(
    *,
    tokens: list[Stored],
    people: list[UUID],
    records: list[UUID],
    controller: int,
    purpose: int,
    channel: str,
    campaign: str,
    since: datetime,
    now: datetime,
) -> list[QuerySet[Any, Any]]:
    """Suppressed numbers; people who objected, who are restricted or erased; records of unknown origin or
    basis, and those of others about which nobody was told; consents said since the oldest release; numbers
    registered since; when token keys changed."""
    asked: dict[str, Any] = {"controller": controller, "channel": channel, "campaign": campaign, "now": now}
    gone = Q(restricted_at__isnull=False) | Q(erased_at__isnull=False)
    doubtful = Q(source__kind=Source.Kind.UNKNOWN) | Q(basis=NO_BASIS)
    return [
        _columns(suppressions(**asked).filter(token__in=tokens), "suppressed", token=F("token")),
        _columns(objecting_people(**asked).filter(person__in=people), "person", whom=F("person_id")),
        _columns(Person.objects.filter(gone, pk__in=people), "person", whom=F("pk")),
        _columns(Record.objects.filter(doubtful, pk__in=records), "record", whom=F("pk")),
        _columns(untold().filter(pk__in=records), "untold", whom=F("pk")),
        _columns(
            # By when we wrote it: a letter may be older than the release that it stops.
            decided().filter(
                person__in=people,
                controller=controller,
                purpose=purpose,
                channel=channel,
                recorded_at__gte=since,
            ),
            F("state"),
            whom=F("person_id"),
            moment=F("at"),
            order=F("id"),
        ),
        _columns(
            RegisterEntry.objects.filter(
                token__in=tokens,
                version__state=RegisterVersion.State.ACTIVE,
                version__loaded_at__gt=since,
            ),
            "listed",
            token=F("token"),
            moment=F("version__loaded_at"),
        ),
        _columns(
            SubmittedNumber.objects.filter(token__in=tokens, listed=True, submission__answered_at__gt=since),
            "listed",
            token=F("token"),
            moment=F("submission__answered_at"),
        ),
        _columns(TokenKey.objects.all(), "token_key", moment=F("changed_at")),
    ]


def _columns(
    rows: QuerySet[Any, Any],
    word: str | F,
    *,
    token: F | None = None,
    whom: F | None = None,
    moment: F | None = None,
    order: F | None = None,
) -> QuerySet[Any, Any]:
    """Each kind of answer in the same columns."""
    answers: QuerySet[Any, Any] = (
        rows.order_by()
        .annotate(
            a_word=Cast(Value(word) if isinstance(word, str) else word, CharField(max_length=20)),
            a_token=token or _none(BinaryField()),
            a_whom=whom or _none(UUIDField()),
            a_moment=moment or _none(DateTimeField()),
            an_order=order or _none(UUIDField()),
        )
        .values_list("a_word", "a_token", "a_whom", "a_moment", "an_order")
    )
    return answers


def _none(field: Field[Any, Any]) -> Expression:
    return Cast(Value(None), field)


_RELEASED, _SHARING, _STOPS = Statement(_released), Statement(_sharing), Statement(_stops)
_STOPS_MEANWHILE = Statement(_stops_meanwhile)  # while the look-up key changes
