"""Wrap keys again after their key-encryption key was changed, and end what has lived long enough, each day.

The vault and the ledger lie below this room, so their jobs live here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from duecause.apps.ledger import key_actions
from duecause.apps.obligations import actions
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.vault import rotation_actions, token_rotation_actions
from duecause.engine.actor import Actor
from duecause.engine.problems import Unavailable

REWRAP = "keys.rewrap"
DAILY = "keys.daily"
KEYS_AGAIN = timedelta(minutes=1)
WITHOUT_END = 1_000_000


def install() -> None:
    handles(REWRAP)(rewrap)
    periodic(DAILY, lambda now: f"{now:%Y-%m-%d}")(end_what_is_old)


def rotate(*, actor: Actor, now: datetime) -> Obligation:
    """Change the key-encryption key and promise that nothing stays under the old one. Raises Refused,
    Unavailable."""
    with transaction.atomic():
        new = key_actions.start_rotation(actor=actor, now=now)
        return actions.open_obligation(
            actor=actor, kind=REWRAP, now=now, systems=["duecause"], facts={"key": new}
        )


def rewrap(step: Step) -> Mapping[str, Any]:
    with waiting_for_keys():
        done, total = 0, rotation_actions.waiting_rows()
        while wrapped := rotation_actions.rewrap():
            done += wrapped
            now = datetime.now(UTC)
            if not actions.report_progress(step=step, now=now, done=done, total=max(total, done)):
                raise Postponed("Another worker wraps the keys by now.")
    return {"keys": done}


@contextmanager
def waiting_for_keys() -> Iterator[None]:
    """A change of keys whose key service is silent waits and says so, however long that takes: nothing is
    lost meanwhile, and nobody has to start it again."""
    try:
        yield
    except Unavailable as silent:
        raise Postponed(silent.problem.text, wait=KEYS_AGAIN, tries=WITHOUT_END) from None


def end_what_is_old(step: Step) -> Mapping[str, Any]:
    """Replaced keys and copies of the key database. A process that had not yet heard of a change may have
    used an old key a last time: that is mended first."""
    now, actor = datetime.now(UTC), Actor.job(str(step.pk), key_actions.FUNCTION)
    late = 0
    while wrapped := rotation_actions.rewrap():
        late += wrapped
    late_tokens = token_rotation_actions.sweep_late()
    keys = key_actions.destroy_retired(actor=actor, now=now)
    tokens = key_actions.destroy_retired_token_keys(actor=actor, now=now)
    copies = key_actions.delete_old_copies(actor=actor, now=now)
    return {
        "late": late,
        "late_tokens": late_tokens,
        "keys": len(keys),
        "token_keys": len(tokens),
        "copies": len(copies),
    }
