"""The long-lived processes beside the web: `duecause worker` and `duecause sequencer`."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from threading import Event
from types import FrameType

import click

from duecause.apps.ledger import sequencer as sequencing
from duecause.apps.ledger.guard import Unsafe
from duecause.apps.obligations import runner
from duecause.engine.problems import Refused
from duecause.engine.tlog.failures import Kind
from duecause.organisation import founding

log = logging.getLogger(__name__)


def _stop_signal() -> Event:
    """Set by Ctrl-C or SIGTERM: the loop ends after the step it is at."""
    stop = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return stop


@click.command()
def worker() -> int:
    """Run the steps of obligations as they fall due."""
    founding.require_founded()
    return _kept_going(lambda: runner.run(_stop_signal()))


@click.command(epilog="Exit code 6: signing could contradict what was published; the message says why.")
def sequencer() -> int:
    """Give events their place in the ledger and sign its checkpoints. Several may run."""
    founding.require_founded()
    try:
        return _kept_going(lambda: sequencing.run(_stop_signal()))
    except Unsafe as unsafe:
        log.critical("%s", unsafe.problem.text)
        return int(Kind.ROLLBACK)


def _kept_going(loop: Callable[[], object]) -> int:
    """What ends a loop by surprise stands in the log, like everything of a process that nobody watches."""
    logging.captureWarnings(True)
    try:
        loop()
    except Refused:
        raise
    except Exception as error:
        log.critical("ended by surprise", exc_info=error)
        return 1
    return 0


COMMANDS = (worker, sequencer)
