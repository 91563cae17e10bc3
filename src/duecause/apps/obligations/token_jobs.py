"""Put the tokens of a family under a new key, state by state (`vault.token_rotation_actions`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from duecause.apps.ledger import key_actions
from duecause.apps.obligations import actions
from duecause.apps.obligations.key_jobs import WITHOUT_END, waiting_for_keys
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import Postponed, handles
from duecause.apps.vault import covers, token_rotation_actions
from duecause.apps.vault.models import TokenKey
from duecause.apps.vault.token_rotation_actions import TooSoon
from duecause.engine.actor import Actor

KIND = "keys.tokens"
Rewrite = Callable[[], int]
_elsewhere: dict[str, list[Rewrite]] = {}


def install() -> None:
    handles(KIND)(put_under_the_new_key)


def rewrites_elsewhere(family: str) -> Callable[[Rewrite], Rewrite]:
    """Register who keeps tokens of this family outside the tables: called before a change ends, it puts them
    under the new cover and gives how many. Must be idempotent."""

    def register(rewrite: Rewrite) -> Rewrite:
        _elsewhere.setdefault(family, []).append(rewrite)
        return rewrite

    return register


def rotate(*, actor: Actor, family: str, now: datetime) -> Obligation:
    """Change the token key of this family and promise that no token stays under the old one. Raises Refused,
    Unavailable."""
    with transaction.atomic():
        key = key_actions.start_token_rotation(actor=actor, family=family, now=now)
        opened = actions.open_obligation(
            actor=actor,
            kind=KIND,
            now=now,
            systems=["duecause"],
            facts={"family": family, "key": key.key_id, "number": key.number},
        )
    covers.forget()
    return opened


def put_under_the_new_key(step: Step) -> Mapping[str, Any]:
    facts = step.obligation.facts
    key = TokenKey.objects.get(pk=facts["number"], key_id=facts["key"])
    try:
        with waiting_for_keys():  # until the change has ended both covers are looked under
            _advance(key, step)
    except TooSoon as soon:
        raise Postponed(str(soon), wait=soon.wait, tries=WITHOUT_END) from None
    return {"rows": token_rotation_actions.rewritten(key)}


def _advance(key: TokenKey, step: Step) -> None:
    covers.forget()
    token_rotation_actions.begin_covering(key, now=datetime.now(UTC))
    while key.state == TokenKey.State.COVERING:
        if token_rotation_actions.sweep(key, limit=token_rotation_actions.SWEEP_BATCH) is None:
            break
        _report(key, step)
    for rewrite in _elsewhere.get(key.family, ()):
        rewrite()
    _report(key, step)
    now, actor = datetime.now(UTC), Actor.job(str(step.pk), key_actions.FUNCTION)
    token_rotation_actions.sweep_to_the_end(key, now=now)
    with transaction.atomic():
        if token_rotation_actions.finish(key, now=now):
            key_actions.end_token_rotation(actor=actor, key=key, now=now)
    covers.forget()


def _report(key: TokenKey, step: Step) -> None:
    done = token_rotation_actions.gone_through(key)
    total = max(key.total, done)
    if not actions.report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
        raise Postponed("Another worker goes through the tables by now.")
