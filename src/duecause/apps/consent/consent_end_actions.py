"""End consents that no word of the person ended: never valid, or run out. What holds follows from the events
(`histories.py`), and is effective at commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent.actions import restore_objections
from duecause.apps.consent.consent_event_actions import New, Saying, State, given_in, write
from duecause.apps.consent.histories import History, Topic, histories, history
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.register.models import Person, Record
from duecause.engine.actor import Actor
from duecause.engine.consents import GIVING
from duecause.engine.problems import Refused

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
        given = given_in(known)
        saying = Saying(act="declared_invalid", how="system")
        new = New(actor, person, topic, State.INVALIDATED, given.wording, given.language, saying)
        event = write(new, now, ground=ground)
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
        given = given_in(current)
        saying = Saying(act="ran_out", how="system")
        new = New(actor, person, known.topic, State.EXPIRED, given.wording, given.language, saying)
        return write(new, now)


def _refuse_unknown_ground(ground: str) -> None:
    if ground not in GROUNDS:
        raise Refused(
            "consent_ground",
            "A consent is declared invalid for one of these reasons: %(known)s; not “%(given)s”.",
            known=", ".join(GROUNDS),
            given=ground[:30],
        )
