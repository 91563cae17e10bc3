"""One pass over leaves and tiles of a bundle: what is missing, what was touched, and the roots they give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.bundle import MAX_ENTRIES_FILE, MAX_TILE_FILE, BundleReader, split_entries
from duecause.engine.tlog.failures import Findings, Kind
from duecause.engine.tlog.frontier import Frontier
from duecause.engine.tlog.hashing import EMPTY_ROOT, HASH_SIZE, leaf_hashes, root_of, unpack
from duecause.engine.tlog.notes import Malformed
from duecause.engine.tlog.tiles import ENTRIES, TILE_WIDTH, parse_tile_path, tile_path, tile_width

_MORE = gettext_noop("%(path)s holds leaves or hashes that no checkpoint covers. They were added afterwards.")


class TreePass:
    """Builds the tree from the leaves. Where leaves are missing, their stored hashes keep it going."""

    def __init__(self, bundle: BundleReader, size: int, stops: Iterable[int], findings: Findings) -> None:
        self._bundle = bundle
        self._size = size
        self._findings = findings
        self._frontier = Frontier()
        self._broken = False
        self._stops = sorted(set(stops) - {0}, reverse=True)
        self._above: list[list[bytes]] = []
        self._gaps: list[tuple[int, int]] = []
        self._next = 0
        self._files: dict[tuple[int, int], set[int]] = {}
        for name in bundle.names:
            if name.startswith("tile/"):
                self._note_file(name)
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT}

    def _note_file(self, name: str) -> None:
        tile = parse_tile_path(name)
        if tile is None:
            self._findings.add(
                Kind.MALFORMED, ascii(name[:120]), gettext_noop("This is not the name of a tile.")
            )
        else:
            self._files.setdefault((tile.level, tile.number), set()).add(tile.width)

    def run(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield (index of the first, leaves); a missing leaf is b"". Roots are complete afterwards."""
        numbers = {number for level, number in self._files if level in (ENTRIES, 0)}
        for number in sorted(numbers):
            base, width = number * TILE_WIDTH, tile_width(self._size, 0, number)
            if not width:
                self._findings.add(Kind.TREE, tile_path(0, number), _MORE, path=tile_path(0, number))
                continue
            self._skip_to(base)
            leaves = self._leaves(number, width)
            self._next = base + width
            self._grow(number, leaves, width)
            yield base, leaves
        self._skip_to(self._size)
        self._check_upper()
        for start, end in self._gaps:
            text = gettext_noop("%(count)s leaves are missing from here on.")
            self._findings.add(Kind.GAP, f"leaf {start}", text, count=end - start)

    def _skip_to(self, base: int) -> None:
        """No file speaks of the leaves up to `base`: without their hashes the tree cannot go on."""
        if self._next < base:
            self._broken = True
            self._gap(self._next, base)

    def _gap(self, start: int, end: int) -> None:
        if self._gaps and self._gaps[-1][1] == start:
            start = self._gaps.pop()[0]
        self._gaps.append((start, end))

    def _leaves(self, number: int, width: int) -> list[bytes]:
        leaves: list[bytes] = []
        base, widest = number * TILE_WIDTH, None
        for stored in sorted(self._files.get((ENTRIES, number), ()), reverse=True):
            path = tile_path(ENTRIES, number, stored)
            found = self._entries(path)
            if found is None:
                continue
            if widest is None:
                widest, leaves = found, found
            elif widest[: len(found)] != found:
                self._findings.add(Kind.TREE, path, gettext_noop("Two files disagree about the same leaves."))
            if stored > width or len(found) > stored:
                self._findings.add(Kind.TREE, path, _MORE, path=path)
        leaves = leaves[:width] + [b""] * (width - len(leaves))
        for at, leaf in enumerate(leaves):
            if not leaf:
                self._gap(base + at, base + at + 1)
        return leaves

    def _entries(self, path: str) -> list[bytes] | None:
        data = self._read(path, MAX_ENTRIES_FILE)
        found = split_entries(data) if data is not None else None
        if data is not None and found is None:
            self._findings.add(
                Kind.MALFORMED,
                path,
                gettext_noop("A leaf is longer than the rest of its file. Export again."),
            )
        return found

    def _read(self, path: str, limit: int) -> bytes | None:
        try:
            return self._bundle.read(path, limit)
        except Malformed as refused:
            self._findings.add_problem(Kind.MALFORMED, path, refused.problem)
            return None

    def _grow(self, number: int, leaves: Sequence[bytes], width: int) -> None:
        hashes = leaf_hashes(leaves)
        tile = self._tile(0, number, width)
        self._compare(0, number, leaves, hashes, tile)
        if not all(leaves):
            if tile is None or len(tile) < width:
                self._broken = True
                return
            hashes = [
                mine if leaf else stored for leaf, mine, stored in zip(leaves, hashes, tile, strict=False)
            ]
        if self._broken:
            return
        root = root_of(hashes) if width == TILE_WIDTH else None
        self._append(hashes, root)
        if root is not None:
            self._raise(0, root)

    def _append(self, hashes: Sequence[bytes], root: bytes | None) -> None:
        """Extend the frontier, pausing where a checkpoint wants the root. `root`: that of a whole tile, which
        need not be worked out again where no checkpoint lies within."""
        base, at = self._frontier.size, 0
        if root is not None and not (self._stops and self._stops[-1] < base + len(hashes)):
            self._frontier.append_subtree(root, len(hashes))
            at = len(hashes)
        while self._stops and self._stops[-1] <= base + len(hashes):
            stop = self._stops.pop()
            self._frontier.extend(hashes[at : stop - base])
            at = stop - base
            self.roots[stop] = self._frontier.root()
        self._frontier.extend(hashes[at:])

    def _raise(self, level: int, root: bytes) -> None:
        while len(self._above) <= level:
            self._above.append([])
        self._above[level].append(root)

    def _tile(self, level: int, number: int, width: int) -> list[bytes] | None:
        """The widest stored version, after comparing narrower ones with it."""
        widest: bytes | None = None
        stored = self._files.get((level, number), set())
        for each in sorted(stored, reverse=True):
            path = tile_path(level, number, each)
            data = self._read(path, MAX_TILE_FILE)
            if data is None:
                continue
            if len(data) != each * HASH_SIZE:
                self._findings.add(
                    Kind.MALFORMED, path, gettext_noop("The tile's length does not fit its name.")
                )
            elif each > width:
                self._findings.add(Kind.TREE, path, _MORE, path=path)
            if widest is None:
                widest = data
            elif not widest.startswith(data):
                self._findings.add(Kind.TREE, path, gettext_noop("Two tiles disagree about the same hashes."))
        if TILE_WIDTH not in stored and width not in stored:
            self._findings.add(
                Kind.TREE,
                tile_path(level, number, width),
                gettext_noop("This tile is missing from the bundle."),
            )
        return unpack(widest) if widest is not None else None

    def _compare(
        self,
        level: int,
        number: int,
        leaves: Sequence[bytes] | None,
        hashes: Sequence[bytes],
        tile: Sequence[bytes] | None,
    ) -> None:
        if tile is None or tile[: len(hashes)] == hashes:
            return
        for at, (mine, stored) in enumerate(zip(hashes, tile, strict=False)):
            if mine != stored and (leaves is None or leaves[at]):
                where = tile_path(level, number) if leaves is None else f"leaf {number * TILE_WIDTH + at}"
                self._findings.add(
                    Kind.TREE,
                    where,
                    gettext_noop(
                        "Leaf and stored hash differ from here on: one of them was altered or moved."
                    ),
                )
                return

    def _check_upper(self) -> None:
        """Compare the stored upper tiles with the roots of the tiles below."""
        level = 1
        while count := self._size >> (8 * level):
            if level > 1:
                self._raise_full(level)
            mine = self._above[level - 1] if level <= len(self._above) else []
            for number in range(-(-len(mine) // TILE_WIDTH)):
                hashes = mine[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
                tile = self._tile(level, number, tile_width(self._size, level, number))
                self._compare(level, number, None, hashes, tile)
            for stored in (at for high, at in self._files if high == level and at * TILE_WIDTH >= count):
                path = tile_path(level, stored)
                self._findings.add(Kind.TREE, path, _MORE, path=path)
            level += 1
        for high, at in self._files:
            if high >= level:
                self._findings.add(Kind.TREE, tile_path(high, at), _MORE, path=tile_path(high, at))

    def _raise_full(self, level: int) -> None:
        below = self._above[level - 2] if level - 1 <= len(self._above) else []
        for start in range(0, len(below) - TILE_WIDTH + 1, TILE_WIDTH):
            self._raise(level - 1, root_of(below[start : start + TILE_WIDTH]))
