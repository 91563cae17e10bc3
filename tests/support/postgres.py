"""A PostgreSQL cluster of our own for as long as a `with` block lasts.

It listens on a Unix socket in a private folder only, keeps fsync on (the crash guarantees under test
depend on it), and is stopped by the kernel should this process die.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

DATABASES = ("duecause", "duecause_keys")
USER = "duecause"
START_SECONDS = 30
PR_SET_PDEATHSIG = 1


class ClusterFailed(Exception):
    """PostgreSQL could not be started; the text holds the end of its log."""


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: the newest of Debian's, else what stands on the PATH."""
    debian = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "initdb").exists() and path.parent
    ]
    if debian:
        return max(debian, key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).resolve().parent
    return None


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as the user its package made."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _dies_with_us() -> Callable[[], None] | None:
    try:
        libc = ctypes.CDLL("libc.so.6", use_errno=True)
    except OSError:
        return None
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def url(folder: Path, database: str) -> str:
    return f"postgres://{USER}@{quote(str(folder), safe='')}/{database}"


def folder_of(address: str) -> Path:
    """Where the cluster behind an address of `url` lives: socket and log, and its files under `data`."""
    return Path(unquote(urlsplit(address).netloc.partition("@")[2]))


@contextmanager
def cluster(*, home: str = "/tmp", **settings: str) -> Iterator[str]:
    """Start a cluster with the databases `duecause` and `duecause_keys`; yields DATABASE_URL of the first.

    Its folder is made in `home`. `settings` become `-c name=value`. Raises ClusterFailed.
    """
    binaries = programs()
    if binaries is None:
        raise ClusterFailed("PostgreSQL is not installed. On Debian: apt-get install postgresql")
    # Short: a socket path may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="dc-pg-", dir=home if Path(home).is_dir() else None))
    identity = _identity()
    server = None
    try:
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        _initialise(binaries, folder, identity)
        server = _start(binaries, folder, identity, settings)
        for database in DATABASES:
            _run([binaries / "createdb", "-h", folder, "-U", USER, database], {})
        yield url(folder, DATABASES[0])
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def crash(address: str) -> None:
    """SIGKILL to the server of `cluster` and to every process of it.

    The dead server may not have been waited for and would then look alive to the next one: its lock file gets
    the number of a process that is gone. The rest of the file tells which shared memory to clear.
    """
    folder = folder_of(address)
    until = time.monotonic() + START_SECONDS
    while found := _processes_in(folder / "data"):
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if time.monotonic() > until:
            raise ClusterFailed(f"{len(found)} processes of PostgreSQL do not die")
        time.sleep(0.02)
    for stale in folder.glob(".s.PGSQL.*"):
        stale.unlink()
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = folder / "data" / "postmaster.pid"
    lock.write_text("\n".join([str(gone.pid), *lock.read_text().splitlines()[1:], ""]))


@contextmanager
def restarted(address: str, **settings: str) -> Iterator[None]:
    """The server of a cluster that has crashed, for as long as the block lasts. Raises ClusterFailed."""
    binaries = programs()
    if binaries is None:
        raise ClusterFailed("PostgreSQL is not installed. On Debian: apt-get install postgresql")
    server = _start(binaries, folder_of(address), _identity(), settings)
    try:
        yield
    finally:
        _stop(server)


def _processes_in(folder: Path) -> list[int]:
    """Every process of a server stands in its data folder; those that have died already stand nowhere."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


def _run(command: list[str | Path], identity: dict[str, Any]) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, cwd="/", **identity
    )
    if done.returncode:
        raise ClusterFailed(f"{Path(command[0]).name}: {done.stderr.strip()[-600:]}")


def _initialise(binaries: Path, folder: Path, identity: dict[str, Any]) -> None:
    options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"]
    _run([binaries / "initdb", *options, folder / "data"], identity)


def _start(
    binaries: Path, folder: Path, identity: dict[str, Any], settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    values = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "on", **settings}
    options = [word for name, value in values.items() for word in ("-c", f"{name}={value}")]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(folder / "data"), *options],
            stdout=output,
            stderr=output,
            cwd="/",
            preexec_fn=_dies_with_us(),
            start_new_session=True,
            **identity,
        )
    ready = [str(binaries / "pg_isready"), "-q", "-h", str(folder), "-U", USER]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        if subprocess.run(ready, check=False).returncode == 0:
            return server
        time.sleep(0.05)
    _stop(server)
    raise ClusterFailed(f"PostgreSQL did not start: {log.read_text(errors='replace')[-600:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: sessions are ended, what is committed is flushed."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
