"""./dev test: see to what the tests need, then the database tests on PostgreSQL, then everything on SQLite.

As root on Debian what is missing is installed. Otherwise it is named, with the tests it leaves out; in
continuous integration (CI=true) that is a failure. Arguments go to pytest (then only SQLite is run).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import mariadb, postgres

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True, slots=True)
class Need:
    """Something outside the locks: how to see it, which Debian package brings it, what falls without it."""

    name: str
    package: str
    there: Callable[[], bool]
    leaves_out: str


def program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


NEEDS = (
    Need(
        "PostgreSQL",
        "postgresql",
        lambda: postgres.programs() is not None,
        "the database tests on PostgreSQL",
    ),
    Need("MariaDB", "mariadb-server", mariadb.there, "the connectors on foreign databases"),
    Need(
        "Chromium", "chromium", program("chromium", "chromium-browser"), "tests/e2e (every page in a browser)"
    ),
    Need("gettext", "gettext", program("xgettext"), "the check that no message is missing"),
    Need("pdftotext", "poppler-utils", program("pdftotext"), "the check that a PDF says what its page says"),
    Need(
        "an OpenSSH server",
        "openssh-server",
        lambda: Path("/usr/sbin/sshd").exists(),
        "the exchange of files with call centres over SFTP",
    ),
    Need("OpenSSL", "openssl", program("openssl"), "the ledger checks with third-party tools"),
    Need(
        "DejaVu fonts",
        "fonts-dejavu-core",
        lambda: Path("/usr/share/fonts/truetype/dejavu").exists(),
        "nothing, but screenshots differ",
    ),
    Need(
        "Go",
        "golang-go",
        program("go"),
        "tests/independent (another implementation verifies the ledger)",
    ),
    Need(
        "golang.org/x/mod",
        "golang-golang-x-mod-dev",
        lambda: Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog").is_dir(),
        "tests/independent (another implementation verifies the ledger)",
    ),
    Need("strace", "strace", program("strace"), "tests/faults (killed at any write, full and broken disks)"),
    Need("git", "git", program("git"), "the house rules over all files"),
)


def missing() -> list[Need]:
    return [need for need in NEEDS if not need.there()]


def install(needs: list[Need]) -> None:
    packages = [need.package for need in needs]
    print(f"Installing {' '.join(packages)}", flush=True)
    # In runlevel 1 Debian starts no server of a package it installs: the tests start their own, on loopback.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *words], env=environment, check=False, stdout=subprocess.DEVNULL)


def prepare() -> list[Need]:
    """What is still missing afterwards; said on the terminal."""
    needs = missing()
    if needs and os.geteuid() == 0 and shutil.which("apt-get"):
        install(needs)
        needs = missing()
    for need in needs:
        print(f"missing: {need.name}; leaves out {need.leaves_out}. Debian: apt-get install {need.package}")
    return needs


def pytest_run(arguments: list[str], environment: dict[str, str]) -> int:
    workers = os.environ.get("DUECAUSE_TEST_WORKERS", "2")
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def on_postgres(environment: dict[str, str]) -> int:
    try:
        with postgres.cluster() as url:
            print("── PostgreSQL", flush=True)
            arguments = ["-q", "-m", "postgres and not e2e"]
            status = pytest_run(arguments, {**environment, "DATABASE_URL": url})
    except postgres.ClusterFailed as error:
        print(f"PostgreSQL: {error}", file=sys.stderr)
        return 1
    return 0 if status == NO_TESTS_COLLECTED else status


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    absent = {need.name for need in prepare()}
    if absent and os.environ.get("CI") == "true":
        print("CI leaves no test out: install what is missing", file=sys.stderr)
        return 1
    if arguments:
        return pytest_run(arguments, {"DATABASE_URL": ""})
    with tempfile.TemporaryDirectory() as folder:
        environment = {"DUECAUSE_TEST_COUNTS": str(Path(folder, "counts.json"))}
        first = 0 if "PostgreSQL" in absent else on_postgres(environment)
        if first:
            print("── PostgreSQL failed; SQLite follows", flush=True)
        print("── SQLite", flush=True)
        selection = ["-m", "not e2e"] if "Chromium" in absent else []
        second = pytest_run(selection, {**environment, "DATABASE_URL": ""})
    if first:
        print(f"the run on PostgreSQL FAILED, see above ({time.monotonic() - started:.0f} s for both)")
    return first or second


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
