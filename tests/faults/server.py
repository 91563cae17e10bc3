"""Faults at system calls, cheaply: one process that has Django loaded forks a child for every point.

The child waits at a gate until strace holds it, then does one operation on a fresh copy of the prepared
data folder; strace kills it on entry to the N-th call of a kind, or lets calls fail. Another fork looks at
what is left. On tmpfs where there is one: SIGKILL does not lose what the kernel has taken, so waiting for a
disk would prove nothing more.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

CALLS = (
    "pwrite64", "write", "writev", "pwritev", "fdatasync", "fsync", "ftruncate", "fallocate",
    "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat",
)  # fmt: skip
PAGE_WRITE = "pwrite64"
LONGEST = 60
MEETS_ERRORS = ("import", "objection", "release", "sequence", "erase")
FAILING = {"pwrite64", "write", "fdatasync", "fsync", "ftruncate", "rename"}
# (error, "+" where it stays)
ERRORS = (("ENOSPC", "+"), ("EIO", ""), ("ENOSPC", ""), ("EIO", "+"))
PR_SET_PTRACER, ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


@dataclass(frozen=True, slots=True)
class Point:
    operation: str
    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.operation} at {self.call} {self.number}"


@dataclass
class Tally:
    """What a run of points gave; `bad` says point and finding, `calls` how many there are of each kind."""

    points: int = 0
    killed: int = 0
    missed: int = 0  # the call was not reached in this run: counts vary a little
    reported: int = 0  # of errors: the operation said that it failed
    acknowledged: int = 0
    seconds: float = 0.0
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    per_operation: dict[str, int] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)


class ForkServer:
    """Only inside a process of its own whose DUECAUSE_DATA is `scratch/data`: see `main`."""

    def __init__(self, scratch: Path) -> None:
        from tests.faults import checking, house, scenes

        self.house, self.checking, self.scenes = house, checking, scenes
        self.scratch, self.data, self.kept = scratch, scratch / "data", scratch / "kept"
        self._undisturbed: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, Counter[str]] = {}
        self.run(house.build)
        self.keep()
        self.warm()

    def keep(self) -> None:
        self.data.rename(self.kept)

    def warm(self) -> None:
        """Each operation once in this process: what Python loads and reads on the way is there for all
        children. Its connections are closed before anybody is forked."""
        from django.db import connections

        from duecause.apps.vault import covers

        for operation in self.house.OPERATIONS.values():
            self.restore()
            operation.act(lambda: None)
            self.checking.harmed(operation, True)
            connections.close_all()
            covers.forget()  # the house that is restored has other token keys

    def restore(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.kept, self.data)

    def run(self, work: Callable[..., Any], *given: Any) -> Any:
        """In a fork; returns what JSON can carry. Raises RuntimeError with the place where it failed."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _child(lambda: os.write(writer, b"=" + json.dumps(work(*given)).encode()), writer)
        os.close(writer)
        said = _read(reader)
        os.waitpid(pid, 0)
        if not said.startswith(b"="):
            raise RuntimeError(said.decode()[-600:] or "the process died")
        return json.loads(said[1:])

    def undisturbed(self, name: str) -> dict[str, Any]:
        """How the house looks when nothing went wrong."""
        if name not in self._undisturbed:
            self.restore()
            operation = self.house.OPERATIONS[name]
            self.run(self.checking.performed, operation)
            after = self.run(self.checking.mended, operation)
            if after["wrong"]:
                raise RuntimeError(f"{name}, undisturbed: {after['wrong']}")
            self._undisturbed[name] = after["looks"]
        return self._undisturbed[name]

    def count(self, name: str) -> Counter[str]:
        """How many write-type calls of each kind the operation makes."""
        if name not in self.calls:
            trace = self.scratch / "trace"
            self.restore()
            ended, _ = self.act(name, ["-e", f"trace={','.join(CALLS)}", "-o", str(trace)])
            if ended != 0:
                raise RuntimeError(f"{name} failed under strace")
            self.calls[name] = Counter(re.findall(r"^(\w+)\(", trace.read_text(), re.MULTILINE))
        return self.calls[name]

    def act(self, name: str, options: list[str]) -> tuple[int, bytes]:
        """One operation under strace. Returns wait status and what it said: `a` acknowledged, `!` failed."""
        gate_reader, gate = os.pipe()
        reader, writer = os.pipe()
        operation = self.house.OPERATIONS[name]
        pid = os.fork()
        if pid == 0:
            os.close(gate)
            os.close(reader)
            ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY)
            os.read(gate_reader, 1)
            _child(lambda: operation.act(lambda: os.write(writer, b"a")), writer)
        os.close(gate_reader)
        os.close(writer)
        tracer = subprocess.Popen(
            ["strace", "-qq", "-p", str(pid), *options], stderr=subprocess.DEVNULL, pass_fds=()
        )
        try:
            _until_held(pid, tracer)
            os.write(gate, b"g")
            status = _wait(pid)
        finally:
            os.close(gate)
            tracer.wait()
        return status, _read(reader)

    def kill(self, point: Point) -> tuple[bool, bool, str]:
        """(killed, acknowledged before, what is wrong)."""
        self.restore()
        inject = f"inject={point.call}:signal=SIGKILL:when={point.number}"
        options = ["-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null"]
        status, said = self.act(point.operation, options)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        wrong = "" if killed or status == 0 else f"failed instead of dying: {said.decode()[-300:]}"
        return killed, said.startswith(b"a"), wrong or self.judge(point.operation, said.startswith(b"a"))

    def judge(self, name: str, acknowledged: bool) -> str:
        operation = self.house.OPERATIONS[name]
        try:
            found = self.run(self.checking.harmed, operation, acknowledged)
            after = self.run(self.checking.mended, operation)
        except RuntimeError as error:
            return str(error)
        expected = self.undisturbed_looks(name)
        differs = {
            key: (after["looks"].get(key, 0), expected.get(key, 0))
            for key in after["looks"].keys() | expected.keys()
            if after["looks"].get(key, 0) != expected.get(key, 0)
        }
        said = [found, after["wrong"], f"(has, should have): {differs}" if differs else ""]
        return "; ".join(part for part in said if part)

    def undisturbed_looks(self, name: str) -> dict[str, Any]:
        return self._undisturbed[name]

    def points(self, names: list[str], wanted: int, *, rarest: float = 1.0) -> list[Point]:
        """Every call that is not a plain write of a page, and of those writes as many as are still wanted,
        the same number for each operation, spread over its length. Beyond all of them they come again.
        `rarest`: which share of the points the former may take."""
        rare = [Point(name, call, n + 1) for name, call, n in self._every(names) if call != PAGE_WRITE]
        pages = {name: self.count(name)[PAGE_WRITE] for name in names}
        whole, rest = divmod(wanted, len(rare) + sum(pages.values()))
        every = [*rare, *(Point(name, PAGE_WRITE, n + 1) for name in names for n in range(pages[name]))]
        first = min(len(rare), int(rest * rarest))
        shares = _shares(pages, rest - first)
        some = [
            Point(name, PAGE_WRITE, 1 + n * pages[name] // share)
            for name, share in shares.items()
            for n in range(share)
        ]
        return [*every * whole, *(rare[n * len(rare) // first] for n in range(first)), *some]

    def _every(self, names: list[str]) -> Iterator[tuple[str, str, int]]:
        for name in names:
            for call, count in sorted(self.count(name).items()):
                yield from ((name, call, n) for n in range(count))

    def errors(self, wanted: int, say: Callable[[str], None]) -> Tally:
        """Calls that fail because the disk is full or broken, once or from then on."""
        tally, started = Tally(), time.monotonic()
        for name in MEETS_ERRORS:
            self.undisturbed(name)
            tally.calls[name] = dict(self.count(name))
        points = [
            point for point in self.points(list(MEETS_ERRORS), wanted, rarest=0.6) if point.call in FAILING
        ]
        for n, point in enumerate(points):
            error, lasting = ERRORS[n % len(ERRORS)]
            wrong, acknowledged = self._fail(point, error, lasting)
            tally.points += 1
            tally.acknowledged += acknowledged
            tally.reported += not acknowledged
            tally.per_operation[point.operation] = tally.per_operation.get(point.operation, 0) + 1
            if wrong:
                tally.bad.append(f"{point} {error}{lasting}: {wrong}")
                say(tally.bad[-1])
        tally.seconds = round(time.monotonic() - started, 1)
        return tally

    def _fail(self, point: Point, error: str, lasting: str) -> tuple[str, bool]:
        """Either it says that it failed, or it is done in spite of the error."""
        self.restore()
        inject = f"inject={point.call}:error={error}:when={point.number}{lasting}"
        options = ["-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null"]
        status, said = self.act(point.operation, options)
        acknowledged = said.startswith(b"a")
        if not os.WIFEXITED(status):
            return f"died of signal {os.WTERMSIG(status)}", acknowledged
        failed = os.WEXITSTATUS(status) != 0
        if failed == acknowledged and not (failed and point.call == "write"):
            return f"acknowledged: {acknowledged}, failed: {failed}", acknowledged
        return self.judge(point.operation, acknowledged), acknowledged

    def kills(self, names: list[str], wanted: int, say: Callable[[str], None]) -> Tally:
        tally, started = Tally(), time.monotonic()
        for name in names:
            self.undisturbed(name)
            tally.calls[name] = dict(self.count(name))
        for point in self.points(names, wanted):
            killed, acknowledged, wrong = self.kill(point)
            tally.points += 1
            tally.killed += killed
            tally.missed += not killed
            tally.acknowledged += acknowledged
            tally.per_operation[point.operation] = tally.per_operation.get(point.operation, 0) + 1
            if wrong:
                tally.bad.append(f"{point}: {wrong}")
                say(tally.bad[-1])
            elif tally.points % 100 == 0:
                say(f"{tally.points} points, {len(tally.bad)} bad, {time.monotonic() - started:.0f} s")
        tally.seconds = round(time.monotonic() - started, 1)
        return tally


def _shares(pages: dict[str, int], wanted: int) -> dict[str, int]:
    """How many of its page writes each operation gives; a short one gives all, the longer ones the rest."""
    shares = {}
    for left, name in enumerate(sorted(pages, key=lambda name: pages[name])):
        share = min(pages[name], (wanted - sum(shares.values())) // (len(pages) - left))
        shares[name] = share
    return shares


def _child(work: Callable[[], object], writer: int) -> None:
    """Never returns: a fork must not run on in its parent's code."""
    try:
        work()
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"!{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {error}"
        with suppress(OSError):
            os.write(writer, text.encode())
        os._exit(1)
    finally:
        os._exit(0)


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _until_held(pid: int, tracer: subprocess.Popen[bytes]) -> None:
    status = Path(f"/proc/{pid}/status")
    until = time.monotonic() + LONGEST
    while "TracerPid:\t0\n" in status.read_text():
        if tracer.poll() is not None or time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise RuntimeError("strace cannot attach here: is ptrace forbidden?")
        time.sleep(0.001)


def _wait(pid: int) -> int:
    until = time.monotonic() + LONGEST
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def in_memory() -> str:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()


Server = TypeVar("Server", bound=ForkServer)


@contextmanager
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dc-faults-", dir=in_memory()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, kind: type[Server] = ForkServer) -> Server:
    """Load Django over `folder` in this process, which must not have loaded it before; the database is
    that of DATABASE_URL where there is one."""
    (folder / "data").mkdir()
    (folder / "tmp").mkdir()
    os.environ |= {
        "DUECAUSE_DATA": str(folder / "data"),
        "DUECAUSE_TESTING": "1",
        "DJANGO_SETTINGS_MODULE": "duecause.settings",
        "TMPDIR": str(folder / "tmp"),
    }
    import django

    django.setup()
    from duecause.apps.ledger import actions as ledger
    from duecause.apps.register import loading
    from duecause.apps.vault import keyring

    keyring.create(folder / "data" / "keys")
    loading.CHUNK_ROWS = 30
    ledger.SEQUENCE_BATCH = 7
    return kind(folder)


def main(arguments: list[str]) -> int:
    """`TASK=NUMBER …` (kills, errors): one JSON object on stdout, progress on stderr."""
    found: dict[str, Any] = {}
    os.environ["DATABASE_URL"] = ""
    with scratch() as folder:
        server = prepare(folder)
        names = list(server.house.OPERATIONS)
        for task, number in (word.split("=") for word in arguments):
            if task == "kills":
                found[task] = asdict(server.kills(names, int(number), _say))
            elif task == "errors":
                found[task] = asdict(server.errors(int(number), _say))
            else:
                found[task] = getattr(server.scenes, task)(server)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
