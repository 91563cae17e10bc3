"""A MariaDB server of our own for as long as a `with` block lasts, on a socket in a private folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.postgres import _dies_with_us

START_SECONDS = 60
USER = "root"  # of this server alone, without a password: nobody else can enter its folder


class ServerFailed(Exception):
    """MariaDB could not be started; the text holds the end of its log."""


def there() -> bool:
    return _program("mariadbd") is not None and _program("mariadb-install-db") is not None


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("mysql")
    except KeyError:
        account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def url(folder: Path, database: str) -> str:
    return f"mariadb+pymysql://{USER}@localhost/{database}?unix_socket={folder / 'socket'}"


@contextmanager
def server() -> Iterator[Path]:
    """Yields its folder; `url` makes addresses of it. Raises ServerFailed."""
    folder = Path(tempfile.mkdtemp(prefix="dc-my-", dir="/tmp"))
    identity = _identity()
    running = None
    try:
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        _install(folder, identity)
        running = _start(folder, identity)
        yield folder
    finally:
        if running is not None:
            running.terminate()
            try:
                running.wait(timeout=30)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _install(folder: Path, identity: dict[str, Any]) -> None:
    command = [
        str(_program("mariadb-install-db")),
        "--no-defaults",
        f"--datadir={folder / 'data'}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **identity)
    if done.returncode:
        raise ServerFailed(f"mariadb-install-db: {(done.stdout + done.stderr).strip()[-600:]}")


def _start(folder: Path, identity: dict[str, Any]) -> subprocess.Popen[bytes]:
    command = [
        str(_program("mariadbd")),
        "--no-defaults",
        f"--datadir={folder / 'data'}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        "--skip-networking",
        "--innodb-buffer-pool-size=64M",
    ]
    log = folder / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd="/",
            preexec_fn=_dies_with_us(),
            start_new_session=True,
            **identity,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        if _answers(folder):
            return running
        time.sleep(0.05)
    running.kill()
    running.wait()
    raise ServerFailed(f"MariaDB did not start: {log.read_text(errors='replace')[-600:]}")


def _answers(folder: Path) -> bool:
    import pymysql

    try:
        pymysql.connect(unix_socket=str(folder / "socket"), user=USER).close()
    except pymysql.err.OperationalError:
        return False
    return True
