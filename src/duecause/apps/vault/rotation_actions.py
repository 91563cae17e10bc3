"""Change the key-encryption key while everything runs.

Every process wraps with the new key within KEK_LIFETIME_SECONDS and unwraps with either. `rewrap` goes
through the rows that another key wrapped, in batches, and can be broken off and run again anywhere; nothing
sealed is touched. The replaced key is kept as long as copies of the key database live, because those copies
need it; with it the copies die too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections, router, transaction

from duecause.apps.vault import keyring, protection
from duecause.apps.vault.actions import BURIED, key_binding
from duecause.apps.vault.models import DataKey
from duecause.engine import sealing
from duecause.engine.problems import Refused, gettext_noop

NAME = "kek"
REWRAP_BATCH = 2_000
_UNDER_WAY = gettext_noop("%(count)s keys still wait for the last change of the key. Let it end first.")


@dataclass(frozen=True, slots=True)
class Retired:
    """A replaced KEK that is still there. `rows`: how many keys it still wraps."""

    kek_id: str
    since: datetime
    rows: int


def start() -> tuple[str, str]:
    """Make a new KEK, protected as the one before, and let it wrap from now on. Returns (old id, new id).

    Safe to repeat after a crash: a key that was prepared is the one that is used. Raises Refused while an
    earlier change still goes on, Unavailable.
    """
    wrapping = keyring.current().wrapping
    wrapping.read()
    old = wrapping.current_id
    if waiting := waiting_rows():
        raise Refused("keys.under_way", _UNDER_WAY, count=waiting)
    new = keyring.key_id(keyring.prepare_next(NAME))
    keyring.promote_next(NAME, retired=old)
    return old, new


def waiting_rows() -> int:
    """Keys that another KEK than the current one wraps."""
    current = keyring.current().wrapping.current_id
    return DataKey.objects.exclude(kek_id__in=(current, "")).exclude(wrapped=BURIED).count()


def rewrap(*, limit: int = REWRAP_BATCH) -> int:
    """Wrap up to `limit` keys again under the current KEK, in one transaction; how many there were.

    A key that is destroyed meanwhile stays destroyed: its row is locked before it is read.
    """
    wrapping = keyring.current().wrapping
    kek_id, kek = wrapping.current
    alias = router.db_for_write(DataKey)
    with transaction.atomic(using=alias):
        rows = DataKey.objects.using(alias).exclude(kek_id__in=(kek_id, "")).exclude(wrapped=BURIED)
        found = list(rows.select_for_update().order_by("pk")[:limit])
        for row in found:
            bound_to = key_binding(row.owner, row.compartment)
            key = sealing.open_sealed(wrapping.of(row.kek_id), bytes(row.wrapped), bound_to=bound_to)
            row.wrapped, row.kek_id = sealing.seal(kek, key, bound_to=bound_to), kek_id
        table = connections[alias].ops.quote_name(DataKey._meta.db_table)
        with connections[alias].cursor() as cursor:
            cursor.executemany(
                f"UPDATE {table} SET wrapped = %s, kek_id = %s WHERE id = %s",  # noqa: S608
                [(bytes(row.wrapped), row.kek_id, row.pk) for row in found],
            )
    return len(found)


def retired() -> list[Retired]:
    """Replaced KEKs that are still kept, oldest first."""
    found = [
        Retired(
            kek_id=path.stem.removeprefix("kek-"),
            since=datetime.fromtimestamp(path.stat().st_mtime, UTC),
            rows=DataKey.objects.filter(kek_id=path.stem.removeprefix("kek-"))
            .exclude(wrapped=BURIED)
            .count(),
        )
        for path in _files()
    ]
    return sorted(found, key=lambda each: each.since)


def destroy_retired(*, kept_for: timedelta, now: datetime) -> list[str]:
    """Destroy the replaced KEKs that are older than `kept_for` and wrap nothing any more; their ids."""
    gone = []
    for each in retired():
        if now - each.since >= kept_for and not each.rows:
            keyring.destroy(settings.DATA / "keys" / f"kek-{each.kek_id}.key")
            gone.append(each.kek_id)
    if gone:
        keyring.current().wrapping.read()
    return gone


def protect(by: str) -> None:
    """Keep the same KEKs in another way: `file`, or `transit KEY`. Raises Refused and Unavailable; then
    nothing changed."""
    folder = settings.DATA / "keys"
    texts = {path: path.read_text() for path in [folder / "kek.key", *_files()]}
    for path, text in {
        path: protection.protect(protection.reveal(text), by) for path, text in texts.items()
    }.items():
        _replace(path, text)
    keyring.current().wrapping.read()


def _files() -> Iterator[Path]:
    return (path for path in (settings.DATA / "keys").glob("kek-*.key") if path.stem != "kek-next")


def _replace(path: Path, text: str) -> None:
    """The new text is there, durably, before the old one goes. The file keeps its date: it says since when a
    key is retired."""
    temporary, date = path.with_suffix(".new"), path.stat()
    temporary.unlink(missing_ok=True)
    keyring.write_once(temporary, text)
    os.utime(temporary, ns=(date.st_atime_ns, date.st_mtime_ns))
    with path.open("r+b") as old:
        temporary.replace(path)
        keyring.sync(path.parent)
        keyring.zero(old.fileno())
