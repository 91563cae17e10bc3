"""Keep a few child processes running, and end them together. Knows nothing of what they do."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

PAUSE_SECONDS = 0.1
STOP_SECONDS = 10.0
STEADY_SECONDS = 60.0
LONGEST_BACKOFF = 30.0
FAILURES_BEFORE_READY = 3
PR_SET_PDEATHSIG = 1

Say = Callable[[str], object]


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends the whole group.
        self.process = subprocess.Popen(
            self.command, env=dict(environment), start_new_session=True, preexec_fn=_die_with_parent
        )
        self.started = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal_group(self, number: int) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


@dataclass
class Supervisor:
    """`run` starts the children, restarts what dies, and returns after a stop signal with all of them gone.

    The first child starts alone, so that whoever waits for it waits less. Once `answers` says True, the
    others start and `ready` is called.
    """

    children: list[Child]
    environment: Mapping[str, str]
    say: Say
    answers: Callable[[], bool]
    ready: Callable[[], object]
    _stopping: bool = field(default=False, init=False)
    _ready: bool = field(default=False, init=False)

    def run(self) -> bool:
        """False: a child ended again and again before anything answered, so everything was ended."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self.children[0].start(self.environment)
            while not self._stopping and not self._hopeless():
                self._look_after()
                time.sleep(PAUSE_SECONDS)
            return self._stopping
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children if self._ready else self.children[:1]:
            if child.running:
                if now - child.started > STEADY_SECONDS:
                    child.failures = 0
            elif child.process is not None:
                self._note_death(child, now)
            elif now >= child.not_before:
                child.start(self.environment)
        if not self._ready and self.answers():
            self._ready = True
            for child in self.children[1:]:
                child.start(self.environment)
            self.ready()

    def _hopeless(self) -> bool:
        return not self._ready and any(child.failures >= FAILURES_BEFORE_READY for child in self.children)

    def _note_death(self, child: Child, now: float) -> None:
        code = child.process.returncode if child.process else 0
        child.signal_group(signal.SIGKILL)
        child.process = None
        child.failures += 1
        wait = min(LONGEST_BACKOFF, 2.0 ** (child.failures - 1))
        child.not_before = now + wait
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self.say(f"{child.name} {how}; starting it again in {wait:.0f} s.")

    def _end_all(self) -> None:
        for child in self.children:
            child.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.running for child in self.children) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS / 2)
        for child in self.children:
            if child.running:
                self.say(f"{child.name} did not end within {STOP_SECONDS:.0f} s and is killed.")
            # Also where the child itself is gone: nothing of its group may stay behind.
            child.signal_group(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Linux: a child ends when the supervisor is killed without a chance to end it."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
