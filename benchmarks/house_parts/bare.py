"""What two cores can give at most: the same web server and load, and of the product only an event's two rows,
committed through the driver. `/plain` answers without them. Run by granian; the answer has a card's size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.house_parts.inside import raw_insert
from duecause.apps.ledger.models import Event

PAGE = b"<p>Kerkstraat</p>".ljust(8_800)
_kept = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/plain":
        _insert()()
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))])
    return [PAGE]


def _insert() -> Callable[[], None]:
    """Each thread has a connection of its own."""
    if not hasattr(_kept, "insert"):
        _kept.insert = raw_insert(Event.objects.latest("pk"))
    made: Callable[[], None] = _kept.insert
    return made
