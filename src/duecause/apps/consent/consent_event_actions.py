"""Write one word of a person about a consent: the event, its proof, its place in the ledger, who is told.

Called by the verbs of `consent_actions` and `consent_end_actions`, inside their transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent import evidence
from duecause.apps.consent.actions import oldest_record
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import History, Topic, Word
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.rules import rules
from duecause.apps.consent.telling import Ended, Said, announce_end, announce_word
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import DialFact, Person
from duecause.apps.vault.actions import KeyDestroyed, seal
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.consents import GIVING
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day, months_after
from duecause.engine.problems import Refused

State = ConsentEvent.State
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


@dataclass(frozen=True, slots=True)
class New:
    """What is to be written. `valid_to` counts only for what `undoes` another word; else it follows from the
    wording and the law."""

    actor: Actor
    person: Person
    topic: Topic
    state: str
    wording: Wording | None
    language: str
    saying: Saying
    valid_to: date | None = None
    undoes: ConsentEvent | None = None


def write(new: New, now: datetime, *, ground: str = "") -> ConsentEvent:
    """Whoever asked to be told (`telling`) is told here, in the same transaction."""
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


def said_before(
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


def given_in(known: History | None) -> Word:
    """The yes of a consent. Raises Refused where there is none."""
    if known is None or known.given is None:
        raise Refused(
            "no_consent_known",
            "No consent of this person for this purpose and channel is on record, so there is none to end. If"
            " the person wants no offers, record an objection.",
        )
    return known.given


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
