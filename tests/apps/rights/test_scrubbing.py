"""Rewriting a table waits for whoever still needs its dead rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections

from duecause.apps.rights import scrubbing

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite rewrites no tables"),
]

# Several: the samples of one might be on a page that is tidied up in passing.
COLUMNS = [f"value_{number}" for number in range(12)]


@contextmanager
def _dead_rows_without_their_long_values() -> Iterator[threading.Event]:
    """An older transaction of the other database moves the horizon of a new snapshot back to before the
    samples of `sampled` were replaced, while the overflow of the replaced ones is vacuumed already.
    The transactions end when the event is set."""
    keys, reader = (connections[alias].copy() for alias in ("keys", "default"))
    over = threading.Event()
    waiting = threading.Thread(target=_end, args=(over, keys, reader))
    with connection.cursor() as cursor, keys.cursor() as older, reader.cursor() as newer:
        cursor.execute(f"CREATE TABLE sampled ({', '.join(f'{name} bytea' for name in COLUMNS)})")
        try:
            older.execute("BEGIN")
            older.execute("CREATE TEMPORARY TABLE written (number int)")
            for start in (0, 10_000):
                cursor.execute("TRUNCATE sampled")
                values = ", ".join(["sha512(n::text::bytea) || sha512((n + 1)::text::bytea)"] * len(COLUMNS))
                cursor.execute(
                    f"INSERT INTO sampled SELECT {values} FROM generate_series({start}, {start + 2000}) n"
                )
                cursor.execute("ANALYZE sampled")
            cursor.execute("VACUUM pg_toast.pg_toast_2619")
            newer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            newer.execute("SELECT 1 FROM sampled LIMIT 1")
            waiting.start()
            yield over
        finally:
            over.set()
            waiting.join()
            cursor.execute("DROP TABLE sampled")


def _end(over: threading.Event, *open_connections: Any) -> None:
    over.wait(30)
    for opened in open_connections:
        opened.inc_thread_sharing()
        opened.close()


def test_a_rewrite_waits_until_nobody_needs_the_dead_rows() -> None:
    with _dead_rows_without_their_long_values() as over:
        threading.Timer(0.6, over.set).start()
        began = time.monotonic()
        scrubbing.scrub([])
        assert time.monotonic() - began > 0.5
        assert over.is_set()


def test_a_rewrite_that_cannot_wait_longer_says_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "PATIENCE", 0.3)
    with _dead_rows_without_their_long_values(), pytest.raises(scrubbing.Busy):
        scrubbing.scrub([])
