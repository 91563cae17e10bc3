"""Take down what people say about a consent: asked, yes, no, withdrawn.

Every word is an event. None is edited: a slip is undone by another event. What holds follows from them
(`histories.py`), and is effective at commit.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from duecause.apps.catalogue.models import Purpose, Wording
from duecause.apps.consent.actions import lift_objections
from duecause.apps.consent.consent_event_actions import New, Saying, State, given_in, said_before, write
from duecause.apps.consent.evidence import RECORDING
from duecause.apps.consent.histories import History, Topic, history
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Person
from duecause.engine.actor import Actor
from duecause.engine.consents import GIVING
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused

SLIP_UNDONE, SPOKEN_YES = "slip_undone", "spoken_yes"


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
    without a purpose or not naming the controller, for an erased person, for a day to come, and for a spoken
    yes without a recording where the wording asks for one.
    """
    actor.require("consent.consent")
    said_at = _said_at(saying, now)
    _refuse_erased(person)
    purpose = _purpose_of(wording, channel, _local_days(wording, said_at), controller)
    wanted = State.GIVEN if given else State.REFUSED
    if given:
        _refuse_unrecorded(wording, saying)
    with transaction.atomic():
        again = said_before(person, saying, wording, {wanted, State.RENEWED} if given else {wanted})
        if again:
            return again
        events = []
        for named in wording.controllers.order_by("code"):
            topic = Topic(named, purpose, channel)
            known = history(person, topic)
            renewed = given and known is not None and known.holds(said_at)
            state = State.RENEWED if renewed else wanted
            event = write(New(actor, person, topic, state, wording, wording.language, saying), now)
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
        return said_before(person, saying, wording, {State.REQUESTED}) or [
            write(
                New(
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
        again = said_before(person, saying, None, {State.WITHDRAWN})
        if again:
            return again[0]
        known = history(person, topic)
        done = _withdrawn_already(known)
        if done:
            return done
        given = given_in(known)
        _refuse_beforegiven_in(known, said_at)
        return write(New(actor, person, topic, State.WITHDRAWN, given.wording, language, saying), now)


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
        return write(
            New(
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


def _refuse_unrecorded(wording: Wording, saying: Saying) -> None:
    if saying.act != SPOKEN_YES or wording.recording != Wording.Recording.REQUIRED:
        return
    if not any(pointer.kind == RECORDING for pointer in saying.evidence):
        raise Refused(
            "consent_without_recording",
            "A yes to %(wording)s counts only with its recording. Write down where the recording lies: its"
            " identifier, for example rec-2026-0042.",
            wording=str(wording),
        )


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


def _withdrawn_already(known: History | None) -> ConsentEvent | None:
    done = known is not None and known.standing.state == State.WITHDRAWN
    return known.newest.event if done and known else None


def _refuse_beforegiven_in(known: History | None, said_at: datetime) -> None:
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
