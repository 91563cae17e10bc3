"""Sequencers that run at once, and one that is killed, give every event one index and sign one history.

Real processes on a database of their own: SQLite, and PostgreSQL where the tests run on it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from duecause.engine import tlog
from tests.cli.running import environment

ROOT = Path(__file__).parents[3]
SECONDS = 2.5

pytestmark = pytest.mark.postgres
COUNTS = """
import django, json
django.setup()
from duecause.apps.ledger.models import *
indexes = list(Leaf.objects.order_by("index").values_list("index", flat=True))
print(json.dumps({
    "waiting": QueueEntry.objects.count(),
    "events": Event.objects.count(),
    "gap_free": indexes == list(range(len(indexes))),
    "leaves": len(indexes),
    "distinct": Leaf.objects.values("event_id").distinct().count(),
    "sizes": list(Checkpoint.objects.order_by("size").values_list("size", flat=True)),
}))
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an empty installation."""
    env = {**environment(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "duecause.settings"}
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        with database(url) as own:
            yield founded({**env, "DATABASE_URL": own})
    else:
        yield founded(env)


def database(url: str):
    from contextlib import contextmanager

    import psycopg

    @contextmanager
    def made():
        name = f"sequencers_{os.getpid()}"
        drop = [f"DROP DATABASE IF EXISTS {each} WITH (FORCE)" for each in (name, f"{name}_keys")]
        with psycopg.connect(url, autocommit=True) as admin:
            for statement in (*drop, f"CREATE DATABASE {name}"):
                admin.execute(statement)
            try:
                yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
            finally:
                for statement in drop:
                    admin.execute(statement)

    return made()


def founded(env: dict[str, str]) -> dict[str, str]:
    done = command(env, "-m", "duecause", "init")
    assert done.returncode == 0, done.stderr
    return env


def command(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def sequencer(env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Returns when it is at work."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "duecause", "sequencer"], env=env, cwd=ROOT, stdout=out, stderr=out
        )
    until = time.monotonic() + 30
    while "sequencing duecause.log/" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    return process


def writer(env: dict[str, str]) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.support.ledger_writer", str(SECONDS)]
    return subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def counts(env: dict[str, str]) -> dict:
    return json.loads(command(env, "-c", COUNTS).stdout)


def emptied(env: dict[str, str]) -> dict:
    until = time.monotonic() + 20
    while (found := counts(env))["waiting"] and time.monotonic() < until:
        time.sleep(0.2)
    return found


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait(timeout=60)


def test_two_sequencers_and_a_killed_one_leave_no_gap_no_double_and_one_root_per_size(house, tmp_path):
    running = [sequencer(house, tmp_path / f"sequencer-{number}") for number in range(2)]
    try:
        writing = writer(house)
        time.sleep(SECONDS)
        running.pop(0).kill()
        running.append(sequencer(house, tmp_path / "sequencer-2"))
        written = int(writing.communicate(timeout=120)[0])
        found = emptied(house)
    finally:
        end(running)

    assert written > 20
    assert found["waiting"] == 0
    assert found["gap_free"]
    assert found["leaves"] == found["distinct"] == found["events"] == written
    assert found["sizes"][-1] == written
    assert len(found["sizes"]) > 1
    anchored, torn = tlog.split_notes(Path(house["DUECAUSE_DATA"], "ledger/anchor").read_bytes())
    sizes = [tlog.parse_checkpoint(tlog.parse_note(note).text).size for note in anchored]
    assert (sizes, torn) == (found["sizes"], b"")
    verified = command(house, "-m", "duecause", "ledger", "verify", "--json")
    assert json.loads(verified.stdout)["exit"] == 0, verified.stdout
