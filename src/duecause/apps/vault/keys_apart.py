"""Commits new keys in a process of its own, beside the rows that need them.

On SQLite the key database is another file with a writer of its own, on PostgreSQL another connection: the
transaction with the rows goes on meanwhile and asks before it commits. So keys are still committed first, and
a crash between leaves keys that nothing is sealed under, never sealed bytes without their key.

The process gets its keys wrapped, over a pipe, and keeps nothing.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, router

from duecause.apps.second_process import receive, send, start
from duecause.apps.vault.actions import SealedApart, check_wrapping, insert_keys
from duecause.apps.vault.models import DataKey

SERVE = "duecause.apps.vault.keys_apart:serve"
DONE = b"committed"


class KeysNotCommitted(Exception):
    """The process could not commit what it was given, or has ended; it has said why on standard error."""


class KeysApart:
    """One batch of keys at a time: `begin`, and `wait` before the commit of what is sealed under them."""

    def __init__(self) -> None:
        self._process = start(SERVE)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        name = router.db_for_write(DataKey)
        self._send(pickle.dumps((settings.DATA, name, connections[name].settings_dict)))

    def begin(self, sealed: Sequence[SealedApart]) -> None:
        """Raises SealBroken, Unavailable, KeysNotCommitted."""
        check_wrapping(sealed)
        rows = [(item.owner.bytes, item.compartment, item.wrapped, item.kek_id) for item in sealed]
        self._send(pickle.dumps(rows, pickle.HIGHEST_PROTOCOL))

    def wait(self) -> None:
        """Until the keys of the last `begin` are committed. Raises KeysNotCommitted."""
        if receive(self._from) != DONE:
            raise KeysNotCommitted

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _send(self, message: bytes) -> None:
        try:
            send(self._to, message)
            self._to.flush()
        except BrokenPipeError:
            raise KeysNotCommitted from None


@contextmanager
def keys_apart(wanted: bool) -> Iterator[KeysApart | None]:
    """None where this process commits them: not wanted, or inside a transaction, whose end nobody else may
    forestall."""
    if not wanted or connections[router.db_for_write(DataKey)].in_atomic_block:
        yield None
        return
    apart = KeysApart()
    try:
        yield apart
    finally:
        apart.end()


def serve() -> None:
    """What the process does."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    first = receive(incoming)
    if first is None:
        return
    data, name, database = pickle.loads(first)  # noqa: S301 - from our own parent
    settings.DATA = data
    connections[name].settings_dict.update(database)
    while (message := receive(incoming)) is not None:
        rows: list[tuple[Any, ...]] = pickle.loads(message)  # noqa: S301
        insert_keys((UUID(bytes=owner), *rest) for owner, *rest in rows)
        send(outgoing, DONE)
        outgoing.flush()
