"""The worker: claims due steps and runs the handler that their room registered for the kind."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event as StopSignal
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, close_old_connections

from duecause.apps.obligations import actions
from duecause.apps.obligations.models import Step
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused

PAUSE_SECONDS = 0.3
Handler = Callable[[Step], Mapping[str, Any]]
Slot = Callable[[datetime], str]
log = logging.getLogger(__name__)

_handlers: dict[str, Handler] = {}
_periodic: dict[str, Slot] = {}


class Postponed(Exception):
    """A handler cannot finish yet for a reason outside; the step is tried again later."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of an obligation kind. It must be idempotent by step id."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def periodic(kind: str, slot: Slot) -> Callable[[Handler], Handler]:
    """Register a handler that runs once per slot, where `slot(now)` names the slot (such as the date)."""

    def register(handler: Handler) -> Handler:
        _periodic[kind] = slot
        return handles(kind)(handler)

    return register


def run(stop: StopSignal) -> None:
    worker = f"{socket.gethostname()[:20]}-{uuid4().hex[:12]}"
    while not stop.is_set():
        try:
            worked = run_once(worker)
        except DatabaseError as error:
            log.warning("the worker could not reach the database: %s", type(error).__name__)
            close_old_connections()
            worked = False
        if not worked:
            stop.wait(PAUSE_SECONDS)


def run_once(worker: str) -> bool:
    """Open what is periodic and due now, then run at most one step. True if there was one."""
    now = datetime.now(UTC)
    for kind, slot in _periodic.items():
        actions.ensure_periodic(kind=kind, slot=slot(now), system="duecause", now=now)
    claimed = actions.claim(worker=worker, now=now)
    for step in claimed:
        _run_step(step)
    return bool(claimed)


def _run_step(step: Step) -> None:
    handler = _handlers.get(step.obligation.kind)
    try:
        if handler is None:
            raise Refused(
                "no_handler",
                "Nothing here knows how to do “%(kind)s”. Update this worker.",
                kind=step.obligation.kind,
            )
        receipt = handler(step)
    except Refused as refused:
        error = {"code": refused.code, "template": refused.problem.template, "params": refused.problem.params}
        actions.fail(step=step, now=datetime.now(UTC), error=error, final=True)
    except Postponed as postponed:
        error = {"code": "postponed", "template": str(postponed), "params": {}}
        actions.fail(step=step, now=datetime.now(UTC), error=error, final=False)
    except Exception as error:
        # The message of an unknown exception may quote data: only its type and place are kept.
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__} at {place.name}:{place.lineno}"
        log.error("step %s of %s failed: %s", step.pk, step.obligation.kind, text)
        known = {"code": "unexpected", "template": text, "params": {}}
        actions.fail(step=step, now=datetime.now(UTC), error=known, final=False)
    else:
        actor = Actor.job(str(step.pk))
        actions.finish(actor=actor, step=step, now=datetime.now(UTC), receipt=receipt)
