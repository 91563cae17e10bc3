"""The list of erasures beside the ledger's anchor: a file that a restored database does not take back, so
that whoever was erased can be erased again. It holds ids and guard tokens, as they lie in the database too
(`vault.covers`), nothing that can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from uuid import UUID

from django.conf import settings

from duecause.apps.ledger.publishing import locked, sync_folder
from duecause.apps.obligations.token_jobs import rewrites_elsewhere
from duecause.apps.vault import covers


@dataclass(frozen=True, slots=True)
class Entry:
    """`records` whose keys went, `kept` those whose contract stayed, `compartments` of the person that went;
    `guards` are (kind, token as hex); `at` and `guards_until` ISO 8601."""

    case: str
    person: str
    at: str
    records: list[str]
    kept: list[str]
    compartments: list[str]
    guards: list[list[str]]
    guards_until: str

    def owners(self, every: list[str]) -> dict[UUID, list[str]]:
        """Whose keys go, in which compartments: of a kept record all of `every` but the contract."""
        found = {UUID(self.person): self.compartments}
        for owner in self.records:
            spared = {"contract"} if owner in self.kept else set()
            found[UUID(owner)] = [name for name in every if name not in spared]
        return found


def path() -> Path:
    return settings.DATA / "ledger" / "erasures"


def note(entry: Entry) -> None:
    """Append it, durably. An entry that stands there already is not repeated."""
    folder = path().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        if entry in entries():
            return
        line = _line(entry)
        before = path().read_bytes() if path().exists() else b""
        torn = len(before) - (before.rfind(b"\n") + 1)
        with os.fdopen(os.open(path(), os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(len(before) - torn)
            file.seek(0, os.SEEK_END)
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)


def entries() -> Iterator[Entry]:
    """In the order they were noted. A line that an interrupted write left behind is no entry."""
    if not path().exists():
        return
    with path().open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield _entry(line)


@rewrites_elsewhere("guard")
def rewrite() -> int:
    """Put the guards of every entry under the token key that is written with now; how many entries."""
    if not path().exists():
        return 0
    with locked(path().parent):
        every = list(entries())
        new = path().with_name("erasures-new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(_line(entry) for entry in every)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path())
        sync_folder(path().parent)
    return len(every)


def _line(entry: Entry) -> str:
    lie = [[kind, covers.stored("guard", bytes.fromhex(token)).hex()] for kind, token in entry.guards]
    return json.dumps({**asdict(entry), "guards": lie}, separators=(",", ":")) + "\n"


def _entry(line: bytes) -> Entry:
    entry = Entry(**json.loads(line))
    bare = [[kind, covers.bare(bytes.fromhex(token)).hex()] for kind, token in entry.guards]
    return replace(entry, guards=bare)
