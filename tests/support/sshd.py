"""A real OpenSSH server on loopback, with a key of its own and two folders, run by the tests' own user.

It is looked for in DUECAUSE_SSHD and the usual places. A test user who is root has it run as nobody, since a
root server needs an account of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

TRIES = 5
START_SECONDS = 30


@dataclass(frozen=True)
class Sshd:
    port: int
    user: str
    host_key: str
    outgoing: Path
    incoming: Path
    authorized: Path

    def let_in(self, public_key: str) -> None:
        self.authorized.write_text(public_key + "\n")
        self.authorized.chmod(0o644)

    def put(self, name: str, content: bytes) -> None:
        """As the centre lays a file into the folder that we read from."""
        (self.incoming / name).write_bytes(content)
        (self.incoming / name).chmod(0o666)


def _binary() -> str:
    given = os.environ.get("DUECAUSE_SSHD") or shutil.which(
        "sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    if not given or not Path(given).is_file() or not shutil.which("sftp"):
        pytest.skip("no OpenSSH server on this machine (openssh-server, or DUECAUSE_SSHD)")
    return given


@contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    """`folder` must be reachable by nobody where the tests run as root."""
    binary, root = _binary(), os.geteuid() == 0
    user = "nobody" if root else pwd.getpwuid(os.geteuid()).pw_name
    key, authorized = folder / "host_key", folder / "authorized_keys"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    out, into = folder / "outgoing", folder / "incoming"
    for each in (out, into):
        each.mkdir()
        each.chmod(0o777)
    authorized.write_text("")
    config = folder / "sshd_config"
    command = [binary, "-D", "-e", "-f", str(config)]
    if root:
        shutil.chown(key, "nobody")
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    server, port = _started(command, config, key, authorized, root=root)
    try:
        yield Sshd(port, user, (folder / "host_key.pub").read_text().rsplit(" ", 1)[0], out, into, authorized)
    finally:
        server.terminate()
        server.wait()


def _started(
    command: list[str], config: Path, key: Path, authorized: Path, *, root: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """The server and its port. Another test may take a port that was free a moment ago: then another one."""
    for _ in range(TRIES):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config.write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {key}\nAuthorizedKeysFile {authorized}\n"
            f"StrictModes no\nUsePAM {'yes' if root else 'no'}\nPidFile none\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\nForceCommand internal-sftp\n"
        )
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        if _answers(server, port):
            return server, port
    pytest.skip("the OpenSSH server does not start for this user")


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """False: it ended instead."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    server.kill()
    server.wait()
    pytest.fail("the OpenSSH server does not answer")
