"""The worker: claims due steps and runs the handler that their room registered for the kind."""

from __future__ import annotations

import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event as StopSignal
from typing import Any
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, close_old_connections

from duecause.apps.obligations import actions, stopping
from duecause.apps.obligations.models import Step
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, Unavailable, gettext_noop
from duecause.logs import about, facts

PAUSE_SECONDS = 0.3
Handler = Callable[[Step], Mapping[str, Any]]
UNEXPECTED = gettext_noop("Something unexpected went wrong (%(error)s). The log says where.")
Slot = Callable[[datetime], str]
log = logging.getLogger(__name__)

_handlers: dict[str, Handler] = {}
_once: set[str] = set()
_periodic: dict[str, Slot] = {}
_meanwhile: dict[Callable[[datetime], object], float] = {}


class Postponed(Exception):
    """A handler cannot finish yet for a reason outside; the step is tried again later: after `wait` and up to
    `tries` times in all, where the handler knows better than the runner."""

    def __init__(self, why: str, *, wait: timedelta | None = None, tries: int | None = None) -> None:
        super().__init__(why)
        self.wait = wait
        self.tries = tries or actions.ATTEMPTS_BEFORE_DEAD


def handles(kind: str, *, again: bool = True) -> Callable[[Handler], Handler]:
    """Register the handler of an obligation kind. It must be idempotent by step id. `again` False: once such
    a step was set aside its file is gone, so nobody is offered to have it tried again."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        (_once.discard if again else _once.add)(kind)
        return handler

    return register


def may_try_again(kind: str) -> bool:
    return kind not in _once


def periodic(kind: str, slot: Slot) -> Callable[[Handler], Handler]:
    """Register a handler that runs once per slot, where `slot(now)` names the slot (such as the date)."""

    def register(handler: Handler) -> Handler:
        _periodic[kind] = slot
        return handles(kind)(handler)

    return register


def meanwhile(seconds: float, look: Callable[[datetime], object]) -> None:
    """Register what every worker looks at between steps, at most once in so many seconds. Must be cheap."""
    _meanwhile[look] = seconds


class Round:
    """Whom this worker has served since everybody had a turn.

    A target is a kind of obligation at a system or partner. Within a round the nearest deadline comes first,
    but no target gets more than SHARE steps, so that one with thousands of due steps, or a slow one, delays
    another by at most SHARE of its steps. A round ends when nobody who may still be served has anything due.
    """

    SHARE = 3

    def __init__(self) -> None:
        self._served: Counter[actions.Target] = Counter()

    def claim(self, *, worker: str, now: datetime) -> list[Step]:
        full = [target for target, count in self._served.items() if count >= self.SHARE]
        claimed = actions.claim(worker=worker, now=now, but=full)
        if not claimed and full:
            self._served.clear()
            claimed = actions.claim(worker=worker, now=now)
        self._served.update((step.obligation.kind, step.system) for step in claimed)
        return claimed


def run(stop: StopSignal) -> None:
    """Work until `stop` is set: then the step at hand is ended or, where it is long, handed on at its next
    report of progress."""
    worker = f"{socket.gethostname()[:20]}-{uuid4().hex[:12]}"
    stopping.follow(stop)
    looked: dict[Callable[[datetime], object], float] = {}
    turn, lost = Round(), False
    try:
        while not stop.is_set():
            try:
                if lost:  # the step at hand when the database went: nobody else may take it for a minute
                    actions.give_back(worker=worker, now=datetime.now(UTC))
                    lost = False
                _look_around(looked)
                worked = run_once(worker, turn)
            except (DatabaseError, InterfaceError) as error:
                log.warning("the worker could not reach the database: %s", type(error).__name__)
                close_old_connections()
                worked, lost = False, True
            if not worked:
                stop.wait(PAUSE_SECONDS)
    finally:
        stopping.forget()
        _hand_on(worker)


def _look_around(looked: dict[Callable[[datetime], object], float]) -> None:
    clock = time.monotonic()
    for look, seconds in _meanwhile.items():
        if clock - looked.get(look, -seconds) >= seconds:
            looked[look] = clock
            look(datetime.now(UTC))


def _hand_on(worker: str) -> None:
    try:
        held = actions.give_back(worker=worker, now=datetime.now(UTC))
    except (DatabaseError, InterfaceError) as error:
        log.warning("what this worker held is free in a minute: %s", type(error).__name__)
        return
    log.info("the worker ended", extra=facts(handed_on=held))


def run_once(worker: str, turn: Round | None = None) -> bool:
    """Open what is periodic and due now, then run at most one step. True if there was one."""
    now = datetime.now(UTC)
    for kind, slot in _periodic.items():
        actions.ensure_periodic(kind=kind, slot=slot(now), system="duecause", now=now)
    claimed = (turn or Round()).claim(worker=worker, now=now)
    for step in claimed:
        _run_step(step)
    return bool(claimed)


def _run_step(step: Step) -> None:
    started = time.perf_counter()
    kind = step.obligation.kind
    with about(step=str(step.pk), obligation=str(step.obligation_id), kind=kind, attempt=step.attempts):
        outcome = _outcome(step)
        seconds = round(time.perf_counter() - started, 3)
        log.info("step", extra=facts(outcome=outcome, seconds=seconds))


def _outcome(step: Step) -> str:
    """Run the handler and write down how it ended; returns that in a word."""
    handler = _handlers.get(step.obligation.kind)
    try:
        if handler is None:
            raise Refused(
                "no_handler",
                "Nothing here knows how to do “%(kind)s”. Update this worker.",
                kind=step.obligation.kind,
            )
        receipt = handler(step)
    except (Refused, Unavailable) as stopped:
        final, problem = isinstance(stopped, Refused), stopped.problem
        error = {"code": problem.code, "template": problem.template, "params": problem.params}
        actions.fail(step=step, now=datetime.now(UTC), error=error, final=final)
        return f"{'refused' if final else 'unavailable'}: {problem.code}"
    except Postponed as postponed:
        if stopping.asked():
            return "handed on"  # by `run`, once it ends
        error = {"code": "postponed", "template": str(postponed), "params": {}}
        actions.fail(
            step=step,
            now=datetime.now(UTC),
            error=error,
            final=False,
            wait=postponed.wait,
            tries=postponed.tries,
        )
        return "postponed"
    except Exception as error:
        # The message of an unknown exception may quote data: only its type and place are kept.
        log.error("step failed", exc_info=error)
        known = {"code": "unexpected", "template": UNEXPECTED, "params": {"error": type(error).__name__}}
        actions.fail(step=step, now=datetime.now(UTC), error=known, final=False)
        return "failed"
    actor = Actor.job(str(step.pk))
    ended = actions.finish(actor=actor, step=step, now=datetime.now(UTC), receipt=receipt)
    return "done" if ended else "overtaken"
