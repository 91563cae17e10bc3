"""Found a data folder: keys, both databases, tables. Safe to run again; nothing that exists is replaced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from duecause.apps.vault import keyring
from duecause.engine.problems import Refused

Say = Callable[[str], object]


def found(*, say: Say) -> None:
    """Raises Refused where a folder or database cannot be made."""
    data = Path(settings.DATA)
    _folder(data)
    if not (data / "keys" / "kek.key").exists() and _has_data(data):
        raise Refused(
            "keys_missing",
            "%(data)s holds data but no keys. Restore %(data)s/keys from the key backup; new keys would not"
            " open what is there.",
            data=data,
        )
    keyring.create(data / "keys")
    if connections["default"].vendor == "postgresql":
        _create_key_database()
    for alias in ("keys", "default"):
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    say(f"The data folder {data} is ready.")


def is_founded() -> bool:
    return (Path(settings.DATA) / "keys" / "kek.key").exists()


def require_founded() -> None:
    if not is_founded():
        raise Refused(
            "not_founded",
            "%(data)s is not set up. Run: duecause init, or name another folder with --data.",
            data=settings.DATA,
        )


def _folder(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.chmod(0o700)
    except OSError as error:
        raise Refused(
            "data_folder",
            "The data folder %(data)s cannot be made: %(why)s. Name another with --data.",
            data=data,
            why=error.strerror,
        ) from None


def _has_data(data: Path) -> bool:
    return (data / "duecause.sqlite3").exists() or (data / "keys.sqlite3").exists()


def _create_key_database() -> None:
    """PostgreSQL: the key database next to the main one, where this role may make it."""
    import psycopg
    from psycopg import sql

    name = str(settings.DATABASES["keys"]["NAME"])
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone():
                return
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)).as_string(None))
    except Exception as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise
        raise Refused(
            "key_database",
            "The key database “%(name)s” does not exist and this role may not make it. Have it made (CREATE"
            " DATABASE) or set KEYS_DATABASE_URL.",
            name=name,
        ) from None
