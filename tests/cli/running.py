"""The real command in a process of its own, on a data folder of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 90.0


def environment(data: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DUECAUSE_", "DATABASE"))
    }
    return {**kept, "DUECAUSE_DATA": str(data), "PYTHONUNBUFFERED": "1"}


def run(data: Path, *arguments: str, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """`more`: variables of the environment besides the data folder."""
    return subprocess.run(
        [sys.executable, "-m", "duecause", *arguments],
        env={**environment(data), **more},
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Up:
    """`duecause up`, started when entered and stopped as Ctrl-C does when left."""

    data: Path
    arguments: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    seconds: float = 0.0

    def __enter__(self) -> Up:
        self.log = self.data.parent / f"{self.data.name}.log"
        command = [sys.executable, "-m", "duecause", "up", "--port", str(self.port), *self.arguments]
        began = time.monotonic()
        with self.log.open("w") as out:
            self.process = subprocess.Popen(command, env=environment(self.data), stdout=out, stderr=out)
        self.wait_for("Duecause is at")
        self.seconds = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)

    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while words not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def processes(self) -> dict[int, str]:
        """Every process of this start: those that carry its data folder in their environment."""
        mark = f"DUECAUSE_DATA={self.data}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return {pid: command for pid, command in found.items() if command}
