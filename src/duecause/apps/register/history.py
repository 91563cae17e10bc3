"""What earlier files said of a record. A record holds the newest statement of its source; when a file changes
it, what stood there before is noted here, so that every field keeps the file, day and consent it came with.

Kept in `Record.history`: one entry per file that changed the record, the first being the state before. No
value is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from duecause.apps.register.models import Record


@dataclass(frozen=True, slots=True)
class Statement:
    """What one file, or the person, said: where in the file, when we noted it, what it rests on. `wording` is
    the key of a consent text. `added`, `changed` and `removed` are fields; of the first statement all
    fields are `added`."""

    batch: UUID | None
    sheet: str
    row: int
    at: datetime
    obtained_on: date | None
    basis: str
    wording: int | None
    added: frozenset[str]
    changed: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    def plain(self) -> dict[str, Any]:
        return {
            "batch": str(self.batch) if self.batch else None,
            "sheet": self.sheet,
            "row": self.row,
            "at": self.at.isoformat(),
            "obtained_on": self.obtained_on.isoformat() if self.obtained_on else None,
            "basis": self.basis,
            "wording": self.wording,
            "added": sorted(self.added),
            "changed": sorted(self.changed),
            "removed": sorted(self.removed),
        }


def statements_of(record: Record) -> tuple[Statement, ...]:
    """The oldest first; at least one. Every field of the record was added by one of them.

    A record that was changed before such histories were kept counts as what its newest file said.
    """
    if not record.history:
        return (_now(record, frozenset(record.fields)),)
    return tuple(_read(entry) for entry in record.history)


def extended(
    record: Record,
    *,
    batch: UUID | None,
    sheet: str,
    row: int,
    at: datetime,
    obtained_on: date | None,
    basis: str,
    wording: int | None,
    fields: Collection[str],
    changes: Collection[str],
) -> list[dict[str, Any]]:
    """The history of `record` (as it is stored) once a file gives it these `fields`; `changes` names those
    whose value differs."""
    before, after = frozenset(record.fields), frozenset(fields)
    made = Statement(
        batch=batch,
        sheet=sheet,
        row=row,
        at=at,
        obtained_on=obtained_on,
        basis=basis,
        wording=wording,
        added=after - before,
        changed=frozenset(changes) & before & after,
        removed=before - after,
    )
    return [*(statement.plain() for statement in statements_of(record)), made.plain()]


def by_person(statement: Statement) -> bool:
    """What no file says, the person said (correct_actions.py)."""
    return statement.batch is None


def source_of(field: str, statements: Sequence[Statement]) -> Statement:
    """The statement that gave a field the value it has now. Raises ValueError for a field it does not
    have."""
    for statement in reversed(statements):
        if field in statement.changed or field in statement.added:
            return statement
        if field in statement.removed:
            break
    raise ValueError(f"no statement gave the field {field}")


def had(field: str, moment: datetime, statements: Sequence[Statement]) -> bool:
    """Whether the record had the field at a moment."""
    held = False
    for statement in statements:
        if statement.at <= moment:
            held = (held or field in statement.added) and field not in statement.removed
    return held


def touched_after(field: str, moment: datetime, statements: Sequence[Statement]) -> bool:
    """Whether a later file gave the field another value, or took it away, after a moment."""
    return any(
        statement.at > moment and field in statement.added | statement.changed | statement.removed
        for statement in statements[1:]
    )


def _now(record: Record, fields: frozenset[str]) -> Statement:
    return Statement(
        batch=record.batch_id,
        sheet=record.sheet,
        row=record.row,
        at=record.recorded_at,
        obtained_on=record.obtained_on,
        basis=record.basis,
        wording=record.wording_id,
        added=fields,
    )


def _read(entry: Mapping[str, Any]) -> Statement:
    return Statement(
        batch=UUID(entry["batch"]) if entry["batch"] else None,
        sheet=entry["sheet"],
        row=entry["row"],
        at=datetime.fromisoformat(entry["at"]),
        obtained_on=date.fromisoformat(entry["obtained_on"]) if entry["obtained_on"] else None,
        basis=entry["basis"],
        wording=entry["wording"],
        added=frozenset(entry["added"]),
        changed=frozenset(entry["changed"]),
        removed=frozenset(entry["removed"]),
    )
