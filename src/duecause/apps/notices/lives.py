"""Whether the person was told that the data came from others (GDPR Art. 14): told to the life of a datum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from duecause.apps.notices import queries, texts
from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.apps.register.life import Happened, tells_life
from duecause.apps.register.models import Person
from duecause.engine.problems import Problem, gettext_noop

State = Notice.State
SENT = {
    NoticeBatch.Channel.POST: gettext_noop(
        "Told by post on %(day)s where the data came from (GDPR Art. 14)."
    ),
    NoticeBatch.Channel.EMAIL: gettext_noop(
        "Told by e-mail on %(day)s where the data came from (GDPR Art. 14)."
    ),
}
PLANNED = gettext_noop("A notice of where the data came from is on its way.")
BOUNCED = gettext_noop("The notice of where the data came from came back.")
DROPPED = gettext_noop("The notice of where the data came from was not sent.")
EXEMPT = gettext_noop("No notice of where the data came from is needed (GDPR Art. 14(5)).")
DUE = gettext_noop("By this day the person must be told where the data came from (GDPR Art. 14).")
OVERDUE = gettext_noop(
    "By this day the person should have been told where the data came from (GDPR Art. 14)."
)
NOT_GONE = {
    State.PLANNED: ("waiting", PLANNED),
    State.BOUNCED: ("act", BOUNCED),
    State.DROPPED: ("info", DROPPED),
}


@tells_life
def notices(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """Every letter and e-mail, once per record it tells of."""
    rows = Notice.objects.filter(person=person).select_related("batch").prefetch_related("covered")
    for notice in rows.order_by("pk"):
        for record in sorted(each.record_id for each in notice.covered.all()):
            yield _notice(notice, record)


def _notice(notice: Notice, record: UUID) -> Happened:
    at, kind = notice.settled_at or notice.batch.made_at, f"notice_{notice.state}"
    if notice.state == State.SENT:
        what = Problem(kind, SENT[NoticeBatch.Channel(notice.batch.channel)], {"day": notice.sent_on})
        return Happened(at, kind, what, meaning="ok", record=record)
    meaning, template = NOT_GONE[State(notice.state)]
    why = Problem(notice.why, texts.WHY[notice.why]) if notice.why in texts.WHY else None
    return Happened(at, kind, Problem(kind, template), why, meaning=meaning, record=record)


@tells_life
def clocks(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    """What is due or overdue, and who need not be told."""
    known = Person.objects.filter(pk=person, erased_at=None).first()
    for told in queries.of_person(known, now) if known is not None else ():
        record, due = told.record.pk, told.standing.due
        if told.exemption is not None:
            ground = Problem(told.ground, texts.GROUNDS.get(told.ground, told.ground))
            since = max(told.exemption.made_at, told.record.recorded_at)
            yield Happened(since, "notice_exempt", Problem("exempt", EXEMPT), ground, record=record)
        elif told.standing.state in ("due", "overdue") and due is not None:
            late = told.standing.state == "overdue"
            what = Problem("notice_overdue" if late else "notice_due", OVERDUE if late else DUE)
            at = datetime.combine(due, time(23, 59), tzinfo=UTC)
            meaning = "stopped" if late else "watch"
            yield Happened(at, what.code, what, meaning=meaning, record=record, planned=not late)
