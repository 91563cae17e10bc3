"""The folder of one request: durable files, and what must survive a crash until the request is done.

Everything in it is mode 0600 in a folder of mode 0700. What says whose data they are, the found rows and the
key of the pseudonyms, stands in `work.json` alone and goes with it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duecause.engine.datamap.finding import Found, Row
from duecause.engine.problems import Refused

WORK = "work.json"
SPOOL = "rows.part"


@dataclass(slots=True)
class Kept:
    """`committing`: something may have been changed already. `plan`: the hash it was changed by."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    found: Found = field(default_factory=Found)
    plan: str = ""
    committing: bool = False


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def taken(self, request: object) -> Iterator[None]:
        """For one run at a time and one request for ever. Raises Refused."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            template = "%(folder)s cannot be used: %(why)s. Name another folder."
            raise Refused("rights_folder", template, folder=self.path, why=error.strerror) from None
        with os.fdopen(descriptor, "r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                template = "%(folder)s is in use by another run. Wait for it to end."
                raise Refused("rights_folder", template, folder=self.path) from None
            mine = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
            was = lock.read().strip()
            if was and was != mine:
                template = "%(folder)s belongs to another request. Name a folder of its own for this one."
                raise Refused("rights_folder", template, folder=self.path)
            if not was:
                lock.write(mine)
                lock.flush()
                os.fsync(lock.fileno())
            yield

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        self.write_bytes(name, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Beside, to the disk, then renamed: nobody finds half a file, also after a power cut."""
        path = self.path / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
        self._sync(path.parent)

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)
        self._sync(self.path)

    def certified(self) -> str:
        """The hash of the plan by which the request was completed; "" where it was not."""
        try:
            given = json.loads((self.path / "certificate.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return ""
        return str(given["plan"]) if given["state"] == "complete" else ""

    def load(self) -> Kept:
        try:
            given = json.loads((self.path / WORK).read_bytes())
        except FileNotFoundError:
            return Kept()
        except ValueError:
            template = "%(file)s is damaged. Restore it, or name a new folder if nothing was changed yet."
            raise Refused("rights_folder", template, file=self.path / WORK) from None
        return Kept(bytes.fromhex(given["key"]), _found(given), given["plan"], given["committing"])

    def save(self, kept: Kept) -> None:
        told = {"key": kept.key.hex(), "plan": kept.plan, "committing": kept.committing, **_told(kept.found)}
        self.write_bytes(WORK, json.dumps(told, separators=(",", ":")).encode())

    def _sync(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _told(found: Found) -> dict[str, Any]:
    return {
        "rows": [
            [*address, r.key, r.owned, r.facts, r.by_identity, r.others, r.foreign, r.shared, r.new]
            for address, rows in found.rows.items()
            for r in rows.values()
        ],
        "asked": [
            [*address, inputs, list(asked.items())] for (address, inputs), asked in found.asked.items()
        ],
    }


def _found(given: Mapping[str, Any]) -> Found:
    found = Found()
    for dataset, name, key, owned, facts, by_identity, others, foreign, shared, new in given["rows"]:
        row = Row(tuple(key), owned, facts, by_identity, tuple(others), foreign, shared, new)
        found.rows[dataset, name][row.key] = row
    for dataset, name, inputs, asked in given["asked"]:
        place = (dataset, name), tuple(inputs)
        found.asked[place].update({tuple(value): own for value, own in asked})
    return found
