"""The keys that wrap and index, named by files of mode 0600 under the data folder. Never in a database.

The key-encryption key (KEK) can be changed while everything runs: the new one wraps what is made from now on,
the one it replaced stays beside it as `kek-<id>.key` until nothing is wrapped by it (`rotation_actions`).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import stat
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from duecause.apps.vault import protection
from duecause.engine.problems import Refused
from duecause.engine.sealing import BlindIndex, NumberTokens, SealBroken, new_key

# Separate keys for look-up, dialling and the re-import guard: one leaked key must not open the others.
NAMES = ("kek", "lookup", "dial", "guard", "ledger")
DIAL_DOMAIN = 0x4449414C
GUARD_DOMAIN = 0x47554152


_NO_KEK = "A key was wrapped by the key-encryption key {id}, which is not in {folder}. Restore it."


@dataclass(frozen=True, slots=True)
class _Held:
    """What was read at one time; `until` in seconds of the monotonic clock."""

    current: str
    keys: dict[str, bytes]
    until: float


class Wrapping:
    """The KEK that wraps now, and those that still unwrap. Read again after KEK_LIFETIME_SECONDS, and when a
    key is met that an unknown one wrapped: a running process learns so of a rotation, and of a key service
    that was taken away. Raises Unavailable and Refused, as `protection.reveal`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: _Held | None = None  # replaced as a whole: other threads read it meanwhile

    @property
    def current_id(self) -> str:
        return self._fresh().current

    @property
    def current(self) -> tuple[str, bytes]:
        held = self._fresh()
        return held.current, held.keys[held.current]

    def knows(self, kek_id: str) -> bool:
        return self._find(kek_id) is not None

    def of(self, kek_id: str) -> bytes:
        key = self._find(kek_id)
        if key is None:
            raise SealBroken(_NO_KEK.format(id=kek_id, folder=self._folder))
        return key

    def read(self) -> _Held:
        self._held = None  # fail closed: what cannot be read again is not used any longer
        current = _read(self._folder, "kek")
        keys = {key_id(current): current}
        for path in self._folder.glob("kek-*.key"):
            if path.exists():  # a change that goes on renames them
                key = _read(self._folder, path.stem)
                keys[key_id(key)] = key
        held = _Held(key_id(current), keys, time.monotonic() + settings.KEK_LIFETIME_SECONDS)
        self._held = held
        return held

    def _find(self, kek_id: str) -> bytes | None:
        return self._fresh().keys.get(kek_id) or self.read().keys.get(kek_id)

    def _fresh(self) -> _Held:
        held = self._held
        return held if held is not None and time.monotonic() < held.until else self.read()


@dataclass(frozen=True, slots=True)
class Keyring:
    wrapping: Wrapping
    lookup: BlindIndex
    dial: NumberTokens
    guard: BlindIndex
    guard_numbers: NumberTokens
    ledger_seed: bytes


def key_id(key: bytes) -> str:
    return hashlib.blake2b(key, digest_size=4, person=b"key id").hexdigest()


def create(folder: Path) -> None:
    """Make the key files that are missing. Existing ones are never touched."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in NAMES:
        write_once(folder / f"{name}.key", base64.b64encode(new_key()).decode())
    write_once(folder / "session.key", secrets.token_urlsafe(50))


def write_once(path: Path, text: str) -> None:
    """Durably, for nobody else to read. A file that is there stays as it is."""
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def prepare_next(name: str) -> bytes:
    """A key that is to replace the one of this name, protected as that one is; the same one each time until
    `promote_next`. Raises Refused where the key lies outside, Unavailable."""
    folder = settings.DATA / "keys"
    if not (folder / f"{name}-next.key").exists():
        by = protection.how((folder / f"{name}.key").read_text())
        write_once(folder / f"{name}-next.key", protection.protect(new_key(), by))
    return _read(folder, f"{name}-next")


def promote_next(name: str, *, retired: str) -> None:
    """Put the prepared key in the place of the old one, which stays beside it as `<name>-<retired>.key`.
    Repeating it after an interruption goes on where it stopped."""
    folder = settings.DATA / "keys"
    following, kept = folder / f"{name}-next.key", folder / f"{name}-{retired}.key"
    if following.exists():
        if not kept.exists():
            os.link(folder / f"{name}.key", kept)
            os.utime(kept)  # since when it is retired
        following.replace(folder / f"{name}.key")
        sync(folder)
    load.cache_clear()
    _of.cache_clear()


def token_key_id(family: str) -> str:
    """Of the key that tokens of this family are made with."""
    ring = current()
    made_by: dict[str, BlindIndex | NumberTokens] = {
        "lookup": ring.lookup,
        "dial": ring.dial,
        "guard": ring.guard,
    }
    return made_by[family].key_id


def read_key(folder: Path, name: str) -> bytes:
    """The key that `name`.key stands for. Raises Refused where it is missing or open, Unavailable."""
    return _read(folder, name)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def destroy(path: Path) -> None:
    with path.open("r+b") as old:
        zero(old.fileno())
    path.unlink()
    sync(path.parent)


def zero(descriptor: int) -> None:
    """What a file system or a disk keeps besides is beyond us (docs/operate.md)."""
    os.pwrite(descriptor, b"\0" * os.fstat(descriptor).st_size, 0)
    os.fsync(descriptor)


def _read(folder: Path, name: str) -> bytes:
    path = folder / f"{name}.key"
    if not path.exists():
        raise Refused(
            "key_missing",
            "The key file %(path)s is missing. Restore it from the key backup; without it the data cannot"
            " be opened.",
            path=str(path),
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(
            "key_readable", "Others can read the key file %(path)s. Run: chmod 600 %(path)s", path=str(path)
        )
    return protection.reveal(path.read_text())


@cache
def load(folder: Path) -> Keyring:
    wrapping = Wrapping(folder)
    wrapping.read()
    lookup, dial, guard, ledger = (_read(folder, name) for name in NAMES[1:])
    return Keyring(
        wrapping=wrapping,
        lookup=BlindIndex(lookup, key_id(lookup)),
        dial=NumberTokens(dial, key_id(dial), domain=DIAL_DOMAIN),
        guard=BlindIndex(guard, key_id(guard)),
        guard_numbers=NumberTokens(guard, key_id(guard), domain=GUARD_DOMAIN),
        ledger_seed=ledger,
    )


@cache
def _of(data: Path) -> Keyring:
    return load(data / "keys")


def current() -> Keyring:
    return _of(settings.DATA)
