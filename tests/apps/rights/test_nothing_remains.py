"""After an erasure no file holds anything of the person: not in clear, not sealed with its key, no token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import sequence
from tests.apps.rights.cases import approved, known_everywhere, work_off
from tests.apps.rights.traces import found_in, traces_of
from tests.security import canary
from tests.support import postgres
from tests.support.scan import Scanner
from tests.support.world import OPERATOR, make_world

NOT_DATA = ("static",)
ROOT = Path(__file__).parents[3]


def scanned(folder: Path) -> Scanner:
    scanner = Scanner(canary.ALL)
    scanner.files(folder, but=NOT_DATA)
    return scanner


@pytest.mark.django_db(transaction=True)
def test_no_file_of_the_data_folder_holds_anything_of_an_erased_person() -> None:
    world = make_world()
    person = known_everywhere(world)
    folder = Path(settings.DATA)
    traces = traces_of(person)
    # PostgreSQL's files are elsewhere; they have a test of their own below.
    stored = traces.keys() if connections["default"].vendor == "sqlite" else set()
    assert found_in(folder, traces, but=NOT_DATA).keys() == stored, "the search sees what is stored"
    case = work_off(approved(world, person))
    assert case.state == "proven", case.stage
    assert found_in(folder, traces, but=NOT_DATA) == {}
    scanner = scanned(folder)
    assert scanner.hits == []
    assert scanner.read > (500_000 if stored else 100)
    sequence(actor=OPERATOR, now=datetime.now(UTC))
    report = checking.verify_live(now=datetime.now(UTC), anchor=None)
    assert report.exit_code == 0
    assert report.erased == case.certificate["ledger_parts_sealed_for_good"] > 0


@pytest.mark.django_db(transaction=True)
def test_what_is_planted_is_found_in_each_place() -> None:
    """Without this the test above proves nothing."""
    folder = Path(settings.DATA)
    number, mail, name = (canary.VALUES[field] for field in ("phone", "email", "last_name"))
    planted = {
        "spool/planted.sealed": number.encode("utf-16-le"),
        "ledger/planted": mail.encode().hex().encode(),
        "planted.log": b"looked up 478 91 92 93",
        "export/planted.csv": name.encode(),
    }
    try:
        for inside, content in planted.items():
            path = folder / inside
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"\0before " + content + b" after\xff")
        if connections["default"].vendor == "sqlite":
            for alias, text in (("default", number), ("keys", mail)):
                with connections[alias].cursor() as cursor:
                    cursor.execute("CREATE TABLE planted (note TEXT)")
                    cursor.execute("INSERT INTO planted VALUES (%s)", [text])
        places = {hit.place for hit in scanned(folder).hits}
    finally:
        for inside in planted:
            (folder / inside).unlink()
        if connections["default"].vendor == "sqlite":
            for alias in ("default", "keys"):
                with connections[alias].cursor() as cursor:
                    cursor.execute("DROP TABLE planted")
    assert set(planted) <= places
    if connections["default"].vendor == "sqlite":
        files = [Path(connections[alias].settings_dict["NAME"]).name for alias in ("default", "keys")]
        assert {f"{file}-wal" for file in files} <= places


@pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")
def test_on_postgresql_the_tables_are_clean_at_once_and_the_write_ahead_log_when_it_is_recycled(
    tmp_path: Path,
) -> None:
    with postgres.cluster(max_wal_size="32MB", min_wal_size="32MB", wal_recycle="off") as url:
        data = Path(postgres.folder_of(url)) / "data"
        before = step_of(tmp_path, url, "populate")
        traces = {name: bytes.fromhex(trace) for name, trace in before["traces"].items()}
        assert found_in(data, traces).keys() == traces.keys(), "the search sees what is stored"
        after = step_of(tmp_path, url, "erase")
        assert (after["state"], after["verify"]) == ("proven", 0)
        assert after["erased"] == after["sealed_for_good"] > 0
        places = {place.split("/")[0] for found in found_in(data, traces).values() for place in found}
        assert places <= {"pg_wal"}, "only the write-ahead log still has what was there before"
        recycle(url)
        assert found_in(data, traces) == {}
        scanner = Scanner(canary.ALL)
        scanner.files(data.parent)
        scanner.files(tmp_path)
        assert scanner.hits == []
        plant(url)
        found = Scanner(canary.ALL).files(data.parent)
        assert {hit.place.split("/")[1] for hit in found} >= {"base", "pg_wal"}


def step_of(folder: Path, url: str, what: str) -> dict[str, object]:
    """Another process, because this one's settings are bound to its own database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUECAUSE_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.apps.rights.on_postgres", what],
        cwd=ROOT,
        env={**kept, "DUECAUSE_DATA": str(folder), "DUECAUSE_TESTING": "1", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return json.loads(done.stdout.splitlines()[-1])


def recycle(url: str) -> None:
    """What time does by itself: new segments come, checkpoints pass, old segments go."""
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(3):
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")


def plant(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE planted (note text)")
        connection.execute("INSERT INTO planted VALUES (%s)", [canary.VALUES["email"]])
        connection.execute("CHECKPOINT")
