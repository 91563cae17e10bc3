"""What changed about the people whom one of our own systems knows: a feed with a cursor of its own."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from ninja.security import HttpBearer

from duecause.apps.dialling.api import DENY, MISTAKES, UNREACHABLE, Denied, Unreadable
from duecause.apps.dialling.feed_api import LARGEST, Cursor, Problem, refusal
from duecause.apps.systems import actions
from duecause.apps.systems.actions import MOST_CHANGES, SCOPE, system_actor
from duecause.apps.systems.models import System
from duecause.apps.systems.queries import system_by_key
from duecause.engine.problems import Refused

log = logging.getLogger(__name__)


class SystemKey(HttpBearer):
    """The key of one of our systems. A call centre's key opens nothing here, and this one nothing there."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        try:
            return system_by_key(token)
        except Exception as error:
            log.error("%s: the key could not be checked: %s", SCOPE, type(error).__name__)
            return UNREACHABLE


router = Router(auth=SystemKey(), tags=["changes"])


class Change(Schema):
    """`kind`: correction (of `fields`; `values` holds what is right by now, as far as you may have it: what
    it does not name you mark as outdated), restriction, restriction_ended, objection, objection_lifted,
    consent (its new state stands in `scope`) or erasure. `person`: the customer number in your own `source`;
    null where the person was erased since: an erasure follows."""

    cursor: int
    kind: str
    source: str
    person: str | None
    fields: list[str]
    values: dict[str, str]
    scope: dict[str, str]
    at: str


class Changes(Schema):
    """`cursor` is what to acknowledge and to ask after next."""

    changes: list[Change]
    cursor: int
    more: bool


class Word(Schema):
    cursor: Cursor


class Receipt(Schema):
    cursor: int
    at: datetime | None


ANSWERS: dict[Any, Any] = {**MISTAKES, 409: Problem, 422: Problem | Unreadable, 503: Denied}


@router.get(
    "/changes", response={200: Changes, **ANSWERS}, summary="What changed about the people this system knows?"
)
def changes(
    request: HttpRequest,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = MOST_CHANGES,
) -> Any:
    system = request.auth  # type: ignore[attr-defined]
    if not isinstance(system, System):
        return Status(503, DENY)
    try:
        return actions.hand_out(
            actor=system_actor(system), system=system, after=after, limit=limit, now=datetime.now(UTC)
        )
    except Refused as refused:
        return refusal(refused)


@router.post("/changes/ack", response={200: Receipt, **ANSWERS}, summary="Everything up to here is done")
def acknowledge_changes(request: HttpRequest, word: Word) -> Any:
    system = request.auth  # type: ignore[attr-defined]
    if not isinstance(system, System):
        return Status(503, DENY)
    try:
        return actions.acknowledge(
            actor=system_actor(system), system=system, cursor=word.cursor, now=datetime.now(UTC)
        )
    except Refused as refused:
        return refusal(refused)
