"""The feed of a call centre: what it must act on, its word that it has, and what it reports back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from duecause.apps.dialling import feed_actions
from duecause.apps.dialling.api import DENY, MISTAKES, CentreKey, Denied, Unreadable
from duecause.apps.dialling.feed_queries import MOST_ENTRIES
from duecause.apps.parties.models import Partner
from duecause.engine.problems import Refused

SCOPE = feed_actions.FEED
LARGEST = 2**63 - 1
Cursor = Annotated[int, Field(ge=0, le=LARGEST)]
Note = Annotated[str, StringConstraints(max_length=20_000)]

router = Router(auth=CentreKey(SCOPE), tags=["feed"])


class Reach(Schema):
    """`kind`: all_marketing, channel, campaign; list for a recall, erasure for an erasure."""

    kind: str
    channel: str
    campaign: str


class Entry(Schema):
    """`kind`: objection (stop calling the rows `references`), recall (stop calling every row of the list with
    the watermark `list`, or the rows `references` where the list is of your own making), erasure (delete the
    rows `references`, everywhere), lifted (the objection to calling the rows `references` no longer
    holds) or correction (what you hold in the columns `fields` of the rows `references` is wrong: take what
    the page's `values` say, and delete what they do not name)."""

    cursor: int
    kind: str
    references: list[str]
    fields: list[str] = []
    list: str
    scope: Reach
    at: str


class Right(Schema):
    """What is right by now in one column of a row; only where you may still hold it."""

    cursor: int
    reference: str
    field: str
    value: str


class FeedPage(Schema):
    """`cursor` is what to acknowledge and to ask after next; `checkpoint` the newest one of the ledger.
    `values` belong to the corrections among `entries`; `sha256` is of `entries` alone."""

    entries: list[Entry]
    values: list[Right]
    cursor: int
    more: bool
    checkpoint: str
    sha256: str


class Word(Schema):
    cursor: Cursor
    checkpoint_cosignature: Note = ""


class Receipt(Schema):
    cursor: int
    at: datetime | None
    entries: int
    sha256: str
    cosigned: bool


class Problem(Schema):
    code: str
    message: str


ANSWERS: dict[Any, Any] = {**MISTAKES, 409: Problem, 422: Problem | Unreadable, 503: Denied}


@router.get(
    "/feed",
    response={200: FeedPage, **ANSWERS},
    exclude_unset=True,
    summary="What must this call centre act on?",
)
def feed(
    request: HttpRequest,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = MOST_ENTRIES,
) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    try:
        return feed_actions.hand_out(
            actor=feed_actions.partner_actor(centre),
            partner=centre,
            after=after,
            limit=limit,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return refusal(refused)


@router.post("/feed/ack", response={200: Receipt, **ANSWERS}, summary="Everything up to here is done")
def acknowledge(request: HttpRequest, word: Word) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    try:
        return feed_actions.acknowledge(
            actor=feed_actions.partner_actor(centre),
            partner=centre,
            cursor=word.cursor,
            cosigned_checkpoint=word.checkpoint_cosignature,
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return refusal(refused)


def refusal(refused: Refused) -> Any:
    status = 409 if refused.code == "cursor_never_given" else 422
    return Status(status, {"code": refused.code, "message": refused.problem.text})
