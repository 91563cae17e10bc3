"""The second wall around a partner's feed. The first is the filter in every query; on PostgreSQL what a
partner is shown is also read under a role that row-level security confines to that partner, so that a query
without its filter finds nothing of another's (migration 0004)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.db import connection, transaction

from duecause.apps.parties.models import Partner

ROLE = "duecause_partner"
log = logging.getLogger(__name__)


@contextmanager
def walled(partner: Partner) -> Iterator[None]:
    """Read the feed's tables as this partner alone, and no other table. Nothing can be written inside."""
    if connection.vendor != "postgresql":
        yield
        return
    # A savepoint: role and partner end with it, also when a query inside fails.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.partner', %s, true)", [str(partner.pk)])
        if _role_can_be_taken():
            cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT set_config('app.partner', '', true)")


@cache
def _role_can_be_taken() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')"
            " AND has_table_privilege(oid, 'dialling_feedentry', 'SELECT')",
            [ROLE],
        )
        found = cursor.fetchone() is not None
    if not found:
        log.warning("the database role %s is missing: feeds are read as the owner, confined by policy", ROLE)
    return found
