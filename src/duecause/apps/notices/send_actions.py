"""Plan letters and e-mails for people who must still be told, and write down what became of each.

A notice counts as given when the relay took the e-mail, or when somebody confirmed that the letters were
posted. Until then it stays due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from duecause.apps.gate.actions import open_spool
from duecause.apps.ledger.actions import record
from duecause.apps.notices import clock, letters, mailing, spool
from duecause.apps.notices.models import Notice, NoticeBatch, NoticeRecord
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.parties.models import Controller, Source
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused

LETTERS, MAILS = "notices.letters", "notices.mails"
MOST = 1_000  # people of one batch: a file that a print shop can take, made in minutes
MOST_AT_ONCE = 20_000  # people of one run
MOST_LOOKED_AT = 4 * MOST_AT_ONCE  # some of them cannot be reached
STREET = ("street",)
TOWN = ("postcode", "city")
PLANNED, SENT = Notice.State.PLANNED, Notice.State.SENT


@dataclass(frozen=True, slots=True)
class Planned:
    """`unreachable`: people with neither a usable address nor, where e-mails are sent, an e-mail address."""

    batches: tuple[NoticeBatch, ...]
    people: int
    unreachable: int
    left: int  # people who did not fit this run


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Records of one person that nobody told of, and the fields that they hold together."""

    records: list[UUID]
    fields: set[str]


def plan_notices(
    *,
    actor: Actor,
    controller: Controller,
    now: datetime,
    sources: Collection[Source] | None = None,
    channel: str = "",
) -> Planned:
    """Put everybody who must still be told into batches: by e-mail where there is an address that did not
    bounce, else by post; only one of them if `channel` says so. Somebody who is in a batch already is left
    out, so asking twice sends once. Restricted people are held.

    Raises NotPermitted, Refused where the organisation lacks what a notice must say, or the relay.
    """
    actor.require("notices.send")
    letters.setting_of(controller, now)
    if channel == NoticeBatch.Channel.EMAIL:
        mailing.require_relay()
    by_mail = channel == NoticeBatch.Channel.EMAIL or (not channel and mailing.configured())
    with transaction.atomic():
        Controller.objects.select_for_update().get(pk=controller.pk)  # two runs at once plan nobody twice
        people, left = _waiting(controller, now, sources)
        plans: dict[str, list[tuple[UUID, list[UUID]]]] = {"email": [], "post": []}
        unreachable = 0
        bounced = _bounced(people) if by_mail else set()
        for person, one in people.items():
            way = _way(one.fields, by_mail and person not in bounced, channel)
            if not way:
                unreachable += 1
            elif len(plans["email"]) + len(plans["post"]) >= MOST_AT_ONCE:
                left += 1
            else:
                plans[way].append((person, one.records))
        made = tuple(
            _batch(actor, controller, way, planned[start : start + MOST], now)
            for way, planned in plans.items()
            for start in range(0, len(planned), MOST)
        )
    return Planned(made, sum(len(planned) for planned in plans.values()), unreachable, left)


def _waiting(
    controller: Controller, now: datetime, sources: Collection[Source] | None
) -> tuple[dict[UUID, _Waiting], int]:
    """The first people by the day of recording, no more than a run may need in memory, and the number of
    records of the others."""
    found: dict[UUID, _Waiting] = {}
    left = 0
    wanted = sources if sources is not None else list(Source.objects.filter(controller=controller))
    for each in clock.clocks(now, [one for one in wanted if one.controller_id == controller.pk]):
        rows = each.open().filter(person__restricted_at=None).exclude(pk__in=_in_hand())
        columns = rows.order_by("recorded_at", "pk").values_list("pk", "person_id", "fields")
        for pk, person, fields in columns.iterator(10_000):
            if person not in found and len(found) >= MOST_LOOKED_AT:
                left += 1
                continue
            one = found.setdefault(person, _Waiting([], set()))
            one.records.append(pk)
            one.fields.update(fields)
    return found, left


def _in_hand() -> Any:
    return NoticeRecord.objects.filter(notice__state=PLANNED).values("record")


def _bounced(people: Iterable[UUID]) -> set[UUID]:
    rows = Notice.objects.filter(state=Notice.State.BOUNCED, batch__channel=NoticeBatch.Channel.EMAIL)
    return set(rows.values_list("person_id", flat=True)) & set(people)


def _way(fields: set[str], by_mail: bool, channel: str) -> str:
    if by_mail and "email" in fields:
        return "email"
    by_post = channel != "email" and fields & set(STREET) and fields & set(TOWN)
    return "post" if by_post else ""


def _batch(
    actor: Actor,
    controller: Controller,
    way: str,
    planned: list[tuple[UUID, list[UUID]]],
    now: datetime,
) -> NoticeBatch:
    made = NoticeBatch.objects.create(
        controller=controller, channel=way, made_at=now, actor=actor.ref, people=len(planned)
    )
    rows = [Notice(batch=made, person_id=person, language="") for person, _ in planned]
    Notice.objects.bulk_create(rows, batch_size=500)
    NoticeRecord.objects.bulk_create(
        (
            NoticeRecord(notice=row, record_id=each)
            for row, (_, records) in zip(rows, planned, strict=True)
            for each in records
        ),
        batch_size=500,
    )
    kind = MAILS if way == NoticeBatch.Channel.EMAIL else LETTERS
    open_obligation(actor=actor, kind=kind, now=now, systems=["duecause"], facts={"batch": str(made.pk)})
    payload = {
        "batch": str(made.pk),
        "controller": controller.code,
        "channel": way,
        "people": len(planned),
        "records": sum(len(records) for _, records in planned),
    }
    record(actor=actor, kind="notices.planned", now=now, payload=payload)
    return made


def settle_sent(*, actor: Actor, notice: Notice, letter: letters.Letter, on: date, now: datetime) -> bool:
    """The relay has it, or the post has it. False: it was settled before."""
    with transaction.atomic():
        changed = Notice.objects.filter(pk=notice.pk, state=PLANNED).update(
            state=SENT,
            version=letter.version,
            content_sha256=letter.content_sha256,
            language=letter.document.language,
            message_id=notice.message_id,
            sent_on=on,
            settled_at=now,
        )
        if changed:
            notice.version, notice.content_sha256 = letter.version, letter.content_sha256
            notice.language, notice.sent_on = letter.document.language, on
            _told(actor, notice, now)
    return bool(changed)


def _told(actor: Actor, notice: Notice, now: datetime) -> None:
    payload = {
        "notice": str(notice.pk),
        "batch": str(notice.batch_id),
        "channel": notice.batch.channel,
        "version": notice.version,
        "language": notice.language,
        "content_sha256": notice.content_sha256,
        "sent_on": notice.sent_on.isoformat() if notice.sent_on else "",
        "records": notice.covered.count(),
    }
    record(actor=actor, kind="notices.sent", now=now, person=notice.person_id, payload=payload)


def drop(*, actor: Actor, notice: Notice, why: str, now: datetime, state: str = Notice.State.DROPPED) -> bool:
    """It is not sent (`why`: a code), or came back. The clock of its records runs on. False: settled
    before."""
    with transaction.atomic():
        changed = Notice.objects.filter(pk=notice.pk, state=PLANNED).update(
            state=state, why=why, settled_at=now, message_id=notice.message_id
        )
        if changed:
            payload = {"notice": str(notice.pk), "batch": str(notice.batch_id), "state": state, "why": why}
            record(actor=actor, kind="notices.not_sent", now=now, person=notice.person_id, payload=payload)
    return bool(changed)


def note_return(*, actor: Actor, reference: str, why: str = "returned", now: datetime) -> Notice:
    """A letter or e-mail that counted as given came back: it is due again, an e-mail by post. `reference`: of
    the letter, or the Message-ID. Again changes nothing. Raises NotPermitted, Refused."""
    actor.require("notices.send")
    rows = Notice.objects.select_related("batch")
    found = rows.filter(message_id=reference).first() if "@" in reference else _by_reference(reference)
    if found is None:
        raise Refused(
            "unknown_notice_reference",
            "No notice has this reference. Copy it from the letter, or the Message-ID from what came back.",
        )
    with transaction.atomic():
        changed = Notice.objects.filter(pk=found.pk, state=SENT).update(
            state=Notice.State.BOUNCED, why=why[:40], settled_at=now
        )
        if changed:
            payload = {"notice": str(found.pk), "batch": str(found.batch_id), "why": why[:40]}
            record(actor=actor, kind="notices.returned", now=now, person=found.person_id, payload=payload)
    found.refresh_from_db()
    return found


def _by_reference(reference: str) -> Notice | None:
    try:
        return Notice.objects.select_related("batch").filter(pk=UUID(reference)).first()
    except ValueError:
        return None


def fetch(*, actor: Actor, batch: NoticeBatch, now: datetime) -> bytes:
    """The file of letters, opened through the gate, for the print shop. Raises NotPermitted, Refused."""
    actor.require("notices.send")
    sealed = spool.sealed(batch.pk) if batch.state == NoticeBatch.State.READY else None
    opener = Actor.job(str(batch.pk), "open:notices.print")
    content = open_spool(actor=opener, sealed=sealed, why="notices.print", now=now) if sealed else None
    if content is None:
        raise Refused(
            "notice_file_gone",
            "The letters of this batch cannot be fetched: they are not made yet, were confirmed, or their"
            " time is over.",
        )
    with transaction.atomic():
        NoticeBatch.objects.filter(pk=batch.pk, fetched_at=None).update(fetched_at=now)
        payload = {"batch": str(batch.pk), "sha256": batch.file_sha256, "people": batch.people}
        record(actor=actor, kind="notices.fetched", now=now, payload=payload)
    batch.refresh_from_db()
    return content


def confirm_posted(*, actor: Actor, batch: NoticeBatch, on: date, now: datetime) -> int:
    """Say that the letters of a batch were posted on a day: from then on these people count as told. Gives
    how many; 0 for a batch that was confirmed before, which stays as it was. Raises NotPermitted, Refused."""
    actor.require("notices.send")
    today = local_day(now, batch.controller.country)
    with transaction.atomic():
        batch = NoticeBatch.objects.select_for_update().select_related("controller").get(pk=batch.pk)
        if batch.confirmed_at is not None:
            return 0
        _refuse_confirmation(batch, on, today)
        told = list(Notice.objects.filter(batch=batch, state=PLANNED).select_related("batch"))
        Notice.objects.filter(batch=batch, state=PLANNED).update(state=SENT, sent_on=on, settled_at=now)
        for notice in told:
            notice.sent_on = on
            _told(actor, notice, now)
        NoticeBatch.objects.filter(pk=batch.pk).update(
            state=NoticeBatch.State.DONE, posted_on=on, confirmed_at=now, confirmed_by=actor.ref
        )
        payload = {"batch": str(batch.pk), "people": len(told), "posted_on": on.isoformat()}
        record(actor=actor, kind="notices.posted", now=now, payload=payload)
    spool.drop(batch.pk)
    return len(told)


def _refuse_confirmation(batch: NoticeBatch, on: date, today: date) -> None:
    if batch.channel != NoticeBatch.Channel.POST:
        raise Refused("notice_not_post", "These are e-mails: the relay confirms each. Nothing was changed.")
    if batch.fetched_at is None:
        raise Refused(
            "notice_not_fetched",
            "Nobody has fetched these letters yet, so they cannot have been posted. Fetch them.",
        )
    made = local_day(batch.made_at, batch.controller.country)
    if not made <= on <= today:
        raise Refused(
            "notice_posted_when",
            "%(on)s cannot be: the letters were made on %(made)s and today is %(today)s. Give the day of"
            " posting.",
            on=on,
            made=made,
            today=today,
        )


def discard(*, actor: Actor, batch: NoticeBatch, why: str, now: datetime) -> int:
    """Give up letters that nobody posted; these people are due again. Gives how many."""
    actor.require("notices.send")
    given_up = 0
    for notice in Notice.objects.filter(batch=batch, state=PLANNED).select_related("batch"):
        given_up += drop(actor=actor, notice=notice, why=why, now=now)
    NoticeBatch.objects.filter(pk=batch.pk).exclude(state=NoticeBatch.State.DONE).update(
        state=NoticeBatch.State.DONE, delete_after=F("made_at")
    )
    spool.drop(batch.pk)
    return given_up
