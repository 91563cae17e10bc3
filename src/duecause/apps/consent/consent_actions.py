"""Take down what people say about a consent: asked, yes, no, withdrawn, ran out, never valid.

Every word is an event. None is edited: a slip is undone by another event. What holds follows from them
(`histories.py`), and is effective at commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from duecause.apps.catalogue.models import Purpose, Wording
from duecause.apps.consent import evidence
from duecause.apps.consent.actions import lift_objections, oldest_record, restore_objections
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import History, Topic, Word, histories, history
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.rules import rules
from duecause.apps.consent.telling import Ended, Said, announce_end, announce_word
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import DialFact, Person, Record
from duecause.apps.vault.actions import KeyDestroyed, seal
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.consents import GIVING
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day, months_after
from duecause.engine.problems import Refused

State = ConsentEvent.State
SLIP_UNDONE = "slip_undone"
# Why a consent is declared invalid; words in texts.py.
GROUNDS = (
    "controller_not_named",
    "not_informed",
    "not_free",
    "no_clear_act",
    "no_evidence",
    "not_the_person",
    "minor",
)
ENDING = (State.WITHDRAWN, State.EXPIRED, State.INVALIDATED)


@dataclass(frozen=True, slots=True)
class Saying:
    """How something was said. `act`: spoken_yes, tick, signature, withdrawal_spoken …; `how`: call, letter,
    mail, portal, form, import; `at`: when, where that was before now; `reference`: of who sends it, so that
    sending it again changes nothing."""

    act: str
    how: str = "call"
    at: datetime | None = None
    evidence: tuple[Pointer, ...] = ()
    reference: str = ""


def record_consent(
    *,
    actor: Actor,
    person: Person,
    wording: Wording,
    channel: str,
    given: bool,
    saying: Saying,
    now: datetime,
    controller: Controller | None = None,
) -> list[ConsentEvent]:
    """Record the answer to a consent question, one event per controller that the wording names.

    A consent given by the person lifts that person's earlier objections of these controllers for this
    channel; a refusal lifts nothing and is no objection. Given while one runs it is renewed. `controller`:
    for whom the answer is wanted. Raises Refused for a wording that is not in force, not about this channel,
    without a purpose or not naming the controller, for an erased person and for a day to come.
    """
    actor.require("consent.consent")
    said_at = _said_at(saying, now)
    _refuse_erased(person)
    purpose = _purpose_of(wording, channel, _local_days(wording, said_at), controller)
    wanted = State.GIVEN if given else State.REFUSED
    with transaction.atomic():
        again = _said_before(person, saying, wording, {wanted, State.RENEWED} if given else {wanted})
        if again:
            return again
        events = []
        for named in wording.controllers.order_by("code"):
            topic = Topic(named, purpose, channel)
            known = history(person, topic)
            renewed = given and known is not None and known.holds(said_at)
            state = State.RENEWED if renewed else wanted
            event = _write(_New(actor, person, topic, state, wording, wording.language, saying), now)
            if given:
                lift_objections(actor=actor, event=event, now=now)
            events.append(event)
        return events


def request_consent(
    *, actor: Actor, person: Person, wording: Wording, channel: str, saying: Saying, now: datetime
) -> list[ConsentEvent]:
    """Note that the question was asked and waits for an answer. What held before goes on. Raises Refused as
    `record_consent` does."""
    actor.require("consent.consent")
    said_at = _said_at(saying, now)
    _refuse_erased(person)
    purpose = _purpose_of(wording, channel, _local_days(wording, said_at), None)
    with transaction.atomic():
        return _said_before(person, saying, wording, {State.REQUESTED}) or [
            _write(
                _New(
                    actor,
                    person,
                    Topic(named, purpose, channel),
                    State.REQUESTED,
                    wording,
                    wording.language,
                    saying,
                ),
                now,
            )
            for named in wording.controllers.order_by("code")
        ]


def withdraw_consent(
    *, actor: Actor, person: Person, topic: Topic, language: str, saying: Saying, now: datetime
) -> ConsentEvent:
    """Withdraw a consent, as easily as it was given (GDPR Art. 7(3)). Other purposes and channels stay.

    Call centres that hold the person for the purpose are told in the same transaction. Withdrawing what is
    withdrawn gives the event that did it. Raises Refused where no consent is known, and for a day before it
    was given.
    """
    actor.require("consent.object")
    said_at = _said_at(saying, now)
    with transaction.atomic():
        again = _said_before(person, saying, None, {State.WITHDRAWN})
        if again:
            return again[0]
        known = history(person, topic)
        done = _withdrawn_already(known)
        if done:
            return done
        given = _given(known)
        _refuse_before_given(known, said_at)
        return _write(_New(actor, person, topic, State.WITHDRAWN, given.wording, language, saying), now)


def undo_withdrawal(
    *, actor: Actor, event: ConsentEvent, now: datetime, within_seconds: int = 10
) -> ConsentEvent | None:
    """Take back a mis-hit right after it happened, by whoever made it: the consent goes on as it was given.
    None: too late, another's, or something was said since."""
    actor.require("consent.object")
    fresh = (now - event.recorded_at).total_seconds() <= within_seconds and event.actor == actor.ref
    if not fresh or event.state != State.WITHDRAWN:
        return None
    topic = Topic(event.controller, event.purpose, event.channel)
    with transaction.atomic():
        known = history(event.person, topic)
        if known is None or known.given is None or known.newest.id != event.pk:
            return None
        return _write(
            _New(
                actor,
                event.person,
                topic,
                State.RENEWED,
                known.given.wording,
                known.given.language,
                Saying(act=SLIP_UNDONE, how=event.how),
                valid_to=known.given.valid_to,
                undoes=event,
            ),
            now,
        )


def invalidate_consent(
    *, actor: Actor, person: Person, topic: Topic, ground: str, now: datetime
) -> ConsentEvent:
    """Declare that a consent was never valid, on one of GROUNDS. What it allowed is reversed: objections that
    it had lifted hold again, and call centres that hold the person for the purpose are told. Again gives the
    event that did it. Raises Refused for an unknown ground and where there was no consent."""
    actor.require("consent.invalidate")
    _refuse_unknown_ground(ground)
    with transaction.atomic():
        known = history(person, topic)
        if known is not None and known.standing.state == State.INVALIDATED and known.newest.event:
            return known.newest.event
        given = _given(known)
        saying = Saying(act="declared_invalid", how="system")
        new = _New(actor, person, topic, State.INVALIDATED, given.wording, given.language, saying)
        event = _write(new, now, ground=ground)
        for word in known.words if known else ():
            if word.event is not None and word.state in GIVING:
                restore_objections(actor=actor, event=word.event, now=now)
        return event


def invalidate_wording(*, actor: Actor, wordings: Sequence[Wording], ground: str, now: datetime) -> int:
    """Declare every consent invalid whose newest yes was given with one of these wordings. Each person is a
    transaction of its own, so that running it again after a crash goes on. Returns how many were."""
    actor.require("consent.invalidate")
    _refuse_unknown_ground(ground)
    wanted = {wording.pk for wording in wordings}
    people = set(ConsentEvent.objects.filter(wording__in=wanted).values_list("person_id", flat=True))
    people |= set(
        Record.objects.filter(wording__in=wanted, basis="consent").values_list("person_id", flat=True)
    )
    done = 0
    for person in Person.objects.filter(pk__in=people).iterator():
        for known in histories(person):
            given = known.given
            if given and given.wording and given.wording.pk in wanted and known.standing.state in GIVING:
                invalidate_consent(actor=actor, person=person, topic=known.topic, ground=ground, now=now)
                done += 1
    return done


def expire_consent(*, actor: Actor, known: History, now: datetime) -> ConsentEvent | None:
    """Note that a consent ran out on its last day. None: it runs, or something was said since."""
    actor.require("consent.expire")
    person = Person.objects.get(pk=known.person)
    with transaction.atomic():
        current = history(person, known.topic)
        if current is None or current.standing.state not in GIVING or current.holds(now):
            return None
        given = _given(current)
        saying = Saying(act="ran_out", how="system")
        new = _New(actor, person, known.topic, State.EXPIRED, given.wording, given.language, saying)
        return _write(new, now)


@dataclass(frozen=True, slots=True)
class _New:
    actor: Actor
    person: Person
    topic: Topic
    state: str
    wording: Wording | None
    language: str
    saying: Saying
    valid_to: date | None = None
    undoes: ConsentEvent | None = None


def _write(new: _New, now: datetime, *, ground: str = "") -> ConsentEvent:
    event_id = uuid7()
    at = new.saying.at or now
    country = _country_of(new.person, new.topic.controller)
    valid_to = new.valid_to
    if new.state in GIVING and new.undoes is None:
        valid_to = _valid_to(new.wording, country, local_day(at, new.topic.controller.country))
    event = ConsentEvent.objects.create(
        id=event_id,
        person=new.person,
        record=oldest_record(new.person),
        controller=new.topic.controller,
        purpose=new.topic.purpose,
        channel=new.topic.channel,
        state=new.state,
        wording=new.wording,
        language=new.language,
        act=new.saying.act,
        how=new.saying.how,
        country=country,
        at=at,
        recorded_at=now,
        valid_to=valid_to,
        reference=new.saying.reference,
        ground=ground,
        undoes=new.undoes,
        evidence=_sealed(new.person, new.saying.evidence),
        actor=new.actor.ref,
    )
    record(
        actor=new.actor,
        kind="consent.withdrawal_undone" if new.undoes else f"consent.{new.state}",
        now=now,
        person=new.person.pk,
        payload=_told(event),
        person_payload={
            "person": str(new.person.pk),
            "evidence": evidence.content(new.saying.evidence)["pointers"],
        },
        compartment=Compartment.PROOF,
    )
    if new.state in ENDING:
        announce_end(Ended(actor=new.actor, event=event, now=now))
    if new.state != State.REQUESTED:
        announce_word(Said(actor=new.actor, event=event, now=now))
    return event


def _told(event: ConsentEvent) -> dict[str, Any]:
    return {
        "consent": str(event.pk),
        "controller": event.controller.code,
        "purpose": event.purpose.code,
        "channel": event.channel,
        "wording": str(event.wording) if event.wording else "",
        "act": event.act,
        "ground": event.ground,
        "undoes": str(event.undoes_id or ""),
    }


def _sealed(person: Person, pointers: Sequence[Pointer]) -> bytes | None:
    if not pointers:
        return None
    try:
        return seal(person.pk, Compartment.PROOF, evidence.USE, evidence.content(pointers))
    except KeyDestroyed:  # the proof of an erased person has ended: nothing new is kept for it
        return None


def _said_at(saying: Saying, now: datetime) -> datetime:
    at = saying.at or now
    if at > now:
        raise Refused(
            "consent_in_future",
            "This is dated %(day)s, which has not come yet. Check the date.",
            day=at.date(),
        )
    return at


def _refuse_erased(person: Person) -> None:
    if person.erased_at is not None:
        raise Refused(
            "consent_person_erased",
            "This person was erased. A fresh consent counts together with what the person gives with it: take"
            " it in through a source of your own, with a date after the erasure.",
        )


def _refuse_unknown_ground(ground: str) -> None:
    if ground not in GROUNDS:
        raise Refused(
            "consent_ground",
            "A consent is declared invalid for one of these reasons: %(known)s; not “%(given)s”.",
            known=", ".join(GROUNDS),
            given=ground[:30],
        )


def _said_before(
    person: Person, saying: Saying, wording: Wording | None, states: Iterable[str]
) -> list[ConsentEvent]:
    """The events that the same sending wrote. One that comes twice at one moment waits here for the other.
    Raises Refused where its reference is another's."""
    if not saying.reference:
        return []
    Person.objects.select_for_update().get(pk=person.pk)
    found = list(
        ConsentEvent.objects.filter(reference=saying.reference).select_related(
            "controller", "purpose", "wording"
        )
    )
    same = all(
        event.person_id == person.pk
        and event.state in states
        and (wording is None or event.wording_id == wording.pk)
        for event in found
    )
    if not same:
        raise Refused(
            "consent_reference_used",
            "The reference %(reference)s already stands for another answer. Nothing was changed; give each"
            " answer a reference of its own.",
            reference=saying.reference,
        )
    return found


def _withdrawn_already(known: History | None) -> ConsentEvent | None:
    done = known is not None and known.standing.state == State.WITHDRAWN
    return known.newest.event if done and known else None


def _given(known: History | None) -> Word:
    if known is None or known.given is None:
        raise Refused(
            "no_consent_known",
            "No consent of this person for this purpose and channel is on record, so there is none to end. If"
            " the person wants no offers, record an objection.",
        )
    return known.given


def _refuse_before_given(known: History | None, said_at: datetime) -> None:
    """A letter may be older than the newest yes, which then stands; not older than every yes."""
    first = next((word.at for word in (known.words if known else ()) if word.state in GIVING), said_at)
    if known is not None and said_at < first:
        country = known.topic.controller.country
        raise Refused(
            "withdrawn_before_given",
            "The withdrawal is dated %(withdrawn)s, but the consent was given later, on %(given)s. Check both"
            " dates. Where the person withdraws this consent too, record it with the day of that.",
            withdrawn=local_day(said_at, country),
            given=local_day(first, country),
        )


def _local_days(wording: Wording, at: datetime) -> set[date]:
    """The day, as each controller that the wording names counts it."""
    return {local_day(at, controller.country) for controller in wording.controllers.all()}


def _purpose_of(wording: Wording, channel: str, days: set[date], controller: Controller | None) -> Purpose:
    if not days or (controller is not None and controller not in wording.controllers.all()):
        raise Refused(
            "wording_other_controller",
            "The wording %(wording)s names %(named)s, not %(wanted)s. A consent counts only for whom it"
            " names; choose a wording that names the company.",
            wording=str(wording),
            named=", ".join(each.legal_name for each in wording.controllers.order_by("code")) or "–",
            wanted=controller.legal_name if controller else "–",
        )
    if any(on < wording.valid_from or (wording.valid_to and wording.valid_to < on) for on in days):
        raise Refused(
            "wording_not_in_force",
            "The wording %(wording)s is not in force today. Choose the current version.",
            wording=str(wording),
        )
    if wording.purpose is None or channel not in wording.channels:
        raise Refused(
            "wording_other_channel",
            "The wording %(wording)s does not ask about “%(channel)s”. Choose one that does.",
            wording=str(wording),
            channel=channel,
        )
    return wording.purpose


def _country_of(person: Person, controller: Controller) -> str:
    """The country whose rules protect the person: of the number, else of the company."""
    known = DialFact.objects.filter(person=person).order_by("pk").values_list("country", flat=True).first()
    return known if known and len(known) == 2 else controller.country


def _valid_to(wording: Wording | None, country: str, start: date) -> date | None:
    """The earlier of what the wording and the law of the country say; None without end."""
    ends = []
    if wording is not None and wording.holds_months:
        ends.append(months_after(start, wording.holds_months))
    rule = rules().validity_for(country, start)
    if rule is not None:
        ends.append(rule.ends(start))
    return min(ends, default=None)
