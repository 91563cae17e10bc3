"""The lists that a call centre holds, and its word about each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, StringConstraints

from duecause.apps.dialling import custody_actions, custody_queries
from duecause.apps.dialling.api import DENY, CentreKey
from duecause.apps.dialling.custody_queries import Held
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.feed_api import ANSWERS, SCOPE, refusal
from duecause.apps.parties.models import Partner
from duecause.engine.problems import Refused

Mark = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[\x21-\x7e]+$")]
Hash = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f]*$")]
Name = Annotated[str, StringConstraints(max_length=10, pattern=r"^[a-z]*$")]

router = Router(auth=CentreKey(SCOPE), tags=["lists"])


class HeldList(Schema):
    """`list` is the value of the column “list”. `sha256` is of the list as it is once opened. `received_by`,
    `gone_by`: when your word is due; `gone_by` is null while the list runs."""

    list: str
    rows: int
    released_at: datetime
    expires_at: datetime
    recalled_at: datetime | None
    sha256: str
    received_at: datetime | None
    received_by: datetime | None
    gone_by: datetime | None


class Lists(Schema):
    lists: list[HeldList]


class Word(Schema):
    """`word`: received (with the `sha256` of the list, opened), destroyed or returned; `at`: when."""

    list: Mark
    word: Name
    at: AwareDatetime
    sha256: Hash = ""


class Taken(Schema):
    list: str
    word: str
    at: datetime
    said_at: datetime


@router.get("/lists", response={200: Lists, **ANSWERS}, summary="Which lists do we hold?")
def lists(request: HttpRequest) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    return {"lists": [_shown(held) for held in custody_queries.lists_of(centre)]}


def _shown(held: Held) -> dict[str, Any]:
    release, arrival, end = held.release, held.arrival, held.end
    return {
        "list": release.watermark,
        "rows": release.rows,
        "released_at": release.released_at,
        "expires_at": release.expires_at,
        "recalled_at": release.recalled_at,
        "sha256": release.file_sha256,
        "received_at": arrival.at if arrival else None,
        "received_by": arrival.due_at if arrival else None,
        "gone_by": end.due_at if end else None,
    }


@router.post("/lists/confirm", response={200: Taken, **ANSWERS}, summary="A list arrived, or is gone")
def confirm(request: HttpRequest, word: Word) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    said = custody_actions.Said(word=word.word, at=word.at, sha256=word.sha256)
    try:
        row = custody_actions.say(
            actor=partner_actor(centre), partner=centre, mark=word.list, said=said, now=datetime.now(UTC)
        )
    except Refused as refused:
        return refusal(refused)
    return {"list": word.list, "word": row.word, "at": row.at, "said_at": row.said_at}
