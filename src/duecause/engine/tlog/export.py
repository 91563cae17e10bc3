"""Writing a bundle, one file at a time, in the memory of a few tiles."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.bundle import FORMAT, MAX_LEAF, Disclosure
from duecause.engine.tlog.hashing import HASH_SIZE, leaf_hashes, root_of
from duecause.engine.tlog.notes import Note, Verifier, encode64, join_notes, parse_checkpoint
from duecause.engine.tlog.tiles import ENTRIES, TILE_WIDTH, TileReader, tile_path, tiles_of


class _Sink(Protocol):
    def put(self, name: str, parts: Iterable[bytes]) -> None: ...
    def finish(self) -> None: ...
    def discard(self) -> None: ...


class _FolderSink:
    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700)

    def put(self, name: str, parts: Iterable[bytes]) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(parts)

    def finish(self) -> None:
        pass

    def discard(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)


class _ZipSink:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch(mode=0o600, exist_ok=False)
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def put(self, name: str, parts: Iterable[bytes]) -> None:
        # The zip epoch as time: the same log gives the same archive.
        info = zipfile.ZipInfo(name)
        hashes = name.startswith("tile/") and not name.startswith("tile/entries/")
        info.compress_type = zipfile.ZIP_STORED if hashes else zipfile.ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)

    def finish(self) -> None:
        self._zip.close()

    def discard(self) -> None:
        self._zip.close()
        self._path.unlink(missing_ok=True)


def write_bundle(
    target: Path,
    *,
    checkpoint: Note,
    checkpoints: Iterable[Note],
    keys: Iterable[Verifier],
    entries: Iterable[tuple[int, bytes]],
    now: datetime,
    disclosed: Iterable[Disclosure] = (),
    tiles: TileReader | None = None,
) -> None:
    """Write a new folder, or a zip if the name ends in `.zip`, readable by its owner only.

    It appears under its name when it is complete.

    `entries` are (index, leaf) in ascending order, up to the checkpoint's size; an index left out is kept
    as a visible gap. `tiles` are the stored ones, so that the verifier can compare them with the leaves;
    without them they are computed; a lost one may be handed over as b"". Nothing is judged here: a damaged
    log is exported as it is. Raises Refused `tlog.target` if the target exists, `tlog.leaf_long` for a leaf
    beyond 65,535 bytes.
    """
    head = parse_checkpoint(checkpoint.text)
    counts = {"checkpoints": 0, "disclosed": 0}
    with _appearing(target) as sink:
        _put_entries(sink, entries, compute=tiles is None)
        if tiles is not None:
            for tile in tiles_of(head.size):
                if data := tiles.read_tile(*tile)[: tile.width * HASH_SIZE]:
                    sink.put(tile_path(*tile), [data])
        sink.put("disclosed.jsonl", _counted(map(_disclosed_line, disclosed), counts, "disclosed"))
        sink.put("checkpoints", _counted((join_notes([note]) for note in checkpoints), counts, "checkpoints"))
        sink.put("checkpoint", [str(checkpoint).encode()])
        sink.put("keys", [f"{key}\n".encode() for key in keys])
        manifest = {
            "format": FORMAT,
            "origin": head.origin,
            "size": head.size,
            "written": now.isoformat(),
            **counts,
        }
        sink.put("manifest.json", [json.dumps(manifest, indent=1).encode()])


@contextmanager
def _appearing(target: Path) -> Iterator[_Sink]:
    """Write under a hidden name beside the target; take its name at the end, or leave nothing."""
    if os.path.lexists(target):
        raise Refused(
            "tlog.target",
            gettext_noop("%(name)s exists already. Choose another name or remove it."),
            name=target.name,
        )
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    sink: _Sink = _ZipSink(partial) if target.suffix == ".zip" else _FolderSink(partial)
    try:
        yield sink
        sink.finish()
        partial.rename(target)
    except BaseException:
        sink.discard()
        raise


def _counted(parts: Iterable[bytes], counts: dict[str, int], name: str) -> Iterator[bytes]:
    for part in parts:
        counts[name] += 1
        yield part


def _disclosed_line(found: Disclosure) -> bytes:
    line = {
        "index": found.index,
        "part": found.part,
        "salt": encode64(found.salt),
        "payload": found.payload.decode(),
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _put_entries(sink: _Sink, entries: Iterable[tuple[int, bytes]], *, compute: bool) -> None:
    levels: list[list[bytes]] = []
    number = -1
    for number, leaves in enumerate(_bundles(entries)):
        packed = [part for leaf in leaves for part in (len(leaf).to_bytes(2, "big"), leaf)]
        sink.put(tile_path(ENTRIES, number, len(leaves)), packed)
        if compute:
            _raise_level(sink, levels, 0, number, leaf_hashes(leaves))
    for level, hashes in enumerate(levels):
        done, width = divmod(len(hashes), TILE_WIDTH)
        if level and width:
            sink.put(tile_path(level, done, width), hashes[-width:])


def _raise_level(
    sink: _Sink, levels: list[list[bytes]], level: int, number: int, hashes: list[bytes]
) -> None:
    """Write one tile; a full one adds its root to the level above, which may fill a tile there."""
    sink.put(tile_path(level, number, len(hashes)), hashes)
    if len(hashes) < TILE_WIDTH:
        return
    while len(levels) <= level + 1:
        levels.append([])
    above = levels[level + 1]
    above.append(root_of(hashes))
    full, rest = divmod(len(above), TILE_WIDTH)
    if not rest:
        _raise_level(sink, levels, level + 1, full - 1, above[-TILE_WIDTH:])


def _bundles(entries: Iterable[tuple[int, bytes]]) -> Iterator[list[bytes]]:
    leaves: list[bytes] = []
    base = 0
    for index, leaf in entries:
        if len(leaf) > MAX_LEAF:
            raise Refused(
                "tlog.leaf_long",
                gettext_noop("Leaf %(index)s has %(length)s bytes; a ledger leaf has at most 65,535."),
                index=index,
                length=len(leaf),
            )
        if index < base + len(leaves):
            raise ValueError("entries come in ascending order of their index")
        while base + len(leaves) <= index:
            if len(leaves) == TILE_WIDTH:
                yield leaves
                base, leaves = base + TILE_WIDTH, []
            leaves.append(leaf if base + len(leaves) == index else b"")
    if leaves:
        yield leaves
