"""The partner feed: write what centres must hear, hand it out, take their word that they acted on it.

Entries are written in the transaction of the objection or recall that they tell of. Cursors are numbered per
partner under a lock that is held until commit: reading "everything after cursor n" can lose nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.telling import Lifted, Taken, after_lifting, after_objection
from duecause.apps.dialling import feed_queries, feed_wall
from duecause.apps.dialling.correction_values import right_values
from duecause.apps.dialling.feed_queries import MOST_ENTRIES, Page
from duecause.apps.dialling.models import FeedEntry, FeedReceipt, FeedStream, FeedWitness, Release
from duecause.apps.gate.actions import raise_alarm
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.actions import record
from duecause.apps.ledger.models import Checkpoint
from duecause.apps.obligations.actions import ensure_periodic, finish_waiting, open_obligation
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.models import Partner
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.packs.feed import windows

TELL = "dialling.tell_partners"
PING = "dialling.ping"
FEED = "feed"
OVERDUE = "feed_overdue"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Everything up to `cursor` is acknowledged since `at`. `cosigned`: its checkpoint is kept as witness."""

    cursor: int
    at: datetime | None
    entries: int
    sha256: str
    cosigned: bool


def partner_actor(partner: Partner) -> Actor:
    return Actor(kind="partner", id=partner.code, functions=frozenset({FEED, "consent.object"}))


@after_objection
def tell_of_objection(taken: Taken) -> None:
    """Every centre with a row that this objection reaches gets an entry and a step of one obligation."""
    told = feed_queries.rows_to_tell(taken)
    if not told:
        return
    objection = taken.objection
    entries = [
        FeedEntry(
            partner_id=partner,
            kind=FeedEntry.Kind.OBJECTION,
            references=references,
            objection=objection,
            scope={
                "kind": objection.scope,
                "channel": objection.channel,
                "campaign": objection.campaign,
            },
            at=objection.at,
        )
        for partner, references in told.items()
    ]
    write(actor=taken.actor, entries=entries, facts={"objection": str(objection.pk)}, now=taken.now)


@after_lifting
def tell_of_lifting(lifted: Lifted) -> None:
    """Every centre that was told of an objection hears that it no longer holds, for those of its rows that
    nothing else stops. Once, until the objection holds again."""
    for objection in lifted.objections:
        entries = [
            FeedEntry(
                partner_id=partner,
                kind=FeedEntry.Kind.LIFTED,
                references=references,
                objection=objection,
                scope={
                    "kind": objection.scope,
                    "channel": objection.channel or lifted.channel,
                    "campaign": objection.campaign,
                },
                at=lifted.now,
            )
            for partner, references in feed_queries.rows_to_free(objection, lifted).items()
        ]
        if entries:
            write(actor=lifted.actor, entries=entries, facts={"lifted": str(objection.pk)}, now=lifted.now)


def tell_of_recall(*, actor: Actor, release: Release, now: datetime) -> None:
    """The centre must hear that its list is taken back. Belongs into the transaction of the recall."""
    entry = FeedEntry(
        partner_id=release.centre_id,
        kind=FeedEntry.Kind.RECALL,
        release=release,
        references=feed_queries.own_names(release),
        scope={"kind": "list", "channel": "", "campaign": release.campaign.code},
        at=now,
    )
    write(actor=actor, entries=[entry], facts={"release": str(release.pk)}, now=now)


def tell_of_erasure(*, actor: Actor, case: UUID, rows: Collection[int], now: datetime) -> list[str]:
    """Order the centres that hold these released rows to erase them (GDPR Art. 19). Belongs into the caller's
    transaction, before the rows are emptied; for the same `case` again it changes nothing. Gives the codes of
    the centres that have the order."""
    facts = {"erasure": str(case)}
    ordered = Obligation.objects.filter(kind=TELL, facts__erasure=facts["erasure"]).first()
    if ordered:
        return list(ordered.steps.order_by("system").values_list("system", flat=True))
    entries = [
        FeedEntry(
            partner_id=partner,
            kind=FeedEntry.Kind.ERASURE,
            references=references,
            scope={"kind": "erasure", "channel": "", "campaign": ""},
            at=now,
        )
        for partner, references in feed_queries.centres_of(rows).items()
    ]
    if not entries:
        return []
    write(actor=actor, entries=entries, facts=facts, now=now)
    return sorted(
        Partner.objects.filter(pk__in=[e.partner_id for e in entries]).values_list("code", flat=True)
    )


def write(
    *,
    actor: Actor,
    entries: Sequence[FeedEntry],
    facts: Mapping[str, Any],
    now: datetime,
    person: UUID | None = None,
    due: timedelta | None = None,
) -> None:
    """Put entries (not saved yet) into the feeds of their partners, under one obligation with a step for each
    partner. `due`: how long partners may take, where that is not as for an objection. Belongs into the
    transaction of what they tell of."""
    centres = Partner.objects.in_bulk([entry.partner_id for entry in entries])
    people = {entry.objection.person_id if entry.objection else person for entry in entries}
    obligation = open_obligation(
        actor=actor,
        kind=TELL,
        now=now,
        systems=sorted(centre.code for centre in centres.values()),
        person=people.pop() if len(people) == 1 else None,
        facts=facts,
        due_at=now + (due or windows(now.date()).stop_after),
        waiting=True,
    )
    steps = dict(obligation.steps.values_list("system", "pk"))
    # In one order, so that two writers never wait for each other.
    for entry in sorted(entries, key=lambda entry: entry.partner_id):
        stream = locked_stream(centres[entry.partner_id])
        stream.written += 1
        stream.save(update_fields=["written"])
        entry.cursor = stream.written
        entry.written_at = now
        entry.step = steps[centres[entry.partner_id].code]
        entry.save(force_insert=True)
        _call_webhook(centres[entry.partner_id], entry.cursor, now)


def _call_webhook(partner: Partner, cursor: int, now: datetime) -> None:
    """One ping that has not begun is enough: it tells how far the feed is when it is sent."""
    if not partner.webhook_url:
        return
    waiting = Step.objects.filter(obligation__kind=PING, system=partner.code, state=Step.State.DUE)
    if not waiting.exists():
        ensure_periodic(kind=PING, slot=f"{partner.pk}:{cursor}", system=partner.code, now=now)


def locked_stream(partner: Partner) -> FeedStream:
    """The stream of this partner, which nobody else moves until commit."""
    own = feed_wall.own(FeedStream.objects.select_for_update(), partner, "partner")
    found = own.first()
    if found is None:
        FeedStream.objects.get_or_create(partner=partner)
        found = own.get()
    return found


def hand_out(*, actor: Actor, partner: Partner, after: int, now: datetime, limit: int = MOST_ENTRIES) -> Page:
    """The entries after a cursor, and the newest checkpoint of the ledger. Asking again gives them again.

    Raises NotPermitted, Refused for a cursor that was never given.
    """
    actor.require(FEED)
    with transaction.atomic(), feed_wall.walled(partner):
        stream = locked_stream(partner)
        refuse_never_given(stream.given, after)
        found = feed_queries.read_entries(partner, after=after, limit=min(limit, MOST_ENTRIES))
        cursor = found[-1].cursor if found else after
        if cursor > stream.given:
            fresh = feed_queries.entries_of(partner, after=stream.given, up_to=cursor)
            fresh.order_by().filter(given_at=None).update(given_at=now)
            stream.given = cursor
            stream.save(update_fields=["given"])
    entries = [feed_queries.shown(entry) for entry in found]
    return Page(
        entries=entries,
        cursor=cursor,
        more=stream.written > cursor,
        checkpoint=feed_queries.newest_checkpoint(),
        sha256=feed_queries.hash_of(entries),
        values=right_values(partner, found, now),
    )


def acknowledge(
    *, actor: Actor, partner: Partner, cursor: int, now: datetime, cosigned_checkpoint: str = ""
) -> Acknowledged:
    """The partner has acted on everything up to `cursor`: its steps close. Again gives the same answer.

    `cosigned_checkpoint` is a checkpoint of a page with the partner's cosignature. Raises NotPermitted,
    Refused for a cursor that was never given or a checkpoint that is not ours or not signed by the partner.
    """
    actor.require(FEED)
    with transaction.atomic():
        with feed_wall.walled(partner):
            stream = locked_stream(partner)
        refuse_never_given(stream.given, cursor)
        cosigned = bool(cosigned_checkpoint) and _keep_witness(partner, cosigned_checkpoint, now)
        if cursor > stream.acknowledged:
            _close_up_to(actor, partner, stream, cursor, now)
        with feed_wall.walled(partner):
            receipts = feed_wall.own(FeedReceipt.objects.all(), partner, "partner")
            receipt = receipts.filter(cursor__gte=cursor).order_by("cursor").first()
    if receipt is None:
        return Acknowledged(cursor=cursor, at=None, entries=0, sha256="", cosigned=cosigned)
    return Acknowledged(cursor, receipt.at, receipt.entries, receipt.sha256, cosigned)


def refuse_never_given(given: int, cursor: int) -> None:
    """`given`: the highest cursor that this reader was given. Raises Refused."""
    if cursor > given:
        raise Refused(
            "cursor_never_given",
            "The cursor %(cursor)s was never given to you; the highest is %(given)s. Ask for the feed first.",
            cursor=cursor,
            given=given,
        )


def _close_up_to(actor: Actor, partner: Partner, stream: FeedStream, cursor: int, now: datetime) -> None:
    with feed_wall.walled(partner):
        entries = feed_queries.read_entries(partner, after=stream.acknowledged, up_to=cursor)
        digest = feed_queries.hash_of(feed_queries.shown(entry) for entry in entries)
        FeedReceipt.objects.create(
            partner=partner, cursor=cursor, at=now, entries=len(entries), sha256=digest
        )
        open_entries = feed_queries.entries_of(partner, after=stream.acknowledged, up_to=cursor)
        open_entries.order_by().update(acknowledged_at=now)
        stream.acknowledged = cursor
        stream.save(update_fields=["acknowledged"])
    receipt = {"at": now.isoformat(), "cursor": cursor, "sha256": digest}
    steps = Step.objects.select_related("obligation").in_bulk([entry.step for entry in entries])
    waiting = FeedEntry.objects.filter(partner=partner, step__in=steps, acknowledged_at=None)
    unfinished = set(waiting.values_list("step", flat=True))  # further entries of the same order
    for step in dict.fromkeys(entry.step for entry in entries):
        if step not in unfinished:
            finish_waiting(actor=actor, step=steps[step], now=now, receipt=receipt)
    told = {"centre": partner.code, "cursor": cursor, "entries": len(entries), "sha256": digest}
    record(actor=actor, kind="dialling.feed_acknowledged", now=now, payload=told)


def _keep_witness(partner: Partner, text: str, now: datetime) -> bool:
    """Keep a checkpoint that the partner cosigned. False: no witness key is registered for it."""
    if not partner.witness_key:
        return False
    note = tlog.parse_note(text.encode())
    size = tlog.parse_checkpoint(note.text).size
    ours = Checkpoint.objects.filter(size=size).values_list("note", flat=True).first()
    if ours is None or tlog.parse_note(ours.encode()).text != note.text:
        raise Refused(
            "checkpoint_not_ours",
            "The cosigned checkpoint is not one of this ledger. Cosign the one of the page you acknowledge.",
        )
    tlog.check_note(note, [tlog.Verifier.parse(partner.witness_key)])
    with feed_wall.walled(partner):
        FeedWitness.objects.get_or_create(partner=partner, size=size, defaults={"note": text, "at": now})
    return True


def raise_overdue(*, actor: Actor, now: datetime) -> int:
    """An alarm for each centre that has not acknowledged in time, another one when its releases stop; each
    once for the same oldest entry. Gives how many were raised."""
    raised, patience = 0, windows(now.date())
    for centre, oldest in feed_queries.overdue(now):
        corrects = oldest.kind == FeedEntry.Kind.CORRECTION
        stop_after = patience.correction_stop_after if corrects else patience.stop_after
        alarm_after = patience.correction_alarm_after if corrects else patience.alarm_after
        stopped = oldest.written_at <= now - stop_after
        facts = {
            "partner": centre.code,
            "cursor": oldest.cursor,
            "hours": (stop_after if stopped else alarm_after) // timedelta(hours=1),
            "stop_hours": stop_after // timedelta(hours=1),
        }
        with transaction.atomic():
            locked_stream(centre)  # two watchers raise one alarm
            known = Alarm.objects.filter(
                kind=OVERDUE, **{f"facts__{key}": value for key, value in facts.items()}
            )
            if not known.exists():
                raise_alarm(actor=actor, kind=OVERDUE, severity=3 if stopped else 2, facts=facts, now=now)
                raised += 1
    return raised
