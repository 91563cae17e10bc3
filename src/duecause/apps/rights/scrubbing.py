"""Databases keep the bytes of removed rows: rewrite their files, so that these are gone from the disk."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, InternalError, connections

# Rewriting a table locks it; larger ones are rewritten in a quiet hour (docs/operate.md).
REWRITE_UP_TO = 1 << 30
ALIASES = ("default", "keys")
# How long to wait for a transaction that keeps dead rows in a table, in seconds; and how often to look.
PATIENCE, PAUSE = 10.0, 0.2
DATA_CORRUPTED = "XX001"  # errcodes-appendix of PostgreSQL


class Busy(Exception):
    """Somebody still reads an older state of the database; try again in a moment."""


def scrub(tables: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`tables`: (database alias, table) in which rows were changed or removed. Not inside a transaction.

    SQLite overwrites removed content (secure_delete); its journal still has it until it is truncated. On
    PostgreSQL removed rows stay in the table's file until it is rewritten, and in the write-ahead log until
    that is recycled. Raises Busy.
    """
    done: dict[str, Any] = {}
    for alias in ALIASES:
        own = [table for home, table in tables if home == alias]
        if connections[alias].vendor == "sqlite":
            _truncate_journal(alias)
            done[alias] = {"how": "wal_checkpoint(TRUNCATE)"}
        elif connections[alias].vendor == "postgresql":
            done[alias] = _vacuum(alias, own)
    return done


def _truncate_journal(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    if busy:
        raise Busy(alias)


def _vacuum(alias: str, tables: Sequence[str]) -> dict[str, Any]:
    connection = connections[alias]
    rewritten: list[str] = []
    left: list[str] = []
    with connection.cursor() as cursor:
        for table in tables:
            name = connection.ops.quote_name(table)
            cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
            small = cursor.fetchone()[0] <= REWRITE_UP_TO
            if small:
                _rewrite(cursor, alias, f"VACUUM (FULL, ANALYZE) {name}")
            else:
                cursor.execute(f"VACUUM (ANALYZE) {name}")
            (rewritten if small else left).append(table)
        # The planner keeps samples of columns: new ones were taken above, the old ones go here.
        _rewrite(cursor, alias, "VACUUM (FULL) pg_statistic")
        checkpointed = _checkpoint(cursor)
    return {
        "how": "VACUUM FULL",
        "rewritten": sorted(rewritten),
        "rewrite_later": sorted(left),
        "checkpoint": checkpointed,
    }


def _rewrite(cursor: Any, alias: str, statement: str) -> None:
    """A rewrite copies dead rows that an open transaction might still see. Their long values, kept apart, may
    be gone by then: the horizon of what is dead moves back where a snapshot is taken while another database
    of the server has an older transaction open. PostgreSQL calls it corrupted and means: not now."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute(statement)
        except InternalError as error:
            if getattr(error.__cause__, "sqlstate", None) != DATA_CORRUPTED:
                raise
            if time.monotonic() > until:
                raise Busy(alias) from error
            time.sleep(PAUSE)
        else:
            return


def _checkpoint(cursor: Any) -> bool:
    """Only a superuser or a member of pg_checkpoint may; otherwise the server does it within minutes."""
    try:
        cursor.execute("CHECKPOINT")
    except DatabaseError:
        return False
    return True
