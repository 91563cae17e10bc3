"""Runs `duecause import` on a scratch installation and watches it."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.report import Figure
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "CUSTOMERS-BE"
CHUNK = 20_000
# What docs/operate.md recommends for millions of persons; the defaults are those of a small machine.
SERVER = {
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
}
COLUMNS = ("first", "last", "email", "phone", "customer_no", "street", "house_number", "postcode", "town")


@dataclass(frozen=True, slots=True)
class Place:
    kind: str
    environment: dict[str, str]
    folder: Path
    url: str


@contextmanager
def installed(kind: str, home: Path) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(dir=home) as folder, _database(kind) as url:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"DUECAUSE_DATA": folder, **({"DATABASE_URL": url} if url else {})}
        place = Place(kind, environment, Path(folder), url)
        run(place, "-m", "duecause", "prepare")
        run(place, "-m", "benchmarks.import_parts.inside", "found")
        yield place


@contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield ""
        return
    with postgres.cluster(**SERVER) as url:
        yield url


def run(place: Place, *words: object) -> str:
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env=place.environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[2:])} failed: {done.stderr.strip()[-800:]}")
    return done.stdout


def measure(place: Place, path: Path, rows: int) -> dict[str, Figure]:
    raw = _raw_postgres(place, path) if place.url else _raw_sqlite(place, path)
    figures = imported(place, path)
    told: dict[str, Any] = json.loads(run(place, "-m", "benchmarks.import_parts.inside", "look"))
    return {
        **figures,
        "rows_per_s": rows / float(figures["seconds"]),
        "raw_copy_seconds": raw,
        "ratio_vs_raw_copy": float(figures["seconds"]) / raw,
        **told,
    }


def imported(place: Place, path: Path, *options: str) -> dict[str, Figure]:
    """One `duecause import`, from the start of its process to its end."""
    times = place.folder / "times.json"
    words = ["import", str(path), "--source", SOURCE, "--timings", str(times), *options]
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "duecause", *words],
        cwd=ROOT,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=None if "--watch" in sys.argv else subprocess.DEVNULL,
    )
    peaks, server = _Peak(process.pid), _Peak(_server_of(place))
    before = _cpu(_server_of(place))
    process.wait()
    seconds = time.perf_counter() - started
    peaks.stop()
    server.stop()
    if process.returncode:
        raise SystemExit("the import failed: see what it says with --watch")
    parts = {f"{name}_seconds": value for name, value in json.loads(times.read_text()).items()}
    figures: dict[str, Figure] = {"seconds": seconds, "peak_mb": peaks.megabytes, **parts}
    if not place.url:
        return figures
    spent = _cpu(_server_of(place)) - before
    return figures | {"server_peak_mb": server.megabytes, "server_cpu_seconds": spent}


class _Peak:
    """The most memory that a process and its children held at one time: private pages, and shared ones in
    proportion (PSS), so that what two share counts once."""

    def __init__(self, pid: int | None) -> None:
        self.megabytes = 0
        self._pid, self._over = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while self._pid and not self._over.wait(1.0):
            self.megabytes = max(self.megabytes, sum(map(_proportional, _family(self._pid))) // 1024)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = [entry.name for entry in Path(f"/proc/{pid}/task").iterdir() if entry.name != str(pid)]
        for thread in threads:
            children += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(found for child in children for found in _family(int(child)))]


def _cpu(pid: int | None) -> float:
    """CPU-seconds of a server and of its processes, those that have ended among them."""
    if pid is None:
        return 0.0
    spent = 0
    for process in _family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            own, ended = fields[11:13], fields[13:15]
            spent += sum(map(int, [*own, *(ended if process == pid else [])]))
    return spent / os.sysconf("SC_CLK_TCK")


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _server_of(place: Place) -> int | None:
    if not place.url:
        return None
    return int((postgres.folder_of(place.url) / "data" / "postmaster.pid").read_text().split()[0])


def _rows(path: Path) -> Iterator[Sequence[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        next(reader)
        yield from reader


def _raw_sqlite(place: Place, path: Path) -> float:
    """The cells as they stand into one table without index, durable as the product's own."""
    target = place.folder / "raw.sqlite3"
    connection = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"CREATE TABLE raw ({', '.join(COLUMNS)})")
    started, rows = time.perf_counter(), _rows(path)
    insert = f"INSERT INTO raw VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    while part := list(islice(rows, CHUNK)):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, part)
        connection.execute("COMMIT")
    taken = time.perf_counter() - started
    connection.close()
    target.unlink()
    return taken


def _raw_postgres(place: Place, path: Path) -> float:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE raw (" + ", ".join(f"{name} text" for name in COLUMNS) + ")")
        started, rows = time.perf_counter(), _rows(path)
        while part := list(islice(rows, CHUNK)):
            with (
                connection.transaction(),
                connection.cursor() as cursor,
                cursor.copy("COPY raw FROM STDIN") as copy,
            ):
                for row in part:
                    copy.write_row(row)
        taken = time.perf_counter() - started
        connection.execute("DROP TABLE raw")
    return taken
