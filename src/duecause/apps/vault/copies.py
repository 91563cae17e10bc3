"""Copies of the key database: they bring back whoever was erased after they were made, so they live for days.

Whatever else makes copies, those in the folder DUECAUSE_KEY_COPIES that are named `keys-…` are deleted when
their time has come (packs/law/keys.yaml).
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connections

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs import law

_NO_FOLDER = gettext_noop(
    "Say where copies of the key database go: DUECAUSE_KEY_COPIES names a folder of its own."
)
_NO_PG_DUMP = gettext_noop(
    "pg_dump is not installed or failed (%(why)s). Copy the key database with your own tools."
)


@dataclass(frozen=True, slots=True)
class Copy:
    path: Path
    made_at: datetime

    def too_old(self, now: datetime) -> bool:
        return now - self.made_at > copies_live()


def copies_live() -> timedelta:
    """How long a copy of the key database may live. Raises Refused where the pack is malformed."""
    return timedelta(days=_days()["copies", "days"])


def token_keys_kept() -> timedelta:
    """How long a replaced token key is kept for copies of the database. Raises Refused."""
    return timedelta(days=_days()["token_keys", "kept_days"])


def token_keys_serve() -> timedelta:
    """The age at which a token key should be changed. Raises Refused."""
    return timedelta(days=_days()["token_keys", "change_after_days"])


@cache
def _days() -> dict[tuple[str, str], int]:
    top = yaml_reader.read_mapping(law.texts()[law.KEYS_FILE], file=law.KEYS_FILE)
    top.day("as_of")
    found: dict[tuple[str, str], int] = {}
    for name, numbers in (("copies", ("days",)), ("token_keys", ("kept_days", "change_after_days"))):
        entry = top.mapping(name)
        found |= {(name, number): entry.number(number) for number in numbers}
        for text in ("law", "note", "confidence"):
            entry.text(text)
        entry.text_or_none("reviewed_by")
        entry.done()
    top.done()
    return found


def folder() -> Path | None:
    return Path(settings.KEY_COPIES) if settings.KEY_COPIES else None


def found() -> list[Copy]:
    """Copies in the folder, oldest first."""
    where = folder()
    paths = where.glob("keys-*") if where and where.is_dir() else ()
    copies = [
        Copy(path, datetime.fromtimestamp(path.stat().st_mtime, UTC)) for path in paths if path.is_file()
    ]
    return sorted(copies, key=lambda each: each.made_at)


def make(*, now: datetime) -> Copy:
    """Copy the key database as it stands, while it is used. Raises Refused."""
    where = folder()
    if where is None:
        raise Refused("keys.copies_folder", _NO_FOLDER)
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = connections["keys"]
    name = f"keys-{now:%Y%m%dT%H%M%SZ}"
    if connection.vendor == "sqlite":
        target = where / f"{name}.sqlite3"
        _as_new_file(target)
        with connection.cursor() as cursor:
            # Written afresh, so that the copy holds no bytes of keys that were destroyed.
            cursor.execute("VACUUM INTO %s", [str(target)])
    else:
        target = where / f"{name}.dump"
        _as_new_file(target)
        _dump(target, connection.settings_dict)
    return Copy(target, now)


def delete_old(*, now: datetime) -> list[str]:
    """Delete the copies whose time has come; their names."""
    old = [copy.path for copy in found() if copy.too_old(now)]
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]


def _as_new_file(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _dump(target: Path, database: dict[str, object]) -> None:
    words = {"-h": "HOST", "-p": "PORT", "-U": "USER"}
    options = [
        part for flag, name in words.items() if database.get(name) for part in (flag, str(database[name]))
    ]
    command = ["pg_dump", "--format=custom", f"--file={target}", *options, str(database["NAME"])]
    environment = {**os.environ, "PGPASSWORD": str(database.get("PASSWORD") or "")}
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        target.unlink(missing_ok=True)
        raise Refused("keys.pg_dump", _NO_PG_DUMP, why=type(error).__name__) from None
