"""POST /api/precall: may these numbers be called now? Every answer that is not an explicit allow is a no."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.security import HttpBearer
from pydantic import Field, StringConstraints, model_validator

from duecause.apps.dialling.precall import MOST_NUMBERS, VALID_SECONDS, Decision, scripts_of
from duecause.apps.dialling.precall_actions import centre_actor, precall
from duecause.apps.parties.actions import note_key_use
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import partner_by_key, prefix_of

SCOPE = "precall"
DENY = {"decision": "deny", "reason": "denied"}
UNREACHABLE = object()
log = logging.getLogger(__name__)

# No control characters: a database may break on them, and a break answers 503 instead of naming the field.
Short = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00-\x1f]*$")]


class CentreKey(HttpBearer):
    """A call centre's key. Unknown, revoked and out of scope are the same 401."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        try:
            partner = partner_by_key(token, scope=self.scope)
            if partner is not None:
                note_key_use(prefix=prefix_of(token), now=datetime.now(UTC))
            return partner
        except Exception as error:
            log.error("%s: the key could not be checked: %s", self.scope, type(error).__name__)
            return UNREACHABLE


class Question(Schema):
    """One `number` or up to 1,000 `numbers`, as +E.164; `campaign` limits the check to one campaign."""

    number: Short | None = None
    numbers: list[Short] = Field(default_factory=list, max_length=MOST_NUMBERS)
    campaign: Short = ""

    @model_validator(mode="after")
    def one_way(self) -> Question:
        if (self.number is None) == (not self.numbers):
            raise ValueError("give either number or numbers")
        return self

    def asked(self) -> list[str]:
        return self.numbers or [self.number or ""]


class Result(Schema):
    """`reason` is one of denied, expired, not_on_your_list, too_often, outside_hours and zone_unknown.
    `again_on` comes with too_often: the day on which the number may be called again, as far as is known now;
    `not_before` with outside_hours: the moment from which it may be called. `scripts` comes with an allow:
    the names of the scripts in force, by language (see /scripts)."""

    number: str
    decision: str
    reason: str | None = None
    again_on: date | None = None
    not_before: datetime | None = None
    scripts: dict[str, str] = Field(default_factory=dict)


class Answer(Schema):
    results: list[Result]
    checked_at: datetime
    valid_seconds: int


class Denied(Schema):
    """Nothing may be called: the check could not be made."""

    decision: str
    reason: str


class Said(Schema):
    """What is wrong with the request as a whole: no JSON, or no key of this scope."""

    detail: str


class Wrong(Schema):
    """Where a value of the request stands, and what is wrong with it."""

    type: str
    loc: list[str | int]
    msg: str


class Unreadable(Schema):
    detail: list[Wrong]


MISTAKES: dict[Any, Any] = {400: Said, 401: Said}

router = Router(auth=CentreKey(SCOPE), tags=["pre-call"])


@router.post(
    "/precall",
    response={200: Answer, **MISTAKES, 422: Unreadable, 503: Denied},
    exclude_unset=True,
    summary="May these numbers be called now?",
)
def check(request: HttpRequest, question: Question) -> Any:
    now = datetime.now(UTC)
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    asked = question.asked()
    try:
        decisions = precall(
            actor=centre_actor(centre), centre=centre, campaign=question.campaign, numbers=asked, now=now
        )
    except Exception as error:
        # Only the type: the message of a database error may quote what was asked.
        log.error("pre-call: no decision could be made: %s", type(error).__name__)
        return Status(503, DENY)
    results = [_result(number, made, now) for number, made in zip(asked, decisions, strict=True)]
    return {"results": results, "checked_at": now, "valid_seconds": VALID_SECONDS}


def _result(number: str, made: Decision, now: datetime) -> dict[str, Any]:
    result: dict[str, Any] = {
        "number": number,
        "decision": "allow" if made.allowed else "deny",
        "reason": made.reason or None,
    }
    later = {"again_on": made.again_on, "not_before": made.not_before, "scripts": scripts_of(made, now)}
    return result | {name: said for name, said in later.items() if said}
