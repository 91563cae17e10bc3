"""The long-lived processes beside the web: `duecause worker` and `duecause sequencer`."""

from __future__ import annotations

import signal
from threading import Event
from types import FrameType

import click

from duecause.apps.ledger import sequencer as sequencing
from duecause.apps.ledger.guard import Unsafe
from duecause.apps.obligations import runner
from duecause.engine.tlog.failures import Kind
from duecause.organisation import founding


def _stop_signal() -> Event:
    """Set by Ctrl-C or SIGTERM: the loop ends after the step it is at."""
    stop = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return stop


@click.command()
def worker() -> None:
    """Run the steps of obligations as they fall due."""
    founding.require_founded()
    runner.run(_stop_signal())


@click.command(epilog="Exit code 6: signing could contradict what was published; the message says why.")
def sequencer() -> int:
    """Give events their place in the ledger and sign its checkpoints. Several may run."""
    founding.require_founded()
    try:
        sequencing.run(_stop_signal())
    except Unsafe as unsafe:
        click.echo(unsafe.problem.text, err=True)
        return int(Kind.ROLLBACK)
    return 0


COMMANDS = (worker, sequencer)
