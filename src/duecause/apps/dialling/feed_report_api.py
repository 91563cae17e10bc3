"""What a call centre reports back: objections that it took, and its calls. The answers tell nothing about
persons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field, StringConstraints

from duecause.apps.dialling import attempt_actions
from duecause.apps.dialling import feed_report_actions as reports
from duecause.apps.dialling.api import DENY, CentreKey
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.feed_api import ANSWERS, SCOPE, refusal
from duecause.apps.parties.models import Partner
from duecause.engine.problems import Refused

Word = Annotated[str, StringConstraints(max_length=64, pattern=r"^[\x20-\x7e]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]

router = Router(auth=CentreKey(SCOPE), tags=["feed"])


class ReportedObjection(Schema):
    """`client_id` is yours: telling it twice counts once. `reference` of a row, or `number` as +E.164."""

    client_id: Name
    reference: Word = ""
    number: Word = ""
    at: AwareDatetime
    scope: Word = "all_marketing"
    how: Word = "call"


class Call(Schema):
    reference: Name
    at: AwareDatetime
    outcome: Word
    refusal: bool = False
    script: Annotated[str, StringConstraints(max_length=10, pattern=r"^[a-z0-9-]*$")] = ""


class Calls(Schema):
    attempts: list[Call] = Field(min_length=1, max_length=attempt_actions.MOST_ATTEMPTS)


class Accepted(Schema):
    accepted: int


class NotTaken(Schema):
    """`place`: which of the calls sent, counted from 0."""

    place: int
    code: str
    message: str


class Taken(Schema):
    """`accepted`: calls that are kept, whether they were reported before or not; the others are `refused`."""

    accepted: int
    refused: list[NotTaken] = []


@router.post("/objections", response={202: Accepted, **ANSWERS}, summary="A person objected to us")
def report_objection(request: HttpRequest, objection: ReportedObjection) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    try:
        reports.report_objection(
            actor=partner_actor(centre),
            partner=centre,
            reported=reports.Reported(**objection.dict()),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return refusal(refused)
    return Status(202, {"accepted": 1})


@router.post("/attempts", response={202: Taken, **ANSWERS}, exclude_unset=True, summary="Calls that we made")
def return_attempts(request: HttpRequest, calls: Calls) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    try:
        done = attempt_actions.return_attempts(
            actor=partner_actor(centre),
            partner=centre,
            calls=[attempt_actions.Call(**call.dict()) for call in calls.attempts],
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return refusal(refused)
    return Status(202, taken(len(calls.attempts), done))


def taken(sent: int, done: attempt_actions.Returned) -> dict[str, Any]:
    """What is said of calls that were sent."""
    answer: dict[str, Any] = {"accepted": sent - len(done.refused)}
    if done.refused:
        answer["refused"] = [
            {"place": place, "code": problem.code, "message": problem.text}
            for place, problem in done.refused.items()
        ]
    return answer
