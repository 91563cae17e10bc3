"""The work on one batch: open names and addresses through the gate, write the letters, print or mail them.

Each notice is settled by itself, so that work goes on behind the last one after a crash.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from duecause.apps.gate.actions import open_for_job
from duecause.apps.ledger.actions import record
from duecause.apps.notices import clock, letters, mailing, send_actions, spool
from duecause.apps.notices.clock import Clock
from duecause.apps.notices.letters import Addressee, Letter
from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.apps.register.models import Record
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.engine.tabular import write_csv
from duecause.packs.law import notice_policy
from duecause.web.documents import pdf

OPEN = "notices"
AT_ONCE = 100
NAME = ("first_name", "last_name", "full_name", "company")
PLACE = ("street", "house_number", "postcode", "city", "country")
COLUMNS = ("reference", "file", "language", "name", *PLACE)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Case:
    """One notice that is still needed, with everything to write it."""

    notice: Notice
    records: Sequence[tuple[Clock, Record]]
    to: Addressee


def print_letters(*, actor: Actor, batch: NoticeBatch, now: datetime, progress: Progress) -> int:
    """Make the sealed file for the print shop: a PDF per person and a list of addresses. Again makes it anew;
    a batch that was fetched or confirmed stays as it is. Gives how many letters it holds."""
    if batch.state != NoticeBatch.State.MAKING:
        return batch.people
    setting = letters.setting_of(batch.controller, now)
    out, lines, total = io.BytesIO(), [], batch.people
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for case in _cases(actor, batch, now):
            letter = _letter(actor, setting, case, now)
            if letter is None:
                continue
            name = f"letters/{case.notice.pk}.pdf"
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            file.writestr(entry, pdf(letter.document, at=now))
            lines.append((str(case.notice.pk), name, letter.document.language, case.to.name, *case.to.cells))
            Notice.objects.filter(pk=case.notice.pk).update(
                version=letter.version,
                content_sha256=letter.content_sha256,
                language=letter.document.language,
            )
            progress(len(lines), total)
        file.writestr(
            zipfile.ZipInfo("addresses.csv", now.timetuple()[:6]), b"".join(write_csv(lines, COLUMNS))
        )
    content = out.getvalue()
    spool.put(batch.pk, content)
    digest = hashlib.sha256(content).hexdigest()
    delete_after = now + timedelta(days=notice_policy().file_days)
    made = NoticeBatch.objects.filter(pk=batch.pk, state=NoticeBatch.State.MAKING).update(
        state=NoticeBatch.State.READY, file_sha256=digest, delete_after=delete_after
    )
    if made:
        payload = {"batch": str(batch.pk), "people": len(lines), "sha256": digest}
        record(actor=actor, kind="notices.printed", now=now, payload=payload)
    return len(lines)


def send_mails(*, actor: Actor, batch: NoticeBatch, now: datetime, progress: Progress) -> dict[str, int]:
    """Hand every e-mail that is still planned to the relay. Raises Refused, Unavailable where the relay
    fails; what it took until then stays sent."""
    setting = letters.setting_of(batch.controller, now)
    counts = {"sent": 0, "bounced": 0}
    done = Notice.objects.filter(batch=batch).exclude(state=Notice.State.PLANNED).count()
    today = local_day(now, batch.controller.country)
    with mailing.relay() as relay:
        for case in _cases(actor, batch, now):
            letter = _letter(actor, setting, case, now)
            if letter is None:
                continue
            case.notice.message_id = mailing.message_id(case.notice.pk)
            Notice.objects.filter(pk=case.notice.pk).update(begun_at=now, message_id=case.notice.message_id)
            try:
                relay.send(mailing.message(letter, to=case.to.email, notice=case.notice.pk, at=now))
            except mailing.Bounced as bounced:
                state = Notice.State.BOUNCED
                counts["bounced"] += send_actions.drop(
                    actor=actor, notice=case.notice, why=bounced.why, state=state, now=now
                )
            else:
                counts["sent"] += send_actions.settle_sent(
                    actor=actor, notice=case.notice, letter=letter, on=today, now=now
                )
            progress(done + sum(counts.values()), batch.people)
    NoticeBatch.objects.filter(pk=batch.pk).update(state=NoticeBatch.State.DONE)
    return counts


def _letter(actor: Actor, setting: letters.Setting, case: _Case, now: datetime) -> Letter | None:
    """None: there is no text in the person's language; nobody is sent what they may not be able to read."""
    try:
        return letters.letter(
            setting,
            person=case.notice.person,
            records=case.records,
            to=case.to,
            reference=str(case.notice.pk),
        )
    except Refused as refused:
        if refused.code != "notice_no_text":
            raise
        send_actions.drop(actor=actor, notice=case.notice, why="no_text", now=now)
        return None


def _cases(actor: Actor, batch: NoticeBatch, now: datetime) -> Iterator[_Case]:
    """The planned notices of a batch. One that is not needed any more, or cannot reach anybody, is settled
    here and left out. Names are opened for a hundred at a time, with one event."""
    job = Actor.job(str(batch.pk), f"open:{OPEN}")
    planned = Notice.objects.filter(batch=batch, state=Notice.State.PLANNED).order_by("pk")
    ids = list(planned.values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        rows = planned.filter(pk__in=ids[start : start + AT_ONCE]).select_related("person", "batch")
        notices = list(rows.prefetch_related("covered"))
        needed = _still_needed(batch, notices, now)
        opened = open_for_job(
            actor=job,
            kind="record",
            ids=[each.pk for pairs in needed.values() for _, each in pairs],
            fields=(*NAME, *PLACE, "email"),
            why=OPEN,
            now=now,
        )
        for notice in notices:
            records = needed.get(notice.pk, [])
            to = addressee([opened.get(each.pk, {}) for _, each in records], batch.channel)
            why = _not_sendable(notice, records, to)
            if why:
                send_actions.drop(actor=actor, notice=notice, why=why, now=now)
            else:
                yield _Case(notice, records, to)


def _still_needed(
    batch: NoticeBatch, notices: Collection[Notice], now: datetime
) -> dict[UUID, list[tuple[Clock, Record]]]:
    """Notice → its records that nobody was told of meanwhile."""
    of = {each.record_id: notice.pk for notice in notices for each in notice.covered.all()}
    found: dict[UUID, list[tuple[Clock, Record]]] = {}
    for each in clock.clocks(now):
        rows = each.open().filter(pk__in=list(of)).select_related("source", "wording")
        for row in rows.defer("identity", "contract").order_by("recorded_at", "pk"):
            found.setdefault(of[row.pk], []).append((each, row))
    return found


def _not_sendable(notice: Notice, records: Sequence[Any], to: Addressee) -> str:
    if notice.person.erased_at is not None or not records:
        return "not_needed"
    if notice.person.restricted_at is not None:
        return "restricted"
    if any(record.person_id != notice.person_id for _, record in records):
        return "regrouped"  # by now the record is counted to somebody else
    reachable = to.email if notice.batch.channel == NoticeBatch.Channel.EMAIL else to.lines
    return "" if reachable else "no_address"


def addressee(contents: Sequence[dict[str, Any]], channel: str) -> Addressee:
    """Name and address as the newest record that has them says."""
    name = next((found for content in reversed(contents) if (found := _name(content))), "")
    if channel == NoticeBatch.Channel.EMAIL:
        email = next((str(c["email"]) for c in reversed(contents) if c.get("email")), "")
        return Addressee(name=name, email=email)
    for content in reversed(contents):
        if content.get("street") and (content.get("postcode") or content.get("city")):
            cells = tuple(_line(content.get(column)) for column in PLACE)
            street, number, postcode, city, country = cells
            lines = [f"{street} {number}".strip(), f"{postcode} {city}".strip(), country]
            return Addressee(name=name, lines=tuple(line for line in lines if line), cells=cells)
    return Addressee(name=name)


def _name(content: dict[str, Any]) -> str:
    whole = f"{_line(content.get('first_name'))} {_line(content.get('last_name'))}".strip()
    return whole or _line(content.get("full_name")) or _line(content.get("company"))


def _line(value: object) -> str:
    """On one line: a name with a line break in it must not become two lines of an address."""
    return " ".join(str(value or "").split())[:200]
