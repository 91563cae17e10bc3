"""Operations that break their promise, to prove that the checks see it."""

from __future__ import annotations

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
