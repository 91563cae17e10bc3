"""Hash tiles of C2SP tlog-tiles: paths, what to store after an append, and proofs read from tiles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.hashing import EMPTY_ROOT, HASH_SIZE, node_hash, root_of, unpack

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_SIZE = 2**63 - 1
_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


class Tile(NamedTuple):
    """Tile `number` of a level; `data` is `32 * width` bytes of hashes."""

    level: int
    number: int
    data: bytes


class TileAt(NamedTuple):
    """Where a tile lies; level ENTRIES stands for a bundle of entries."""

    level: int
    number: int
    width: int


class TileReader(Protocol):
    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """At least the first `width` hashes (32 bytes each) of a tile; a wider tile may be handed over."""
        ...


ENTRIES = -1


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`; level ENTRIES gives `tile/entries/…`.

    >>> tile_path(0, 1234067, 5)
    'tile/0/x001/x234/067.p/5'
    """
    index, last = divmod(index, 1000)
    name = f"{last:03d}"
    while index:
        index, part = divmod(index, 1000)
        name = f"x{part:03d}/{name}"
    folder = "entries" if level == ENTRIES else str(level)
    return f"tile/{folder}/{name}" + ("" if width == TILE_WIDTH else f".p/{width}")


def parse_tile_path(path: str) -> TileAt | None:
    """The inverse of `tile_path`; None for anything that is not exactly such a path."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    folder, name, partial = match.groups()
    at = TileAt(
        ENTRIES if folder == "entries" else int(folder),
        int(name.replace("x", "").replace("/", "")),
        int(partial) if partial else TILE_WIDTH,
    )
    return at if tile_path(*at) == path and at.level < 64 else None


def tile_width(size: int, level: int, index: int) -> int:
    """How many hashes the tile has in a tree of `size` leaves: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH))


def tiles_of(size: int) -> Iterator[TileAt]:
    """Every tile of a tree of `size` leaves, level by level, left to right."""
    level, count = 0, size
    while count:
        full, rest = divmod(count, TILE_WIDTH)
        for index in range(full):
            yield TileAt(level, index, TILE_WIDTH)
        if rest:
            yield TileAt(level, full, rest)
        level, count = level + 1, full


def new_tiles(old_size: int, new_hashes: Sequence[bytes], reader: TileReader) -> Iterator[Tile]:
    """The tiles that appending `new_hashes` to a tree of `old_size` leaves fills or starts.

    A right-edge tile comes with all hashes it has so far: store it over its narrower self. `reader` is
    asked only for right-edge tiles of the old tree.
    """
    level, fresh = 0, list(new_hashes)
    while fresh:
        index, held = divmod(old_size >> (TILE_HEIGHT * level), TILE_WIDTH)
        if held:
            fresh = unpack(read_hashes(reader, level, index, held)) + fresh
        roots = []
        for start in range(0, len(fresh), TILE_WIDTH):
            part = fresh[start : start + TILE_WIDTH]
            yield Tile(level, index, b"".join(part))
            index += 1
            if len(part) == TILE_WIDTH:
                roots.append(root_of(part))
        level, fresh = level + 1, roots


def read_hashes(reader: TileReader, level: int, index: int, width: int) -> bytes:
    """Exactly `width` hashes. Raises Refused `tlog.tile_short` if the reader holds fewer."""
    data = reader.read_tile(level, index, width)
    if len(data) < width * HASH_SIZE:
        raise Refused(
            "tlog.tile_short",
            gettext_noop("Tile %(path)s holds %(length)s bytes, too few. Rebuild the tiles from the leaves."),
            path=tile_path(level, index, width),
            length=len(data),
        )
    return data[: width * HASH_SIZE]


class TiledTree:
    """Roots and proofs of a tree of up to `size` leaves, computed from tiles (each read at most once)."""

    def __init__(self, reader: TileReader, size: int) -> None:
        self.size = size
        self._reader = reader
        self._seen: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        return self.range_root(0, self.size if size is None else size)

    def leaf(self, index: int) -> bytes:
        return self._perfect(index, 0)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """RFC 9162 §2.1.3.1, from the leaf's sibling upwards."""
        end = self.size if size is None else size
        if not 0 <= index < end <= self.size:
            raise _outside(index, end)
        start, siblings = 0, []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                siblings.append((middle, end))
                end = middle
            else:
                siblings.append((start, middle))
                start = middle
        return [self.range_root(*bounds) for bounds in reversed(siblings)]

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """RFC 9162 §2.1.4.1; empty for old = 0 and old = new."""
        end = self.size if new is None else new
        if not 0 <= old <= end <= self.size:
            raise _outside(old, end)
        if old in (0, end):
            return []
        start, whole, ranges = 0, True, []
        while old != end:
            middle = start + _split(end - start)
            if old <= middle:
                ranges.append((middle, end))
                end = middle
            else:
                ranges.append((start, middle))
                start, whole = middle, False
        if not whole:
            ranges.append((start, end))
        return [self.range_root(*bounds) for bounds in reversed(ranges)]

    def range_root(self, start: int, end: int) -> bytes:
        """Tree hash of the leaves [start, end); `start` is a multiple of the largest subtree inside."""
        if start == end:
            return EMPTY_ROOT
        parts = []
        while start < end:
            height = (end - start).bit_length() - 1
            parts.append(self._perfect(start, height))
            start += 1 << height
        root = parts.pop()
        while parts:
            root = node_hash(parts.pop(), root)
        return root

    def _perfect(self, start: int, height: int) -> bytes:
        level, rest = divmod(height, TILE_HEIGHT)
        index, offset = divmod(start >> (TILE_HEIGHT * level), TILE_WIDTH)
        if (data := self._seen.get((level, index))) is None:
            data = read_hashes(self._reader, level, index, tile_width(self.size, level, index))
            self._seen[level, index] = data
        at = offset * HASH_SIZE
        return root_of(unpack(data[at : at + (HASH_SIZE << rest)]))


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _outside(index: int, size: int) -> Refused:
    return Refused(
        "tlog.outside",
        gettext_noop("Position %(index)s lies outside the ledger tree of %(size)s leaves."),
        index=index,
        size=size,
    )
