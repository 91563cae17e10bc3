"""Two workers on one step as two processes; and broken promises, to prove that the checks see them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.server import ForkServer


def control(server: ForkServer) -> dict[str, str]:
    """Finding per broken promise; "" would mean that it went unseen."""
    house = server.house
    server.undisturbed("objection")
    seen = {}
    for name, harm, acknowledged in (
        ("acknowledges too early", lambda: None, True),
        ("does it twice", house.object_twice, True),
        ("destroys a key", house.destroy_a_key, False),
        ("leaves a file", house.leave_a_file, False),
    ):
        server.restore()
        server.run(harm)
        seen[name] = server.judge("objection", acknowledged)
    return seen


def two_workers(server: ForkServer) -> dict[str, str]:
    """Finding per chunk at which the first worker falls asleep while a second one takes the step over."""
    server.undisturbed("upload")
    return {f"asleep at chunk {chunk}": _overtaken(server, chunk) for chunk in (1, 2)}


def _overtaken(server: ForkServer, chunk: int) -> str:
    house = server.house
    server.restore()
    server.run(house.queue_only)
    asleep, falls = os.pipe()
    wakes, wake = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(wake)
        status = 1
        try:
            house.sleep_at(chunk, lambda: (os.write(falls, b"z"), os.read(wakes, 1)))
            house.work_one("first")
            status = 0
        finally:
            os._exit(status)
    os.close(falls)
    os.close(wakes)
    slept = os.read(asleep, 1) == b"z"
    server.run(house.work_off, "second")
    finished = server.run(house.looks_imported)
    os.write(wake, b"!")
    _, status = os.waitpid(pid, 0)
    os.close(asleep)
    os.close(wake)
    if not slept or status or not finished:
        return f"slept: {slept}, the second finished: {finished}, the first ended with {status}"
    return server.judge("upload", True)
