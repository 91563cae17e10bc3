"""Open, through the gate, what a file for a call centre needs of its rows: one number each and few fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from duecause.apps.dialling.facts import among, chunks
from duecause.apps.dialling.lists import PHONES
from duecause.apps.dialling.models import ListRow
from duecause.apps.gate.actions import open_for_job
from duecause.apps.register.fields import is_phone, numbers_in
from duecause.apps.register.models import Record
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor

RECORDS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Opened:
    """Clear text of one row, in memory only. `number` is the one that was screened, as +E.164; None where the
    record no longer holds it."""

    number: str | None
    values: dict[str, str]


def open_rows(
    *, rows: Iterable[ListRow], fields: Collection[str], why: str, work: UUID, now: datetime
) -> dict[int, Opened]:
    """List-row id → what was opened. A row whose record or key is gone is missing. One gate event per 20,000
    records; `work` names what it is for."""
    actor = Actor.job(str(work), f"open:{why}")
    wanted = [name for name in fields if not is_phone(name)]
    found: dict[int, Opened] = {}
    for part in chunks((row for row in rows if row.record_id is not None), RECORDS_AT_ONCE):
        ids = [row.record_id for row in part if row.record_id is not None]
        opened = open_for_job(
            actor=actor, kind="record", ids=ids, fields=(*wanted, *PHONES), why=why, now=now
        )
        languages = _languages(ids) if "language" in wanted else {}
        tokens = _tokens(opened.values())
        for row in part:
            content = opened.get(row.record_id) if row.record_id is not None else None
            if content is None or row.token is None:
                continue
            numbers = (number for number in numbers_in(content) if tokens[number] == bytes(row.token))
            values = {name: str(content[name]) for name in wanted if content.get(name)}
            if row.record_id in languages:
                values.setdefault("language", languages[row.record_id])
            found[row.pk] = Opened(next(numbers, None), values)
    return found


def _tokens(contents: Iterable[dict[str, str]]) -> dict[str, bytes]:
    numbers = sorted({number for content in contents for number in numbers_in(content)})
    tokens = indexes.dial_tokens([int(number.removeprefix("+")) for number in numbers])
    return {number: token.tobytes() for number, token in zip(numbers, tokens, strict=True)}


def _languages(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(among(Record.objects.all(), "pk", ids, "pk", "language"))
