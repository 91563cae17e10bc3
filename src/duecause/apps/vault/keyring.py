"""The keys that wrap and index, as files of mode 0600 under the data folder. Never in a database."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from duecause.engine.problems import Refused
from duecause.engine.sealing import KEY_BYTES, BlindIndex, NumberTokens, new_key

# Separate keys for look-up, dialling and the re-import guard: one leaked key must not open the others.
NAMES = ("kek", "lookup", "dial", "guard", "ledger")
DIAL_DOMAIN = 0x4449414C
GUARD_DOMAIN = 0x47554152


@dataclass(frozen=True, slots=True)
class Keyring:
    kek: bytes
    kek_id: str
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
        _write_once(folder / f"{name}.key", base64.b64encode(new_key()).decode())
    _write_once(folder / "session.key", secrets.token_urlsafe(50))


def _write_once(path: Path, text: str) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def prepare_next(name: str) -> bytes:
    """A key that is to replace the one of this name; the same one each time until `promote_next`."""
    folder = settings.DATA / "keys"
    _write_once(folder / f"{name}-next.key", base64.b64encode(new_key()).decode())
    return _read(folder, f"{name}-next")


def promote_next(name: str, *, retired: str) -> None:
    """Put the prepared key in the place of the old one, which stays beside it as `<name>-<retired>.key`.
    Repeating it after an interruption goes on where it stopped."""
    folder = settings.DATA / "keys"
    following, kept = folder / f"{name}-next.key", folder / f"{name}-{retired}.key"
    if following.exists():
        if not kept.exists():
            os.link(folder / f"{name}.key", kept)
        following.replace(folder / f"{name}.key")
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    load.cache_clear()
    _of.cache_clear()


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
    key = base64.b64decode(path.read_text())
    if len(key) != KEY_BYTES:
        raise Refused("key_length", "The key file %(path)s does not hold a key of 32 bytes.", path=str(path))
    return key


@cache
def load(folder: Path) -> Keyring:
    kek, lookup, dial, guard, ledger = (_read(folder, name) for name in NAMES)
    return Keyring(
        kek=kek,
        kek_id=key_id(kek),
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
