"""What systems tell of contacts: a batch with a key, or one signed message of the telephony."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from ninja.security import HttpBearer
from pydantic import AwareDatetime, Field, StringConstraints

from duecause.apps.interactions import actions, pops
from duecause.apps.interactions.models import ContactSystem, Interaction
from duecause.apps.interactions.queries import signing_system, system_by_key
from duecause.apps.interactions.telling import Told
from duecause.engine.webhook_signature import SIGNATURE, TIMESTAMP, genuine
from duecause.packs.interactions import terms

log = logging.getLogger(__name__)
SYSTEM = "Duecause-System"
LARGEST_MESSAGE = 16 * 1024
UNREACHABLE = object()
NOT_SAID = {"detail": "Unauthorized"}
NOT_NOW = {"detail": "This cannot be taken now. Send it again."}

Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ContactKey(HttpBearer):
    """The key of a system that tells of contacts. No other key opens anything here."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        try:
            return system_by_key(token)
        except Exception as error:
            log.error("%s: the key could not be checked: %s", actions.SCOPE, type(error).__name__)
            return UNREACHABLE


class Contact(Schema):
    """One contact or piece of work of an `employee` (user name) or a `team` (code). `number` (+E.164),
    `email` or `customer_no`: by what the person is known to you; none where nobody is known yet. Tell it
    again with the same `reference` once it ended or the person is known. `contact`: the person was reached;
    `drawn`: a system chose it; `made_by`: who made the ticket (user name)."""

    reference: Reference
    kind: Word
    begun_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    employee: Word = ""
    team: Word = ""
    number: Word = ""
    email: Word = ""
    customer_no: Word = ""
    contact: bool | None = None
    drawn: bool | None = None
    made_by: Word = ""


class Contacts(Schema):
    interactions: list[Contact] = Field(min_length=1, max_length=actions.MOST_AT_ONCE)


class NotTaken(Schema):
    """`place`: which of the contacts sent, counted from 0."""

    place: int
    code: str
    message: str


class Taken(Schema):
    """`accepted`: contacts that are kept, whether they were told before or not; the others are `refused`."""

    accepted: int
    refused: list[NotTaken] = []


class Message(Contact):
    """One signed message of the telephony, as a call rings, is answered or ends."""


class Rung(Schema):
    """`pop`: the address that opens the desk for the employee who is called, once; null where nobody is."""

    accepted: int
    refused: list[NotTaken] = []
    pop: str | None = None


class Said(Schema):
    detail: str


class Wrong(Schema):
    type: str
    loc: list[str | int]
    msg: str


class Unreadable(Schema):
    detail: list[Wrong]


ANSWERS: dict[Any, Any] = {400: Said, 401: Said, 422: Unreadable, 503: Said}
router = Router(auth=ContactKey(), tags=["contacts"])


@router.post("/interactions", response={202: Taken, **ANSWERS}, summary="Contacts and work of our employees")
def tell(request: HttpRequest, contacts: Contacts) -> Any:
    system = request.auth  # type: ignore[attr-defined]
    if not isinstance(system, ContactSystem):
        return Status(503, NOT_NOW)
    told = [Told(**each.dict()) for each in contacts.interactions]
    taken = actions.take(actor=actions.contact_actor(system), system=system, told=told, now=datetime.now(UTC))
    return Status(202, _answer(len(told), taken))


def _signed(request: HttpRequest) -> Any:
    """The system that signed this message just now, once. Unknown, forged, old and repeated are the same
    401."""
    try:
        now = datetime.now(UTC)
        body = request.body
        system, secret = signing_system(request.headers.get(SYSTEM, "")[:40])
        given = request.headers.get(SIGNATURE, "")
        real = len(body) <= LARGEST_MESSAGE and genuine(
            secret=secret,
            timestamp=request.headers.get(TIMESTAMP, ""),
            given=given,
            body=body,
            now=now,
            within=terms(now.date()).webhook_valid,
        )
        if system is None or not real:
            return None
        digest = hashlib.sha256(given.encode()).hexdigest()
        return system if actions.take_once(system=system, digest=digest, now=now) else None
    except Exception as error:
        log.error("%s: the signature could not be checked: %s", actions.SCOPE, type(error).__name__)
        return UNREACHABLE


@router.post(
    "/interactions/cti",
    auth=_signed,
    response={202: Rung, **ANSWERS},
    summary="A call rings, is answered or ends (signed)",
)
def ring(request: HttpRequest, message: Message) -> Any:
    system = request.auth  # type: ignore[attr-defined]
    if not isinstance(system, ContactSystem):
        return Status(503, NOT_NOW)
    now = datetime.now(UTC)
    told = Told(**message.dict())
    with transaction.atomic():
        taken = actions.take(actor=actions.contact_actor(system), system=system, told=[told], now=now)
        answer = _answer(1, taken)
        if not taken.refused and told.employee and told.ended_at is None:
            own = Interaction.objects.get(
                system=system, reference=told.reference, employee__username__iexact=told.employee
            )
            hint = pops.offer(own, now=now)
            answer["pop"] = f"{reverse('desk:pop')}?hint={hint}"
    return Status(202, answer)


def _answer(told: int, taken: actions.Taken) -> dict[str, Any]:
    refused = [
        {"place": place, "code": problem.code, "message": problem.text}
        for place, problem in taken.refused.items()
    ]
    return {"accepted": told - len(refused), "refused": refused}
