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

from duecause.apps.gate.delivery_queries import last_heartbeat, sink_standings
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import queue_health
from duecause.apps.obligations.queries import late_steps
from duecause.apps.vault import covers, keyring, token_queries
from duecause.apps.vault.models import DataKey
from duecause.engine.problems import Problem, Refused, Unavailable, gettext_noop
from duecause.packs.alarms import terms as alarm_terms
from duecause.web.templatetags.formats import shown_day

CLOCK_SKEW = timedelta(seconds=5)
DISK_LEAST = 1 << 30
OLDEST_SQLITE = (3, 40)
OLDEST_POSTGRES = 140_000  # as libpq counts: 14.0


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
    yield key_files()
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
        yield wrapping_key()
        yield from token_keys(now=now)
    for alias in ("default", "keys"):
        if connections[alias].vendor == "postgresql":
            yield server(alias)
            yield server_log(alias)


def ready(*, now: datetime) -> list[Check]:
    """Why this process should get no requests now; empty when it should."""
    wanted: tuple[Callable[[], Check], ...] = (keys, lambda: database("default"), lambda: database("keys"))
    failed = [check for check in (make() for make in wanted) if not check.ok]
    return failed or [check for check in (migrations(),) if not check.ok]


def running(*, now: datetime) -> Iterator[Check]:
    yield clock(now=now)
    yield sequencer(now=now)
    yield worker(now=now)
    yield alarm_sinks(now=now)


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
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        return Check("data folder", found, _problem("data_folder_closed", CLOSED_FOLDER, path=data))
    return Check("data folder", found)


def key_files() -> Check:
    """Nobody but their owner may read them, also in a closed folder: a copy keeps the modes."""
    folder = Path(settings.DATA) / "keys"
    paths = sorted(folder.glob("*.key"))
    if [path for path in (folder, *paths) if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]:
        return Check("key files", str(folder), _problem("keys_open", OPEN_KEYS, path=folder))
    return Check("key files", f"{len(paths)}, for their owner alone")


def keys() -> Check:
    try:
        ring = keyring.current()
    except (Refused, Unavailable) as refused:
        return Check("keys", refused.problem.code, refused.problem)
    return Check("keys", f"key-encryption key {ring.wrapping.current_id}, look-up {ring.lookup.key_id}")


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
    apart = _server_clock(now)
    if abs(apart) > CLOCK_SKEW.total_seconds():
        found = f"{apart:.0f} s from the database server"
        return Check("clock", found, _problem("clock_apart", CLOCKS_APART, seconds=round(abs(apart))))
    return Check("clock", now.isoformat(timespec="seconds"))


def _server_clock(now: datetime) -> float:
    """Seconds by which the server of the database is ahead; 0 where the database is a file here."""
    if connections["default"].vendor != "postgresql":
        return 0.0
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return float((cursor.fetchone()[0] - now).total_seconds())


def wrapping_key() -> Check:
    """The newest key of a record was wrapped by a key-encryption key that is here."""
    wrapped = DataKey.objects.exclude(kek_id="").order_by("-pk").values_list("kek_id", flat=True).first()
    wrapping = keyring.current().wrapping
    own = wrapping.current_id
    if wrapped and not wrapping.knows(wrapped):
        return Check("wrapping key", wrapped, _problem("kek", OTHER_KEK, found=own, wanted=wrapped))
    return Check("wrapping key", own if wrapped else "nothing is sealed yet")


def token_keys(*, now: datetime) -> Iterator[Check]:
    """The keys under which the tokens here lie are here, and not too old."""
    for standing in token_queries.standing(now=now):
        name = f"token key {standing.family}"
        for number in standing.needed:
            try:
                covers.cover(number)
            except (Refused, Unavailable) as refused:
                yield Check(name, refused.problem.code, refused.problem)
                return
        days = standing.age.days
        found = f"{standing.key_id}, {days} days old"
        if standing.too_old:
            problem = _problem("token_key_old", OLD_TOKEN_KEY, family=standing.family, days=days)
            yield Check(name, found, problem)
        else:
            yield Check(name, found)


def server(alias: str) -> Check:
    name = f"server {alias}"
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
        number, version = cursor.fetchone()
        cursor.execute("SELECT current_setting('fsync'), current_setting('full_page_writes')")
        unsafe = "off" in cursor.fetchone()
    if number < OLDEST_POSTGRES:
        return Check(name, f"PostgreSQL {version}", _problem("server_old", OLD_SERVER, found=version))
    if unsafe:
        return Check(name, f"PostgreSQL {version}", _problem("server_unsafe", UNSAFE_SERVER))
    return Check(name, f"PostgreSQL {version}")


# A failed or slow statement stands in the server's log with its values, a violated constraint with its key.
LOG_WANTED = {
    "log_min_messages": ("log", "fatal", "panic"),
    "log_min_error_statement": ("panic",),
    "log_error_verbosity": ("terse",),
    "log_statement": ("none",),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
}


def server_log(alias: str) -> Check:
    """Nothing that people gave may get into the log of the database server."""
    name = f"server log {alias}"
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(LOG_WANTED)])
        differ = sorted(n for n, setting in cursor.fetchall() if setting not in LOG_WANTED[n])
    if differ:
        wanted = ", ".join(f"{n} = {LOG_WANTED[n][0]}" for n in differ)
        return Check(name, ", ".join(differ), _problem("server_log", TALKATIVE_SERVER, wanted=wanted))
    return Check(name, "holds no statement and no value")


def sequencer(*, now: datetime) -> Check:
    health = queue_health(now)
    seconds = max(health.oldest.total_seconds(), 0) if health.oldest else 0
    found = f"oldest waiting event {seconds:.0f} s"
    if health.late:
        return Check("sequencer", found, _problem("sequencer", SLOW_SEQUENCER, seconds=int(seconds)))
    if health.silent:
        return Check("sequencer", "silent", _problem("sequencer_silent", SILENT_SEQUENCER))
    return Check("sequencer", found)


def worker(*, now: datetime) -> Check:
    late = late_steps(now)
    if late:
        return Check("worker", f"{late} steps late", _problem("worker", SLOW_WORKER, count=late))
    return Check("worker", "no step is late")


def alarm_sinks(*, now: datetime) -> Check:
    """Silence of alarms is told from there being none by the heartbeat, and by what each sink last took."""
    beat, standings = last_heartbeat(), sink_standings()
    down = [sink.code for sink in standings if sink.down_since]
    if down:
        return Check(
            "alarm sinks", ", ".join(down), _problem("sink_down", SILENT_SINK, sinks=", ".join(down))
        )
    late = beat is not None and now - beat > 3 * alarm_terms(shown_day(now)).heartbeat
    found = f"{len(standings)}, last heartbeat {beat.isoformat(timespec='seconds') if beat else 'none yet'}"
    return Check("alarm sinks", found, _problem("heartbeat", NO_HEARTBEAT) if late else None)


def _problem(code: str, template: str, **params: object) -> Problem:
    return Problem(code, template, params)


OLD_VERSIONS = gettext_noop("%(found)s is too old. Python 3.11 and SQLite 3.40 are the least.")
NO_FOLDER = gettext_noop("There is no data folder %(path)s. Run: duecause init")
CLOSED_FOLDER = gettext_noop(
    "This user may not write to %(path)s. Run as its owner, or: chown -R USER %(path)s"
)
OPEN_KEYS = gettext_noop("Others can read key files. Run: chmod -R go= %(path)s")
OLD_TOKEN_KEY = gettext_noop(
    "The token key %(family)s is %(days)s days old. Change it while everything runs: duecause vault rotate"
    " --token %(family)s"
)
OTHER_KEK = gettext_noop(
    "The key file kek.key here is %(found)s, but records are sealed under %(wanted)s: nothing can be opened."
    " Put the right keys back from the key backup."
)
CLOCKS_APART = gettext_noop(
    "The clocks of this machine and of the database server are %(seconds)s s apart. Set both by NTP."
)
OLD_SERVER = gettext_noop("PostgreSQL %(found)s is too old. 14 is the least.")
UNSAFE_SERVER = gettext_noop(
    "The database server runs with fsync or full_page_writes off: a crash loses what was acknowledged. Switch"
    " both on."
)
TALKATIVE_SERVER = gettext_noop(
    "The log of the database server may hold personal data. Set in postgresql.conf, then reload: %(wanted)s"
)
SILENT_SEQUENCER = gettext_noop(
    "The ledger has signed nothing for more than five minutes. Start: duecause sequencer"
)
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
SILENT_SINK = gettext_noop(
    "Alarm sinks take nothing: %(sinks)s. What is meant for them waits in order. See: duecause alarms status"
)
NO_HEARTBEAT = gettext_noop("Alarms have shown no heartbeat for a while. Start: duecause worker")
SLOW_WORKER = gettext_noop("%(count)s steps are late by more than two minutes. Start: duecause worker")
