"""Screen pops: a hint that opens the card of who is on the line, for one employee, once, for a minute.

The hint says nothing about anybody: a number that names a row here, and the proof that this house wrote it.
It may stand in an address.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from duecause.apps.interactions.models import Interaction, Pop
from duecause.apps.vault import derived
from duecause.packs.interactions import terms

USE = "pop"
NONCE_BYTES = 16
_HINT = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")

FORGED, OTHERS, STALE, USED = "forged", "others", "stale", "used"


@dataclass(frozen=True, slots=True)
class Popped:
    """What a hint was good for. `wrong`: forged, others, stale or used; then there is no `interaction`."""

    interaction: Interaction | None
    wrong: str = ""


def offer(interaction: Interaction, *, now: datetime) -> str:
    """A hint for the employee of this contact. Belongs into the caller's transaction."""
    if interaction.employee_id is None:
        raise ValueError("a pop is for one employee")
    pop = Pop.objects.create(
        interaction=interaction,
        nonce=secrets.token_hex(NONCE_BYTES),
        employee_id=interaction.employee_id,
        offered_at=now,
    )
    return f"{pop.nonce}.{derived.tag(USE, _signed(pop.nonce, pop.employee_id, now))}"


def take(hint: str, *, employee: UUID, now: datetime) -> Popped:
    """Use a hint up. Only its own employee uses it up: whoever else holds it changes nothing."""
    parts = _HINT.fullmatch(hint)
    pop = Pop.objects.filter(nonce=parts[1]).select_related("interaction").first() if parts else None
    if parts is None or pop is None:
        return Popped(None, FORGED)
    if not derived.is_tagged(USE, _signed(pop.nonce, pop.employee_id, pop.offered_at), parts[2]):
        return Popped(None, FORGED)
    if pop.employee_id != employee:
        return Popped(None, OTHERS)
    if now - pop.offered_at > terms(now.date()).pop_valid:
        return Popped(None, STALE)
    # Of two windows that open at once, one changes the row.
    if not Pop.objects.filter(pk=pop.pk, used_at=None).update(used_at=now):
        return Popped(None, USED)
    return Popped(pop.interaction)


def _signed(nonce: str, employee: UUID, at: datetime) -> str:
    return f"{nonce}|{employee}|{int(at.timestamp() * 1_000_000)}"
