"""The second wall around a partner. The first is the filter `own` in every query for a partner; on PostgreSQL
those queries also run under a role that row-level security confines to that partner, for reading and writing,
so that a query without its filter finds and changes nothing of another's (migration 0006).

The other half of a partner's request, what the house decides and does in consequence, stands outside: an
objection that one centre reports must reach the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from duecause.apps.parties.models import Partner
from duecause.apps.statements import Around

ROLE = "duecause_partner"
RAISE = "SELECT set_config('app.partner', %s, true), set_config('role', %s, true)"
LOWER = "SELECT set_config('role', 'none', true), set_config('app.partner', '', true)"
AnyModel = TypeVar("AnyModel", bound=Model)
log = logging.getLogger(__name__)
_inside: ContextVar[int | None] = ContextVar("partner_behind_the_wall", default=None)


def own(rows: QuerySet[AnyModel], partner: Partner, path: str) -> QuerySet[AnyModel]:
    """The first wall: the rows that `path` says are this partner's. Every read for a partner passes here."""
    return rows.filter(**{path: partner})


@contextmanager
def walled(partner: Partner) -> Iterator[None]:
    """Read and write as this partner alone: its feed, its released rows, its calls, and no other table."""
    outer = _inside.get()
    if outer not in (None, partner.pk):
        raise RuntimeError("one partner's wall stands inside another's")
    if outer is not None:
        yield  # the outermost block alone takes the wall down
        return
    inside = _inside.set(partner.pk)
    try:
        if connection.vendor != "postgresql":
            yield
            return
        # A savepoint: role and partner end with it, also when a query inside fails.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(RAISE, [str(partner.pk), _role()])
            yield
            cursor.execute(LOWER)
    finally:
        _inside.reset(inside)


def around(partner: Partner) -> Around | None:
    """The same for one query that a call waits for: role and partner travel with it in one message, which
    PostgreSQL runs as one transaction. Nothing is left set after it."""
    if connection.vendor != "postgresql":
        return None
    lower = LOWER if connection.in_atomic_block else ""
    return Around(RAISE, (str(partner.pk), _role()), lower)


def _role() -> str:
    return ROLE if _role_can_be_taken() else "none"


@cache
def _role_can_be_taken() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')"
            " AND has_table_privilege(oid, 'dialling_attempt', 'INSERT')",
            [ROLE],
        )
        found = cursor.fetchone() is not None
    if not found:
        log.warning(
            "the database role %s is missing: partners are read as the owner, confined by policy", ROLE
        )
    return found
