"""Change the key that covers the tokens of one family, while everything runs.

| state | new tokens lie | whoever looks for a token looks under |
|---|---|---|
| announced | under the old cover | both |
| covering | under the new one | both; `sweep` goes through every table meanwhile |
| current | under the new one | the new one |

Between two states lie TOKEN_GRACE_SECONDS and the end of every transaction that began before: nobody is left
then who knows the state before only. A token is rewritten from its stored bytes; nothing sealed is opened,
and no value is needed. The replaced key is kept as long as copies of the database may need it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from duecause.apps.vault import covers, keyring, protection, token_tables
from duecause.apps.vault.models import TokenKey
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.sealing import new_key
from duecause.engine.token_covers import MOST_COVERS

State = TokenKey.State
UNDER_WAY = (State.ANNOUNCED, State.COVERING)
SWEEP_BATCH = 5_000
_GOES_ON = gettext_noop("The change of the token key %(family)s of %(since)s still goes on. Let it end.")
_ANOTHER = gettext_noop("Another worker changes the token key by now.")
_READ_FIRST = gettext_noop("Every process first reads that the token key changes.")
_OLDER = gettext_noop("A transaction that began before the change of the token key goes on.")
_BUSY = gettext_noop("Rows are written while their tokens are put under the new key.")
_NO_NUMBER = gettext_noop("All 255 numbers of token keys are in use.")


@dataclass(frozen=True, slots=True)
class Swept:
    """How far a table was gone through: `place` is the key of its last row that was."""

    place: str = ""
    rows: int = 0
    rewritten: int = 0
    ended: bool = False


class TooSoon(Exception):
    """Somebody may still know the state before only. `wait`: when to look again."""

    def __init__(self, why: str, wait: timedelta) -> None:
        super().__init__(why)
        self.wait = wait


def announce(family: str, *, now: datetime) -> TokenKey:
    """Make a new key for this family's cover and tell everybody to look under it too. Belongs into the
    transaction of the caller, who forgets the state (`covers.forget`) once that has ended.

    Raises Refused while an earlier change of the family goes on, Unavailable where a key service that shall
    protect the new key is silent.
    """
    running = TokenKey.objects.filter(family=family, state__in=UNDER_WAY).first()
    if running:
        since = f"{running.announced_at:%Y-%m-%d %H:%M}"
        raise Refused("keys.token_change_goes_on", _GOES_ON, family=family, since=since)
    number = _free_number()
    key_id = _make_key(family, number)
    current = TokenKey.objects.filter(family=family, state=State.CURRENT).first()
    return TokenKey.objects.create(
        number=number,
        family=family,
        key_id=key_id,
        replaces=current.number if current else 0,
        state=State.ANNOUNCED,
        announced_at=now,
        changed_at=now,
    )


def begin_covering(key: TokenKey, *, now: datetime) -> None:
    """From now on tokens are written under the new cover. Raises TooSoon, Unavailable where its key
    is missing."""
    if key.state != State.ANNOUNCED:
        return
    _wait_for_everybody(key, now)
    covers.cover(key.number)
    total = sum(table.rows() for table in token_tables.tables(key.family))
    _move(key, State.ANNOUNCED, State.COVERING, now, total=total)


def sweep(key: TokenKey, *, limit: int = SWEEP_BATCH) -> int | None:
    """Rewrite the tokens of the next `limit` rows, in one transaction that also says how far it came; how
    many rows it went through. None: every table was gone through once.

    Rows that change meanwhile are left to who changes them, and to `sweep_rest`. Raises TooSoon where another
    worker does the same.
    """
    open_tables = (table for table in token_tables.tables(key.family) if not _swept(key, table).ended)
    table = next(open_tables, None)
    if table is None:
        return None
    on, far = covers.cover(key.number), _swept(key, table)
    with transaction.atomic():
        batch = table.after(far.place, limit)
        further = Swept(
            place=table.place(batch[-1]) if batch else far.place,
            rows=far.rows + len(batch),
            rewritten=far.rewritten + table.rewrite(batch, on),
            ended=len(batch) < limit,
        )
        swept = {**key.swept, table.name: asdict(further)}
        held = TokenKey.objects.filter(pk=key.pk, state=State.COVERING, swept=key.swept)
        if not held.update(swept=swept):
            raise TooSoon(_ANOTHER, timedelta(minutes=1))
    key.swept = swept
    return len(batch)


def sweep_rest(key: TokenKey, *, limit: int = SWEEP_BATCH) -> int:
    """Rewrite what was written under the old cover while the tables were gone through; how many rows."""
    on, found = covers.cover(key.number), 0
    for table in token_tables.tables(key.family):
        while batch := table.left(on.number, limit):
            with transaction.atomic():
                rewritten = table.rewrite(batch, on)
            if not rewritten:
                break  # others change the same rows just now
            found += rewritten
    return found


def sweep_to_the_end(key: TokenKey, *, now: datetime) -> None:
    """After this no token lies under the old cover, and none will. Raises TooSoon while somebody may still
    write with it."""
    if key.state != State.COVERING:
        return
    _wait_for_everybody(key, now)
    sweep_rest(key)
    if any(table.left(key.number, 1) for table in token_tables.tables(key.family)):
        raise TooSoon(_BUSY, timedelta(seconds=10))


def finish(key: TokenKey, *, now: datetime) -> bool:
    """From now on nobody looks under the old cover. Comes after `sweep_to_the_end` and belongs into the
    transaction of the caller. False: that was so already."""
    if key.state != State.COVERING:
        return False
    TokenKey.objects.filter(pk=key.replaces, state=State.CURRENT).update(state=State.RETIRED, changed_at=now)
    _move(key, State.COVERING, State.CURRENT, now)
    return True


def sweep_late(*, limit: int = SWEEP_BATCH) -> int:
    """Rewrite what a process that was asleep wrote under a key that was replaced meanwhile; how many rows."""
    current = TokenKey.objects.filter(state=State.CURRENT)
    changing = TokenKey.objects.filter(state__in=UNDER_WAY).values("family")
    return sum(sweep_rest(key, limit=limit) for key in current.exclude(family__in=changing))


def gone_through(key: TokenKey) -> int:
    """Rows of every table together, of `key.total`."""
    return sum(_swept(key, table).rows for table in token_tables.tables(key.family))


def rewritten(key: TokenKey) -> dict[str, int]:
    """Table → rows."""
    return {table.name: _swept(key, table).rewritten for table in token_tables.tables(key.family)}


def tables_left(key: TokenKey) -> list[str]:
    return [table.name for table in token_tables.tables(key.family) if not _swept(key, table).ended]


def _swept(key: TokenKey, table: token_tables.Table) -> Swept:
    return Swept(**key.swept.get(table.name, {}))


def destroy_retired(*, kept_for: timedelta, now: datetime) -> list[str]:
    """Destroy the keys of covers that were replaced longer ago than copies of the database live; their
    ids."""
    gone = []
    for key in TokenKey.objects.filter(state=State.RETIRED, changed_at__lte=now - kept_for):
        path = covers.path_of(key.number, key.key_id)
        with transaction.atomic():
            TokenKey.objects.filter(pk=key.pk).update(state=State.DESTROYED, changed_at=now)
            keyring.write_once(path.with_suffix(".destroyed"), now.isoformat())
            if path.exists():
                keyring.destroy(path)
        gone.append(key.key_id)
    if gone:
        covers.forget()
    return gone


def _make_key(family: str, number: int) -> str:
    """Durably, before the database names it: a crash leaves a key that nothing lies under."""
    folder = settings.DATA / "keys"
    key = new_key()
    key_id = keyring.key_id(key)
    by = protection.how((folder / f"{family}.key").read_text())
    keyring.write_once(covers.path_of(number, key_id), protection.protect(key, by))
    keyring.sync(folder)
    return key_id


def _free_number() -> int:
    """One that no token carries, here or in a copy. It comes again when all were had and its key is gone."""
    used = dict(TokenKey.objects.values_list("number", "state"))
    folder = settings.DATA / "keys"
    files = {int(path.name.split("-")[1]): path for path in folder.glob("cover-*-*.*")}
    for number in range(1, MOST_COVERS + 1):
        if number not in used and number not in files:
            return number
    for number in range(1, MOST_COVERS + 1):
        path = files.get(number)
        if used.get(number, State.DESTROYED) == State.DESTROYED and (not path or path.suffix != ".key"):
            TokenKey.objects.filter(pk=number).delete()
            if path:
                path.unlink()
            return number
    raise Refused("keys.no_number", _NO_NUMBER)


def _move(key: TokenKey, before: str, after: str, now: datetime, **also: Any) -> None:
    moved = TokenKey.objects.filter(pk=key.pk, state=before).update(state=after, changed_at=now, **also)
    if not moved:
        raise TooSoon(_ANOTHER, timedelta(minutes=1))
    key.state, key.changed_at = after, now
    for name, value in also.items():
        setattr(key, name, value)
    covers.forget()


def _wait_for_everybody(key: TokenKey, now: datetime) -> None:
    """The state of `key` is long enough the same, and no transaction is older."""
    known_to_all = key.changed_at + timedelta(seconds=settings.TOKEN_STATE_SECONDS)
    until = key.changed_at + timedelta(seconds=settings.TOKEN_GRACE_SECONDS)
    if now < until:
        raise TooSoon(_READ_FIRST, until - now)
    if _older_transactions(known_to_all):
        raise TooSoon(_OLDER, timedelta(seconds=10))


def _older_transactions(moment: datetime) -> int:
    """On SQLite one transaction writes at a time, and ours would wait for it."""
    if connection.vendor != "postgresql":
        with transaction.atomic():
            TokenKey.objects.update(total=F("total"))
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND xact_start < %s AND pid <> pg_backend_pid()",
            [moment],
        )
        return int(cursor.fetchone()[0])
