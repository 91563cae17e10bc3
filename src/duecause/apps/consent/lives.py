"""What a person said about the use of the data, and what was asked for: told to the life of a datum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from duecause.apps.consent.actions import ERASURE_REQUEST
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.life import Happened, tells_life
from duecause.engine.problems import Problem, gettext_noop
from duecause.web.words import own_words

SAID = {
    "requested": ("waiting", gettext_noop("Consent asked for: %(purpose)s.")),
    "given": ("ok", gettext_noop("Consent given: %(purpose)s.")),
    "refused": ("stopped", gettext_noop("Consent refused: %(purpose)s.")),
    "withdrawn": ("stopped", gettext_noop("Consent withdrawn: %(purpose)s (GDPR Art. 7(3)).")),
    "expired": ("stopped", gettext_noop("Consent expired: %(purpose)s.")),
    "invalidated": ("stopped", gettext_noop("Consent declared invalid: %(purpose)s.")),
    "renewed": ("ok", gettext_noop("Consent given again: %(purpose)s.")),
}
OBJECTED = gettext_noop("Objected to marketing of %(company)s (GDPR Art. 21).")
OBJECTED_TO_ONE = gettext_noop("Objected to calls of the campaign %(campaign)s (GDPR Art. 21).")
LIFTED = gettext_noop("The objection no longer holds.")
ASKED = gettext_noop("The person asked for erasure (GDPR Art. 17).")
TO_BE_ERASED = gettext_noop("To be erased by this day, unless something must be kept.")


@tells_life
def consents(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    events = ConsentEvent.objects.filter(person=person).select_related("purpose", "wording")
    for event in events:
        meaning, template = SAID[event.state]
        params = {"purpose": own_words(event.purpose.name, event.purpose.code)}
        why = None
        if event.wording:
            text = gettext_noop("Text %(wording)s.")
            why = Problem("wording", text, {"wording": f"{event.wording.code} {event.wording.version}"})
        what = Problem(event.state, template, params)
        yield Happened(event.at, f"consent_{event.state}", what, why, group="consents", meaning=meaning)


@tells_life
def objections(person: UUID, records: Sequence[UUID], now: datetime) -> Iterator[Happened]:
    for objection in Objection.objects.filter(person=person).select_related("controller"):
        template = OBJECTED_TO_ONE if objection.campaign else OBJECTED
        params = {"company": objection.controller.legal_name, "campaign": objection.campaign}
        what = Problem("objected", template, params)
        yield Happened(objection.at, "objected", what, group="objections", meaning="stopped")
        if objection.lifted_at:
            what = Problem("lifted", LIFTED)
            yield Happened(objection.lifted_at, "objection_lifted", what, group="objections")


@tells_life
def erasures(person: UUID, records: Sequence[UUID], now: datetime) -> Iterable[Happened]:
    """Requests, and by when the erasure must be done while one is open."""
    for request in Obligation.objects.filter(person=person, kind=ERASURE_REQUEST):
        asked = Problem("erasure_asked", ASKED)
        yield Happened(request.opened_at, "erasure_asked", asked, group="requests", meaning="watch")
        if request.state == Obligation.State.OPEN and request.due_at:
            planned = Problem("erasure_planned", TO_BE_ERASED)
            yield Happened(
                request.due_at, "erasure_planned", planned, group="requests", meaning="watch", planned=True
            )
