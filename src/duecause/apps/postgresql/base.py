"""Django's PostgreSQL backend with two costs taken off every request (docs/decisions/0009)."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg.pq import ConnStatus


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the server is still there, without asking it: one that ended or dropped us has closed the
        socket, and that can be read. Django's SELECT 1 would tell no more, a round trip later."""
        if self.connection is None or self.connection.closed:
            return False
        server = self.connection.pgconn
        try:
            waiting = select.poll()
            waiting.register(server.socket, select.POLLIN)
            while waiting.poll(0):  # what it said before it left comes first
                server.consume_input()
        except (OperationalError, OSError):
            return False
        return bool(server.status == ConnStatus.OK)

    def prepared_cursor(self) -> Any:
        """A cursor whose statements are prepared once per connection: the server reads and plans a text that
        comes again and again only a few times. The ORM's own texts are not made for it (Django #20516)."""
        self.ensure_connection()
        cursor = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined]
