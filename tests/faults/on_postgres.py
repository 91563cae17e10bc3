"""The same operations and checks on PostgreSQL: clients killed at any moment, and the whole server."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.faults.server import ForkServer, Tally, _child, _read, prepare
from tests.support import postgres

TRIES = 6
# At which share of its undisturbed time the server dies, per operation.
SERVER_DIES = (("import", 0.5), ("sequence", 0.4), ("release", 0.6))


class PostgresServer(ForkServer):
    """Restores by cloning databases instead of copying files."""

    def __init__(self, scratch: Path) -> None:
        self.url = os.environ["DATABASE_URL"]
        self.took: dict[str, float] = {}
        super().__init__(scratch)

    def sql(self, *statements: str) -> list[Any]:
        address = urlunsplit(urlsplit(self.url)._replace(path="/postgres"))
        with psycopg.connect(address, autocommit=True) as connection:
            rows = []
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def keep(self) -> None:
        super().keep()
        self.sql(*(f"ALTER DATABASE {name} RENAME TO kept_{name}" for name in postgres.DATABASES))

    def restore(self) -> None:
        super().restore()
        for name in postgres.DATABASES:
            self.sql(
                f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                f"CREATE DATABASE {name} TEMPLATE kept_{name}",
            )

    def begin(self, name: str) -> tuple[int, int]:
        """Start an operation in a fork. Returns its process and where it speaks."""
        reader, writer = os.pipe()
        operation = self.house.OPERATIONS[name]
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _child(lambda: operation.act(lambda: os.write(writer, b"a")), writer)
        os.close(writer)
        return pid, reader

    def measure(self, name: str) -> None:
        """How long it takes undisturbed, and how the house looks then."""
        self.undisturbed(name)
        self.restore()
        started = time.monotonic()
        pid, reader = self.begin(name)
        os.waitpid(pid, 0)
        os.close(reader)
        self.took[name] = time.monotonic() - started

    def kill_client(self, name: str, share: float) -> tuple[bool, bool, str]:
        status, said = 0, b""
        for _ in range(TRIES):
            self.restore()
            pid, reader = self.begin(name)
            time.sleep(share * self.took[name])
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            said = _read(reader)
            if os.WIFSIGNALED(status):
                break
            self.took[name] *= 0.7  # it was faster than it had been: be there earlier
        self._until_alone()
        acknowledged = said.startswith(b"a")
        return os.WIFSIGNALED(status), acknowledged, self.judge(name, acknowledged)

    def _until_alone(self) -> None:
        """A server process notices late that its client is gone; its last statement may still commit."""
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'duecause%'"
        until = time.monotonic() + 20
        while self.sql(others)[0][0] and time.monotonic() < until:
            time.sleep(0.01)

    def kill_server(self, name: str, share: float, servers: ExitStack) -> tuple[bool, bool, str]:
        self.restore()
        pid, reader = self.begin(name)
        time.sleep(share * self.took[name])
        postgres.crash(self.url)
        servers.close()
        _, status = os.waitpid(pid, 0)
        acknowledged = _read(reader).startswith(b"a")
        servers.enter_context(postgres.restarted(self.url))
        wrong = "" if acknowledged or status else "the server was gone and nobody was told"
        return status != 0, acknowledged, wrong or self.judge(name, acknowledged)


def run(server: PostgresServer, clients: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    names = list(server.house.OPERATIONS)
    started = time.monotonic()
    for name in names:
        server.measure(name)
    tallies = {"clients": Tally(), "servers": Tally()}
    for n in range(clients):
        name, share = names[n % len(names)], chance.uniform(0.02, 1.0)
        _note(tallies["clients"], f"{name} at {share:.2f}", server.kill_client(name, share))
    with ExitStack() as servers:
        for name, share in SERVER_DIES:
            _note(tallies["servers"], f"server under {name}", server.kill_server(name, share, servers))
    seconds = round(time.monotonic() - started, 1)
    return {name: {**asdict(tally), "seconds": seconds} for name, tally in tallies.items()}


def _note(tally: Tally, point: str, outcome: tuple[bool, bool, str]) -> None:
    killed, acknowledged, wrong = outcome
    tally.points += 1
    tally.killed += killed
    tally.acknowledged += acknowledged
    if wrong:
        tally.bad.append(f"{point}: {wrong}")


def main(arguments: list[str]) -> int:
    """`CLIENTS SEED FOLDER`, with DATABASE_URL of an empty cluster: one JSON object on stdout."""
    clients, seed, folder = arguments
    server = prepare(Path(folder), kind=PostgresServer)
    sys.stdout.write(json.dumps(run(server, int(clients), int(seed))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
