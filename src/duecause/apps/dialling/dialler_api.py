"""POST /api/dispositions: a dialler reports calls as they end, each report signed instead of with a key."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from duecause.apps.dialling.api import DENY, UNREACHABLE
from duecause.apps.dialling.attempt_actions import Call
from duecause.apps.dialling.dialler_actions import TAKEN_BEFORE, signing_centre, take_report, valid_for
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.feed_api import ANSWERS, SCOPE, refusal
from duecause.apps.dialling.feed_report_api import Calls, Taken, taken
from duecause.apps.parties.models import Partner
from duecause.engine.problems import Refused
from duecause.engine.webhook_signature import SIGNATURE, TIMESTAMP, genuine

log = logging.getLogger(__name__)
CENTRE = "Duecause-Centre"
LARGEST_REPORT = 512 * 1024
router = Router(tags=["feed"])


def _signed(request: HttpRequest) -> Any:
    """The centre whose dialler signed this report just now. Unknown, forged, too old and too new are the same
    401."""
    try:
        now = datetime.now(UTC)
        centre, secret = signing_centre(request.headers.get(CENTRE, "")[:40])
        real = len(request.body) <= LARGEST_REPORT and genuine(
            secret=secret,
            timestamp=request.headers.get(TIMESTAMP, ""),
            given=request.headers.get(SIGNATURE, ""),
            body=request.body,
            now=now,
            within=valid_for(now),
        )
        return centre if real else None
    except Exception as error:
        log.error("%s: the signature could not be checked: %s", SCOPE, type(error).__name__)
        return UNREACHABLE


@router.post(
    "/dispositions",
    auth=_signed,
    response={202: Taken, **ANSWERS},
    exclude_unset=True,
    summary="Calls that a dialler reports as they end (signed)",
)
def dispositions(request: HttpRequest, calls: Calls) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    try:
        done = take_report(
            actor=partner_actor(centre),
            partner=centre,
            calls=[Call(**call.dict()) for call in calls.attempts],
            signature=request.headers.get(SIGNATURE, ""),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        if refused.code == TAKEN_BEFORE:
            return Status(409, {"code": refused.code, "message": refused.problem.text})
        return refusal(refused)
    return Status(202, taken(len(calls.attempts), done))
