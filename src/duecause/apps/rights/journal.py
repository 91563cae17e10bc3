"""The list of erasures beside the ledger's anchor: a file that a restored database does not take back, so
that whoever was erased can be erased again. It holds ids and guard tokens, nothing that can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from duecause.apps.ledger.publishing import locked, sync_folder


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
        line = json.dumps(asdict(entry), separators=(",", ":")) + "\n"
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
                yield Entry(**json.loads(line))
