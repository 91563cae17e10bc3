"""Exchange files with a call centre's OpenSSH server, through the system's own `sftp` in batch mode.

The server is known by its host key, pinned: another one ends the exchange. Nothing of the user's own
configuration, agent or known hosts counts. A file arrives under another name and is renamed when it is whole;
an upload that broke off goes on where it stopped, since the part is named by the hash of what it becomes.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duecause.engine.problems import Refused, gettext_noop

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", re.ASCII)
FOLDER = re.compile(r"[A-Za-z0-9._/-]{1,200}", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,252}", re.ASCII)
USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,63}", re.ASCII)
HOST_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/]{40,800}={0,2}", re.ASCII)
CONNECT_SECONDS = 15
MOST_SECONDS = 50  # within the lease of a step
FAILED_TO_CONNECT = 255
TOO_SLOW = gettext_noop("The server was too slow; what arrived of a file stays.")
NOT_REACHED = gettext_noop("The server could not be reached or did not accept our key.")
NOT_TAKEN = gettext_noop("The server refused a file or a folder. Look at its folders and their rights.")


class NotExchanged(Exception):
    """The server did not take or give everything: tried again later. Its text names no host and no file, and
    is marked for translation."""


@dataclass(frozen=True, slots=True)
class Server:
    """`host_key`: the line of its public key, without the host. Folders are as the server names them."""

    host: str
    port: int
    user: str
    host_key: str
    outgoing: str
    incoming: str

    def check(self) -> None:
        """Raises Refused for what could be taken for an option or a command."""
        right = {
            "host": HOST.fullmatch(self.host),
            "port": 0 < self.port < 65536,
            "user": USER.fullmatch(self.user),
            "host_key": HOST_KEY.fullmatch(self.host_key),
            "outgoing": FOLDER.fullmatch(self.outgoing),
            "incoming": FOLDER.fullmatch(self.incoming),
        }
        wrong = [name for name, fits in right.items() if not fits]
        if wrong:
            raise Refused(
                "exchange_settings",
                "%(wrong)s cannot be used for an exchange. The host key is the line “ssh-ed25519 …” of the"
                " server, as ssh-keyscan prints it; folders hold letters, digits, dots, hyphens and slashes.",
                wrong=", ".join(wrong),
            )


@contextmanager
def connected(server: Server, private_key: bytes) -> Iterator[Session]:
    """A session with its own folder (mode 0700) for key, host key and files, removed at the end."""
    server.check()
    with tempfile.TemporaryDirectory(prefix="duecause-exchange-") as name:
        folder = Path(name)
        known = f"[{server.host}]:{server.port} {server.host_key}\n{server.host} {server.host_key}\n"
        for file, content in (("key", private_key), ("known", known.encode())):
            descriptor = os.open(folder / file, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(content)
        yield Session(server, folder)


@dataclass(frozen=True, slots=True)
class Session:
    server: Server
    folder: Path

    def waiting(self) -> tuple[set[str], set[str]]:
        """Names in the outgoing and in the incoming folder."""
        return self._names(self.server.outgoing), self._names(self.server.incoming)

    def _names(self, folder: str) -> set[str]:
        lines = self._run([f'ls -1a "{folder}"']).splitlines()
        return {line.rpartition("/")[2].strip() for line in lines if not line.startswith("sftp>")}

    def send(self, files: Mapping[str, bytes], there: set[str]) -> None:
        """Each file, in this order, whole or not at all. `there`: what the outgoing folder holds already."""
        commands = []
        for place, (name, content) in enumerate(files.items()):
            self._refuse_name(name)
            local = self.folder / f"out-{place}"
            local.write_bytes(content)
            part = f".{name}.{hashlib.sha256(content).hexdigest()[:16]}.part"
            put = "reput" if part in there else "put"
            outgoing = self.server.outgoing
            commands += [
                f'{put} "{local}" "{outgoing}/{part}"',
                f'rename "{outgoing}/{part}" "{outgoing}/{name}"',
            ]
        if commands:
            self._run(commands)

    def fetch(self, names: Sequence[str]) -> dict[str, bytes]:
        """Contents of files of the incoming folder."""
        commands = []
        for place, name in enumerate(names):
            self._refuse_name(name)
            commands.append(f'get "{self.server.incoming}/{name}" "{self.folder / f"in-{place}"}"')
        if commands:
            self._run(commands)
        return {name: (self.folder / f"in-{place}").read_bytes() for place, name in enumerate(names)}

    def settle(self, name: str, mark: str, problems: bytes) -> None:
        """Say beside a file what became of it: it is renamed, and what is wrong with it lies next to it."""
        incoming, commands = self.server.incoming, []
        if problems:
            local = self.folder / "problems"
            local.write_bytes(problems)
            commands.append(f'put "{local}" "{incoming}/{name}.problems.txt"')
        self._run([*commands, f'rename "{incoming}/{name}" "{incoming}/{name}.{mark}"'])

    def _refuse_name(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise ValueError("a file name that could be taken for a command")

    def _run(self, commands: Sequence[str]) -> str:
        server = self.server
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self.folder / "known",
            "GlobalKnownHostsFile": "/dev/null",
            "IdentityFile": self.folder / "key",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "ConnectTimeout": CONNECT_SECONDS,
            "ClearAllForwardings": "yes",
        }
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        host = f"[{server.host}]" if ":" in server.host else server.host
        call = ["sftp", "-b", "-", "-F", "/dev/null", "-P", str(server.port), *given, f"{server.user}@{host}"]
        try:
            done = subprocess.run(
                call, input="\n".join(commands) + "\n", capture_output=True, text=True, timeout=MOST_SECONDS
            )
        except FileNotFoundError:
            raise Refused(
                "exchange_no_sftp", "The command sftp is missing. Install the OpenSSH client."
            ) from None
        except subprocess.TimeoutExpired:
            raise NotExchanged(TOO_SLOW) from None
        if "HOST IDENTIFICATION HAS CHANGED" in done.stderr or "Host key verification failed" in done.stderr:
            raise Refused(
                "exchange_host_key",
                "The server has another host key than the one agreed. Nothing was sent. Telephone the centre"
                " and compare the keys before setting the new one.",
            )
        if done.returncode == FAILED_TO_CONNECT:
            raise NotExchanged(NOT_REACHED)
        if done.returncode:
            raise NotExchanged(NOT_TAKEN)
        return done.stdout
