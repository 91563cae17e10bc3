"""Half of a long verification in a second process: it checks the older events while this one exports the log,
verifies it as a stranger would and checks the others. It reads the same databases, writes nothing, and sends
back findings and counts, which hold no payload."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.db import connections, transaction

from duecause.apps.ledger.checking_rows import Checked, EventRows
from duecause.apps.ledger.models import Event
from duecause.apps.second_process import more_than_one_core, receive, send, start
from duecause.engine.tlog.failures import Findings

SERVE = "duecause.apps.ledger.checking_apart:serve"
ROOMS = ("duecause.apps.vault", "duecause.apps.ledger")
APART_FROM = 50_000
"""Events from which starting a process pays."""
SHARE, STARTING = 2 / 3, 15_000
"""Of the events, and how many of these the first process takes over while the second one starts: the bundle
that the first one verifies as well takes as long as a quarter of all events."""
ALIASES = ("default", "keys")


@dataclass(slots=True)
class Second:
    """`until`: the last primary key it checks, None where there is no second process. `done`: how many it has
    checked by now."""

    until: int | None = None
    done: int = 0
    checked: Checked | None = None
    reader: threading.Thread | None = None

    def result(self) -> Checked:
        """What it found; where it has ended before its work, this process does it again."""
        if self.reader is not None:
            self.reader.join()
        if self.checked is None:
            rows = EventRows(Findings())
            if self.until is not None:
                rows.check(lambda done: None, until=self.until)
            return rows.result()
        return self.checked

    def read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        while (message := receive(process.stdout)) is not None:
            told = pickle.loads(message)  # noqa: S301 - from our own child
            if isinstance(told, Checked):
                self.checked = told
            else:
                self.done = int(told)


@contextmanager
def second_process(total: int) -> Iterator[Second]:
    """Begin with the older of `total` events, if they are many. The process ends with the block."""
    if total < APART_FROM or not more_than_one_core() or transaction.get_connection().in_atomic_block:
        yield Second()  # rows that are not committed are seen by their own transaction alone
        return
    older = int(total * SHARE) - min(STARTING, total // 3)
    until = Event.objects.order_by("pk").values_list("pk", flat=True)[older]
    process = start(SERVE, rooms=ROOMS)
    second = Second(until)
    second.reader = threading.Thread(target=second.read, args=(process,), daemon=True)
    second.reader.start()
    try:
        names = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:
            send(pipe, pickle.dumps((settings.DATA, names, until)))
        yield second
    finally:
        process.kill()
        process.wait()


def serve() -> None:
    """What the second process does."""
    message = receive(sys.stdin.buffer)
    if message is None:
        return
    settings.DATA, names, until = pickle.loads(message)  # noqa: S301 - from our own parent
    for alias, name in names.items():
        connections[alias].settings_dict["NAME"] = name
    rows = EventRows(Findings())
    rows.check(_tell, until=until)
    _tell(rows.result())


def _tell(what: int | Checked) -> None:
    send(sys.stdout.buffer, pickle.dumps(what))
    sys.stdout.buffer.flush()
