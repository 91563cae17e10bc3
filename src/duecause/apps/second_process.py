"""A second process of this installation, for work that one core is too slow for: a child that lives no longer
than its parent wants, spoken to over pipes.

Messages are bytes with their length in front. What is private in them stays in memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

LENGTH_BYTES = 8


def more_than_one_core() -> bool:
    return (os.cpu_count() or 1) > 1


def start(serve: str, *, rooms: Sequence[str] | None = None) -> subprocess.Popen[bytes]:
    """Run `serve`, "module:function", in a new process. It ends when its standard input does. `rooms`: the
    only apps it needs; starting with few takes half the time."""
    module, function = serve.split(":")
    few = "" if rooms is None else f"from django.conf import settings as s; s.INSTALLED_APPS = {[*rooms]!r}; "
    return subprocess.Popen(
        [sys.executable, "-c", f"{few}import django; django.setup(); import {module} as m; m.{function}()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "duecause.settings"},
    )


def send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(LENGTH_BYTES, "big"))
    pipe.write(message)


def receive(pipe: IO[bytes]) -> bytes | None:
    """The next message; None when there is none, or only a part of it."""
    head = pipe.read(LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    message = pipe.read(length) if len(head) == LENGTH_BYTES else b""
    return message if message and len(message) == length else None
