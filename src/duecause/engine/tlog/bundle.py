"""A bundle: the whole log as a folder or .zip that anyone can verify without a network.

    checkpoint          the newest note
    checkpoints         all published notes, oldest first, each closed by an empty line
    tile/<L>/<N>[.p/W]  hashes; tile/entries/<N>[.p/W] leaves, each after its length as uint16 big-endian;
                        a leaf that the log no longer has is written with length 0
    keys                verifier keys, one per line
    disclosed.jsonl     optional, by index: {"index": 7, "part": "record" | "person", "salt": base64,
                        "payload": the canonical JSON as one string}
    manifest.json       {"format": "duecause.bundle/1", "origin", "size", "written"} and how many
                        "checkpoints" and "disclosed" lines were written

Everything read here may come from an enemy: nothing is extracted, links and odd names are refused, each
file has a limit, and whatever is wrong becomes Malformed.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Protocol

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.leaf import SALT_SIZE
from duecause.engine.tlog.notes import Malformed, decode64
from duecause.engine.tlog.tiles import TILE_WIDTH, tile_path

FORMAT = "duecause.bundle/1"
MAX_FILES = 4_000_000
MAX_DEPTH = 12
SMALL_FILE = 1 << 20
MAX_LEAF = 0xFFFF
MAX_ENTRIES_FILE = TILE_WIDTH * (MAX_LEAF + 2)
MAX_TILE_FILE = TILE_WIDTH * 32
MAX_CHECKPOINTS_FILE = 1 << 28
MAX_LINE = 1 << 20

Part = Literal["record", "person"]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The opened payload of one leaf: exactly the bytes the commitment was made over."""

    index: int
    part: Part
    salt: bytes
    payload: bytes


def malformed(where: str) -> Malformed:
    return Malformed(
        "tlog.bundle",
        gettext_noop("%(where)s is damaged or not what its name says. Export the bundle again."),
        where=where,
    )


class _Store(Protocol):
    def names(self) -> list[str]: ...
    def open(self, name: str) -> IO[bytes]: ...
    def close(self) -> None: ...


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        found: list[str] = []
        waiting = [("", 0)]
        while waiting:
            prefix, depth = waiting.pop()
            with os.scandir(self._root / prefix) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if entry.is_symlink() or depth > MAX_DEPTH or len(found) > MAX_FILES:
                        raise malformed(_printable(name))
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((name + "/", depth + 1))
                    else:
                        found.append(name)
        return found

    def open(self, name: str) -> IO[bytes]:
        # A pipe would wait for ever and a link could lead outside: open neither.
        descriptor = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise malformed(_printable(name))
        return os.fdopen(descriptor, "rb")

    def close(self) -> None:
        pass


class _Zip:
    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        if len(self._zip.filelist) > MAX_FILES:
            raise malformed("zip")
        return [info.filename for info in self._zip.filelist if not info.is_dir()]

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def close(self) -> None:
        self._zip.close()


@contextmanager
def _as_malformed(where: str) -> Iterator[None]:
    try:
        yield
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError):
        raise malformed(where) from None
    except (NotImplementedError, RuntimeError, MemoryError, AttributeError, TypeError, IndexError):
        # What zipfile raises on encrypted, unknown or damaged members.
        raise malformed(where) from None


class BundleReader:
    """Use as a context manager. Every method raises Malformed for what it cannot read."""

    def __init__(self, path: Path) -> None:
        with _as_malformed(_printable(path.name)):
            self._store: _Store = _Folder(path) if path.is_dir() else _Zip(path)
            names = self._store.names()
            self.names = frozenset(names)
            strange = next((name for name in names if not _is_plain(name)), None)
            if strange is not None or len(self.names) != len(names):
                self._store.close()
                raise malformed(_printable(strange or path.name))

    def __enter__(self) -> BundleReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def read(self, name: str, limit: int = SMALL_FILE) -> bytes:
        with _as_malformed(name), self._store.open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise malformed(name)
        return data

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """The full tile if it is there, else the partial one: a bundle is a TileReader."""
        full = tile_path(level, index)
        name = full if full in self.names else tile_path(level, index, width)
        return self.read(name, MAX_TILE_FILE)

    def manifest(self) -> dict[str, object]:
        with _as_malformed("manifest.json"):
            found = json.loads(self.read("manifest.json"))
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise malformed("manifest.json")
        return found

    def disclosed(self) -> Iterator[Disclosure]:
        """In the order of the file, which must not go back. Nothing if there is none."""
        name = "disclosed.jsonl"
        if name not in self.names:
            return
        last, number = 0, 0
        with _as_malformed(name), self._store.open(name) as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                found = _disclosure(line)
                if found is None or found.index < last:
                    raise malformed(f"{name}:{number}")
                last = found.index
                yield found


def split_entries(data: bytes) -> list[bytes] | None:
    """The leaves of an entries file; None if a length leads beyond its end."""
    entries, at, end = [], 0, len(data)
    while at + 2 <= end:
        start = at + 2
        at = start + (data[at] << 8 | data[at + 1])
        entries.append(data[start:at])
    return entries if at == end else None


def _disclosure(line: bytes) -> Disclosure | None:
    try:
        found = json.loads(line)
        index, part, salt, payload = found["index"], found["part"], found["salt"], found["payload"]
        if type(index) is not int or index < 0 or part not in ("record", "person"):
            return None
        disclosure = Disclosure(index, part, decode64(salt), payload.encode())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Malformed):
        return None
    return disclosure if len(disclosure.salt) == SALT_SIZE else None


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and not {"", ".", ".."}.intersection(parts)


def _printable(name: str) -> str:
    return ascii(name[:120])
