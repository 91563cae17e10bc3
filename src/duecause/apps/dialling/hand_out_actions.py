"""Record what a centre was given before Duecause as a release that has expired: nothing on it may be called,
and every objection, erasure and recall that touches it reaches the centre."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.consent.queries import objecting_people, suppressions
from duecause.apps.dialling import feed_actions, marks
from duecause.apps.dialling.facts import among, chunks
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.hand_outs import HandedRow, read_hand_out
from duecause.apps.dialling.models import Campaign, FeedEntry, Release, ReleaseRow
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.apps.register.models import DialFact, GuardToken
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.periods import end_of_day, local_day
from duecause.engine.problems import Problem, Refused, gettext_noop

TOKEN_BYTES = 16
ROWS_AT_ONCE = 2_000
KNOWN, UNKNOWN, ERASED, REFUSED = "known", "unknown", "erased", "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row became: known to the register or not, erased since (the centre must do so too), refused."""

    sheet: str
    row: int
    outcome: str
    reference: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class HandedOut:
    """`repeated`: this very file was recorded for this centre and campaign before; nothing was changed."""

    release: Release
    rows: tuple[Outcome, ...]
    repeated: bool
    objections: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(row.outcome for row in self.rows))


@dataclass(frozen=True, slots=True)
class _Number:
    """One number of a row; `token` stays empty for one whose owner was erased."""

    row: HandedRow
    reference: str
    token: bytes
    outcome: str


def record_hand_out(
    *,
    actor: Actor,
    campaign: Campaign,
    centre: Partner,
    file: ListFile,
    country: str,
    on: date,
    now: datetime,
) -> HandedOut:
    """Record that the rows of `file` were given to `centre` for `campaign` on a day of the past.

    The numbers are kept as tokens, known to the register or not. Rows without a reference get one, which the
    centre must be given. The centre is told of running objections at once, and to erase whoever was erased
    since. The same file again changes nothing. Raises NotPermitted, Refused for a day to come, another kind
    of partner or a file without a row that can be taken.
    """
    actor.require("dialling.release")
    _check(campaign, centre, on, now)
    digest = hashlib.sha256(file.data).hexdigest()
    read = list(read_hand_out(file, country))
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        before = Release.objects.filter(
            campaign=campaign, centre=centre, dial_list=None, file_sha256=digest
        ).first()
        if before is not None:
            return HandedOut(before, (), repeated=True)
        release_id = uuid7()
        refused = _repeated_names(read, centre)
        taken = [row for row in read if row.problem is None and (row.sheet, row.row) not in refused]
        if not taken:
            raise Refused(
                "hand_out_empty",
                "%(file)s holds no row that can be taken. Check its numbers.",
                file=file.name,
            )
        numbers = _numbers(release_id, taken)
        fields = sorted({name for row in taken for name in row.fields})
        made = _write(actor, release_id, campaign, centre, numbers, fields, digest, on, now)
        erased = sorted({number.reference for number in numbers if number.outcome == ERASED})
        objections = _tell_of_objections(actor, made, now)
        _tell_of_erasures(actor, made, erased, now)
        outcomes = _outcomes(read, refused, numbers)
        told = {
            "release": str(made.pk),
            "campaign": campaign.code,
            "centre": centre.code,
            "on": on.isoformat(),
            "file_sha256": digest,
            "rows": dict(Counter(row.outcome for row in outcomes)),
            "objections": objections,
        }
        event = record(actor=actor, kind="dialling.hand_out_recorded", now=now, payload=told)
        Release.objects.filter(pk=made.pk).update(event=event.uid)
    return HandedOut(made, outcomes, repeated=False, objections=objections)


def _check(campaign: Campaign, centre: Partner, on: date, now: datetime) -> None:
    if centre.kind != Partner.Kind.CALL_CENTRE:
        raise Refused(
            "not_a_call_centre", "%(party)s is no call centre. Choose one that is.", party=centre.name
        )
    if on > local_day(now, campaign.controller.country):
        raise Refused(
            "hand_out_in_future",
            "%(on)s lies in the future. Give the day on which the list was handed out.",
            on=on,
        )


def _repeated_names(read: Sequence[HandedRow], centre: Partner) -> dict[tuple[str, int], Problem]:
    """Rows whose reference already names another row: in this file, or other numbers in another list."""
    counts = Counter(row.reference for row in read if row.reference)
    held: dict[str, set[bytes]] = {}
    for part in chunks(counts):
        rows = ReleaseRow.objects.filter(reference__in=part, release__centre=centre)
        for reference, token in rows.values_list("reference", "token"):
            held.setdefault(reference, set()).add(bytes(token))
    found = {}
    for row in read:
        own = {indexes.dial_token(number) for number in row.numbers} if row.reference in held else set()
        if counts[row.reference] > 1 or (row.reference in held and not own & held[row.reference]):
            template = gettext_noop(
                "Row %(row)s: its reference names another row of this centre too. Give each row its own."
            )
            found[row.sheet, row.row] = Problem("hand_out_reference_taken", template, {"row": row.row})
    return found


def _numbers(release: UUID, rows: Sequence[HandedRow]) -> list[_Number]:
    tokens = {number: indexes.dial_token(number) for row in rows for number in row.numbers}
    facts = among(DialFact.objects.all(), "token", set(tokens.values()), "token")
    known = {bytes(token) for (token,) in facts}
    guards = {indexes.guard_token("phone", str(n)): n for n, token in tokens.items() if token not in known}
    hits = among(GuardToken.objects.filter(kind="phone"), "token", guards, "token")
    erased = {guards[bytes(token)] for (token,) in hits}
    found = []
    for row in rows:
        for number in row.numbers:
            token = tokens[number]
            reference = row.reference or marks.reference(release, token)
            outcome = KNOWN if token in known else ERASED if number in erased else UNKNOWN
            # What was erased is not taken down again: the row stays, so that the centre can be told of it.
            kept = os.urandom(TOKEN_BYTES) if outcome == ERASED else token
            found.append(_Number(row, reference, kept, outcome))
    return found


def _write(
    actor: Actor,
    release: UUID,
    campaign: Campaign,
    centre: Partner,
    numbers: Sequence[_Number],
    fields: list[str],
    digest: str,
    on: date,
    now: datetime,
) -> Release:
    country = campaign.controller.country
    once = {(number.reference, number.token): number for number in numbers}.values()
    begin = datetime.combine(on, datetime.min.time(), tzinfo=end_of_day(on, country).tzinfo)
    made = Release.objects.create(
        id=release,
        dial_list=None,
        campaign=campaign,
        centre=centre,
        released_at=begin,
        expires_at=min(end_of_day(on, country), now),
        rows=len(once),
        fields=fields,
        watermark=marks.watermark(release),
        file_sha256=digest,
        event=release,
        actor=actor.ref,
    )
    owners = _owners({number.token for number in once})
    for part in chunks(once, ROWS_AT_ONCE):
        ReleaseRow.objects.bulk_create(
            ReleaseRow(
                release=made,
                reference=number.reference,
                token=number.token,
                person_id=owners.get(number.token, (None, None))[0],
                record_id=owners.get(number.token, (None, None))[1],
            )
            for number in part
        )
    return made


def _owners(tokens: set[bytes]) -> dict[bytes, tuple[UUID, UUID]]:
    """Token → person and record, of numbers that one person alone has."""
    people: dict[bytes, dict[UUID, UUID]] = {}
    for token, person, record_id in among(
        DialFact.objects.all(), "token", tokens, "token", "person_id", "record_id"
    ):
        people.setdefault(bytes(token), {})[person] = record_id
    return {token: next(iter(own.items())) for token, own in people.items() if len(own) == 1}


def _tell_of_objections(actor: Actor, made: Release, now: datetime) -> int:
    """Running objections that reach these rows are told now: nobody could before. Gives how many."""
    campaign = made.campaign
    asked: dict[str, Any] = {"channel": campaign.channel, "campaign": campaign.code, "now": now}
    rows = list(made.release_rows.values_list("token", "person_id", "reference"))
    by_token: dict[bytes, set[str]] = {}
    by_person: dict[UUID, set[str]] = {}
    for token, person, reference in rows:
        by_token.setdefault(bytes(token), set()).add(reference)
        if person is not None:
            by_person.setdefault(person, set()).add(reference)
    reached: dict[UUID, set[str]] = {}
    stopping = suppressions(controller=campaign.controller, **asked).filter(
        reason=Suppression.Reason.OBJECTION, objection__isnull=False
    )
    for token, objection in among(stopping, "token", by_token, "token", "objection_id"):
        reached.setdefault(objection, set()).update(by_token[bytes(token)])
    objecting = objecting_people(controller=campaign.controller, **asked)
    for person, objection in among(objecting, "person", by_person, "person_id", "pk"):
        reached.setdefault(objection, set()).update(by_person[person])
    for objection in Objection.objects.filter(pk__in=list(reached)).order_by("at", "pk"):
        entry = FeedEntry(
            partner=made.centre,
            kind=FeedEntry.Kind.OBJECTION,
            references=sorted(reached[objection.pk]),
            objection=objection,
            scope={
                "kind": objection.scope,
                "channel": objection.channel,
                "campaign": objection.campaign,
            },
            at=objection.at,
        )
        facts = {"objection": str(objection.pk), "release": str(made.pk)}
        feed_actions.write(actor=actor, entries=[entry], facts=facts, now=now)
    return len(reached)


def _tell_of_erasures(actor: Actor, made: Release, references: Sequence[str], now: datetime) -> None:
    if references:
        entry = FeedEntry(
            partner=made.centre,
            kind=FeedEntry.Kind.ERASURE,
            references=list(references),
            scope={"kind": "erasure", "channel": "", "campaign": ""},
            at=now,
        )
        feed_actions.write(actor=actor, entries=[entry], facts={"release": str(made.pk)}, now=now)


def _outcomes(
    read: Sequence[HandedRow], refused: dict[tuple[str, int], Problem], numbers: Sequence[_Number]
) -> tuple[Outcome, ...]:
    became: dict[tuple[str, int], _Number] = {}
    for number in numbers:
        became.setdefault((number.row.sheet, number.row.row), number)
    found = []
    for row in read:
        place = (row.sheet, row.row)
        problem = row.problem or refused.get(place)
        if problem is not None:
            found.append(Outcome(row.sheet, row.row, REFUSED, row.reference, problem))
        else:
            found.append(Outcome(row.sheet, row.row, became[place].outcome, became[place].reference))
    return tuple(found)
