"""How the keys of tokens stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from duecause.apps.vault import copies, keyring, token_rotation_actions
from duecause.apps.vault.models import TokenKey

State = TokenKey.State


@dataclass(frozen=True, slots=True)
class Change:
    """One that goes on: `done` of `total` rows were gone through, in `tables` it did not end. `ends_at` at
    the speed so far; None while that is not known."""

    key_id: str
    state: str
    since: datetime
    done: int
    total: int
    tables: list[str]
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """`needed`: numbers of the covers under which tokens of this family lie. `retired`: key id → when it will
    be destroyed."""

    family: str
    key_id: str
    since: datetime
    needed: list[int]
    change: Change | None
    retired: dict[str, datetime]
    now: datetime

    @property
    def age(self) -> timedelta:
        return self.now - self.since

    @property
    def too_old(self) -> bool:
        return self.age > copies.token_keys_serve()

    def as_json(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "key": self.key_id,
            "since": self.since.isoformat(),
            "age_days": self.age.days,
            "change": None if self.change is None else _change_json(self.change),
            "retired": [{"key": key, "ends": end.isoformat()} for key, end in self.retired.items()],
        }

    def lines(self) -> Iterator[str]:
        yield f"Token key {self.family}: {self.key_id} since {self.since:%Y-%m-%d}, {self.age.days} days"
        if self.too_old:
            yield f"MEND  change it: duecause vault rotate --token {self.family}"
        if self.change:
            yield from _change_lines(self.change)
        for key_id, end in self.retired.items():
            yield f"  replaced token key {key_id}: kept for copies of the database until {end:%Y-%m-%d}"


def standing(*, now: datetime) -> list[Standing]:
    """Of each family."""
    rows = list(TokenKey.objects.order_by("number"))
    return [
        _standing(str(family), [row for row in rows if row.family == family], now)
        for family in TokenKey.Family.values
    ]


def _standing(family: str, rows: list[TokenKey], now: datetime) -> Standing:
    current = next((row for row in rows if row.state == State.CURRENT), None)
    change = next((row for row in rows if row.state in token_rotation_actions.UNDER_WAY), None)
    path = settings.DATA / "keys" / f"{family}.key"
    kept = copies.token_keys_kept()
    return Standing(
        family=family,
        key_id=current.key_id if current else keyring.token_key_id(family),
        since=current.announced_at if current else datetime.fromtimestamp(path.stat().st_mtime, UTC),
        needed=[row.number for row in (current, change) if row],
        change=_change(change, now) if change else None,
        retired={row.key_id: row.changed_at + kept for row in rows if row.state == State.RETIRED},
        now=now,
    )


def _change(key: TokenKey, now: datetime) -> Change:
    done, covering = token_rotation_actions.gone_through(key), key.state == State.COVERING
    seconds = (now - key.changed_at).total_seconds()
    known = covering and done and seconds > 0
    return Change(
        key_id=key.key_id,
        state=key.state,
        since=key.announced_at,
        done=done,
        total=key.total,
        tables=token_rotation_actions.tables_left(key),
        ends_at=now + timedelta(seconds=seconds * max(key.total - done, 0) / done) if known else None,
    )


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "key": change.key_id,
        "state": change.state,
        "since": change.since.isoformat(),
        "done": change.done,
        "total": change.total,
        "tables_left": change.tables,
        "ends_at": change.ends_at.isoformat() if change.ends_at else None,
    }


def _change_lines(change: Change) -> Iterator[str]:
    yield f"  is being changed to {change.key_id} since {change.since:%Y-%m-%d %H:%M} UTC: {change.state}"
    if change.state == State.COVERING:
        until = f", until about {change.ends_at:%H:%M} UTC" if change.ends_at else ""
        yield f"  {change.done} of {change.total} rows gone through{until}"
    if change.tables:
        yield f"  tables left: {', '.join(change.tables)}"
