"""A scratch installation on SQLite or PostgreSQL, and the product running on it as `duecause up` runs it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duecause.cli.up import children
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Installation:
    """`seeded` is what `inside.seed` answered: numbers, people, the centre's key, the agent's sign-in."""

    kind: str
    environment: dict[str, str]
    seeded: dict[str, Any]

    def inside(self, *words: object) -> dict[str, Any]:
        return inside(self.environment, *words)


def inside(environment: dict[str, str], *words: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.house_parts.inside", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[2:])} failed: {done.stderr.strip()[-800:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


@contextmanager
def installed(kind: str, *, rows: int, released: int, suppressions: int) -> Iterator[Installation]:
    """Set up and filled; gone afterwards with everything in it."""
    with tempfile.TemporaryDirectory(prefix="dc-bench-") as folder, _database(kind) as url:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"DUECAUSE_DATA": folder, **({"DATABASE_URL": url} if url else {})}
        command = [sys.executable, "-m", "duecause", "prepare"]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        seeded = inside(environment, "seed", rows, released)
        if suppressions:
            inside(environment, "suppress", suppressions)
        yield Installation(kind, environment, seeded)


@contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield ""
        return
    with postgres.cluster() as url:
        yield url


@contextmanager
def up(installation: Installation, *, workers: int) -> Iterator[int]:
    """`duecause up`: web, worker and sequencer. Gives the port."""
    port = _free_port()
    command = [sys.executable, "-m", "duecause", "up", "--no-demo", "--port", str(port)]
    with _running(installation, [*command, "--workers", str(workers)], port):
        yield port


@contextmanager
def bare(installation: Installation, *, workers: int) -> Iterator[int]:
    """benchmarks.house_parts.bare behind the web server as `duecause up` starts it. Gives the port."""
    port = _free_port()
    [web] = [child.command for child in children(port, workers) if child.name == "web"]
    with _running(installation, [*web[:-1], "benchmarks.house_parts.bare:application"], port):
        yield port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(installation: Installation, command: Sequence[str], port: int) -> Iterator[None]:
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(command, cwd=ROOT, env=installation.environment, stdout=said, stderr=said)
        try:
            _wait(running, port, said)
            yield
        finally:
            running.send_signal(signal.SIGINT)
            try:
                running.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def _wait(running: subprocess.Popen[bytes], port: int, said: Any) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    said.seek(0)
    raise SystemExit(f"duecause up did not get ready: {said.read().decode(errors='replace')[-800:]}")


def load(plan: dict[str, Any]) -> dict[str, Any]:
    """Run the load generator in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.house_parts.load"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(plan), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the load generator failed: {done.stderr.strip()[-800:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    if found["failed"]:
        raise SystemExit(f"{plan['part']}: answers that were not what was asked for: {found['failed']}")
    return found


def write_together(installation: Installation, kind: str, *, processes: int, seconds: float) -> float:
    """Commits per second of some processes that begin together."""
    command: Sequence[str] = [
        *(sys.executable, "-m", "benchmarks.house_parts.inside"),
        *("write", kind, str(seconds)),
    ]
    started = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=installation.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    done = 0
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit("a writer failed")
        done += json.loads(output.strip().splitlines()[-1])["done"]
    return done / seconds
