"""GET /api/precall/snapshot: what may be called in the next quarter of an hour if nobody can be asked."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from duecause.apps.dialling import snapshots
from duecause.apps.dialling.api import DENY, MISTAKES, SCOPE, CentreKey, Denied
from duecause.apps.dialling.precall_actions import centre_actor
from duecause.apps.parties.models import Partner

log = logging.getLogger(__name__)
router = Router(auth=CentreKey(SCOPE), tags=["pre-call"])


class Given(Schema):
    """`snapshot` is signed; it holds the SHA-256 of `references`, each with a newline after it."""

    snapshot: str
    references: list[str]


@router.get(
    "/precall/snapshot",
    response={200: Given, **MISTAKES, 503: Denied},
    summary="Which rows may be called while nobody can be asked?",
)
def snapshot(request: HttpRequest) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    try:
        given = snapshots.give(actor=centre_actor(centre), centre=centre, now=datetime.now(UTC))
    except Exception as error:
        # Only the type: the message of a database error may quote what was asked.
        log.error("snapshot: none could be made: %s", type(error).__name__)
        return Status(503, DENY)
    return {"snapshot": given.note, "references": list(given.references)}
