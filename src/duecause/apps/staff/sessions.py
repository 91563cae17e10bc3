"""Django's sessions in Django's table, read and written with one statement each (docs/decisions/0009)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.utils import timezone

from duecause.apps.statements import Statement, execute

_UPDATE = "UPDATE django_session SET session_data = %s, expire_date = %s WHERE session_key = %s"


class SessionStore(db.SessionStore):
    """A save that would write what this request has written already writes nothing: a view may save early, in
    the transaction of what the session tells of."""

    _written: bytes | None = None

    def _get_session_from_db(self) -> Session | None:
        for found in _FOUND.objects(key=self.session_key, now=timezone.now()):
            return found  # type: ignore[no-any-return]
        self._session_key = None
        return None

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        data: dict[str, Any] = self._get_session()  # type: ignore[attr-defined]
        written = self.serializer().dumps(data)
        if written == self._written:
            return
        if not execute(_UPDATE, [self.encode(data), self.get_expiry_date(), self.session_key]):
            raise UpdateError
        self._written = written


def _found(*, key: str, now: datetime) -> Any:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


_FOUND = Statement(_found)
