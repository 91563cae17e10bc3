"""Serves a data folder of its own on a free loopback port, as an operator would: web, worker, sequencer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "duecause"
DEMO = PACKAGE / "packs" / "demo" / "org.yaml"
PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """`url` without a slash at its end; `run` gives a `duecause` command on the same data."""

    url: str
    data: Path
    env: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _duecause(self.env, arguments)


@contextmanager
def served(data: Path, *, settings: str = "duecause.settings", demo: bool = True) -> Iterator[Served]:
    """Serve `data`: with `demo` founded first, and with worker and sequencer. All of it stops at the end."""
    port = _free_port()
    env = _environment(data, settings, port)
    if demo:
        for command in (("init",), ("apply", str(DEMO))):
            done = _duecause(env, command)
            assert done.returncode == 0, f"duecause {command[0]}: {done.stdout}{done.stderr}"
    web = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws"),
        *("--log-config", str(PACKAGE / "granian_logs.json")),
        "duecause.wsgi:application",
    ]
    own = [sys.executable, "-m", "duecause"]
    commands = [web, [*own, "worker"], [*own, "sequencer"]] if demo else [web]
    with (data / "server.log").open("wb") as log:
        processes = [
            subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
            for command in commands
        ]
        try:
            _wait_for(port, processes[0], data)
            yield Served(url=f"http://127.0.0.1:{port}", data=data, env=env)
        finally:
            _end(processes)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(data: Path, settings: str, port: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    return {
        **inherited,
        "DUECAUSE_DATA": str(data),
        "DUECAUSE_TESTING": "1",
        "DUECAUSE_LAW": str(_law_of_any_hour(data)),
        "DUECAUSE_ORIGINS": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), inherited.get("PYTHONPATH")))),
    }


def _law_of_any_hour(data: Path) -> Path:
    """Dutch rules without their calling hours: what these tests say holds at night too."""
    folder = data.parent / f"{data.name}-law"
    folder.mkdir(exist_ok=True)
    head, *rules = (PACKAGE / "packs" / "law" / "nl.yaml").read_text().split("\n  - id: ")
    kept = [rule for rule in rules if "kind: calling_window" not in rule]
    (folder / "nl.yaml").write_text("\n  - id: ".join([head, *kept]))
    return folder


def _duecause(env: dict[str, str], arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from duecause.cli import main; main()", *arguments],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], data: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"The server did not start:\n{(data / 'server.log').read_text()[-4000:]}")
