"""What must be in order for this installation to work, each check with its remedy. Nothing is changed."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from duecause.apps.ledger.models import Event, QueueEntry
from duecause.apps.obligations.models import Step
from duecause.apps.vault import keyring
from duecause.engine.problems import Problem, Refused, gettext_noop

QUEUE_LATE = timedelta(seconds=5)
WORK_LATE = timedelta(minutes=2)
CLOCK_SKEW = timedelta(seconds=5)
DISK_LEAST = 1 << 30
OLDEST_SQLITE = (3, 40)


@dataclass(frozen=True, slots=True)
class Check:
    """`problem` is None when all is well; `found` says what was looked at, without personal data."""

    name: str
    found: str
    problem: Problem | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None


def all_checks(*, now: datetime) -> Iterator[Check]:
    """Every check, in the order in which one would mend them. What fails with the database ends the list."""
    yield versions()
    yield folder()
    yield keys()
    yield disk()
    for alias in ("default", "keys"):
        reachable = database(alias)
        yield reachable
        if not reachable.ok:
            return
    upgraded = migrations()
    yield upgraded
    if upgraded.ok:
        yield from running(now=now)


def ready(*, now: datetime) -> list[Check]:
    """Why this process should get no requests now; empty when it should."""
    wanted: tuple[Callable[[], Check], ...] = (keys, lambda: database("default"), lambda: database("keys"))
    failed = [check for check in (make() for make in wanted) if not check.ok]
    return failed or [check for check in (migrations(),) if not check.ok]


def running(*, now: datetime) -> Iterator[Check]:
    yield clock(now=now)
    yield sequencer(now=now)
    yield worker(now=now)


def versions() -> Check:
    found = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE or sys.version_info < (3, 11):
        return Check("versions", found, _problem("versions", OLD_VERSIONS, found=found))
    return Check("versions", found)


def folder() -> Check:
    data = Path(settings.DATA)
    if not data.is_dir():
        return Check("data folder", str(data), _problem("data_folder", NO_FOLDER, path=data))
    mode = stat.S_IMODE(data.stat().st_mode)
    found = f"{data}, mode {mode:04o}, owner {data.stat().st_uid}, running as {os.getuid()}"
    if mode & 0o077:
        return Check("data folder", found, _problem("data_folder_open", OPEN_FOLDER, path=data))
    return Check("data folder", found)


def keys() -> Check:
    try:
        ring = keyring.current()
    except Refused as refused:
        return Check("keys", refused.code, refused.problem)
    return Check("keys", f"key-encryption key {ring.kek_id}, look-up {ring.lookup.key_id}")


def disk() -> Check:
    data = Path(settings.DATA)
    free = shutil.disk_usage(data if data.is_dir() else data.parent).free
    found = f"{free // (1 << 20)} MiB free"
    if free < DISK_LEAST:
        return Check("disk", found, _problem("disk", FULL_DISK, free=free // (1 << 20), path=data))
    return Check("disk", found)


def database(alias: str) -> Check:
    name = f"database {alias}"
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Check(name, type(error).__name__, _problem("database", NO_DATABASE, name=alias))
    return Check(name, connections[alias].vendor)


def migrations() -> Check:
    waiting: set[str] = set()
    for alias in ("default", "keys"):
        executor = MigrationExecutor(connections[alias])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        waiting |= {f"{migration.app_label}.{migration.name}" for migration, _ in plan}
    if waiting:
        found = ", ".join(sorted(waiting))
        return Check("tables", found, _problem("tables", OLD_TABLES, count=len(waiting)))
    return Check("tables", "up to date")


def clock(*, now: datetime) -> Check:
    newest = Event.objects.order_by("-pk").values_list("at", flat=True).first()
    if newest and newest > now + CLOCK_SKEW:
        ahead = int((newest - now).total_seconds())
        return Check("clock", f"{ahead} s behind", _problem("clock", SLOW_CLOCK, seconds=ahead))
    return Check("clock", now.isoformat(timespec="seconds"))


def sequencer(*, now: datetime) -> Check:
    oldest = QueueEntry.objects.order_by("pk").values_list("queued_at", flat=True).first()
    age = now - oldest if oldest else timedelta()
    found = f"oldest waiting event {max(age.total_seconds(), 0):.0f} s"
    if age > QUEUE_LATE:
        return Check(
            "sequencer", found, _problem("sequencer", SLOW_SEQUENCER, seconds=int(age.total_seconds()))
        )
    return Check("sequencer", found)


def worker(*, now: datetime) -> Check:
    late = Step.objects.filter(state=Step.State.DUE, next_at__lt=now - WORK_LATE).count()
    if late:
        return Check("worker", f"{late} steps late", _problem("worker", SLOW_WORKER, count=late))
    return Check("worker", "no step is late")


def _problem(code: str, template: str, **params: object) -> Problem:
    return Problem(code, template, params)


OLD_VERSIONS = gettext_noop("%(found)s is too old. Python 3.11 and SQLite 3.40 are the least.")
NO_FOLDER = gettext_noop("There is no data folder %(path)s. Run: duecause init")
OPEN_FOLDER = gettext_noop("Others can look into %(path)s. Run: chmod 700 %(path)s")
FULL_DISK = gettext_noop("Only %(free)s MiB are free at %(path)s. Make room before writing stops.")
NO_DATABASE = gettext_noop("The database “%(name)s” does not answer. Start it, or check DATABASE_URL.")
OLD_TABLES = gettext_noop("%(count)s changes of tables wait. Run: duecause init")
SLOW_CLOCK = gettext_noop(
    "The clock is %(seconds)s s behind the newest event. Set it by NTP; deadlines and proofs depend on it."
)
SLOW_SEQUENCER = gettext_noop(
    "Events have waited %(seconds)s s for their place in the ledger. Start: duecause sequencer"
)
SLOW_WORKER = gettext_noop("%(count)s steps are late by more than two minutes. Start: duecause worker")
