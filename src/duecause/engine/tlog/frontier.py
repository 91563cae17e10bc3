"""The right edge of a growing tree: all a sequencer must remember to append and to know the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.hashing import EMPTY_ROOT, HASH_SIZE, node_hash, root_of


@dataclass(slots=True)
class Frontier:
    """`stack` holds the roots of the perfect subtrees from left to right, one per set bit of `size`."""

    size: int = 0
    stack: list[bytes] = field(default_factory=list)

    def append(self, leaf_hash: bytes) -> None:
        self._push(leaf_hash, 1)

    def extend(self, leaf_hashes: Sequence[bytes]) -> None:
        """Append many: the largest aligned subtrees at once, level by level."""
        at, end = 0, len(leaf_hashes)
        while at < end:
            width = 1 << ((end - at).bit_length() - 1)
            if self.size:
                width = min(width, self.size & -self.size)
            self._push(root_of(leaf_hashes[at : at + width]), width)
            at += width

    def append_subtree(self, root: bytes, width: int) -> None:
        """Append a perfect subtree of `width` leaves (a power of two that divides the size)."""
        if width & (width - 1) or self.size % width:
            raise ValueError("a subtree is appended at a multiple of its width, a power of two")
        self._push(root, width)

    def _push(self, root: bytes, width: int) -> None:
        carried = self.size
        while carried & width:
            root = node_hash(self.stack.pop(), root)
            carried &= ~width
            width <<= 1
        self.stack.append(root)
        self.size = carried | width

    def root(self) -> bytes:
        if not self.stack:
            return EMPTY_ROOT
        root = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> Frontier:
        return Frontier(self.size, list(self.stack))

    def to_bytes(self) -> bytes:
        """Size as 8 bytes big-endian, then the stack: at most 8 + 63 * 32 bytes, for one database column."""
        return self.size.to_bytes(8, "big") + b"".join(self.stack)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Raises Refused `tlog.frontier` if the length does not fit the size."""
        size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + HASH_SIZE * size.bit_count():
            raise Refused(
                "tlog.frontier",
                gettext_noop(
                    "The stored edge of the ledger tree has %(length)s bytes, which does not fit %(size)s "
                    "leaves. Restore it from the leaves."
                ),
                length=len(data),
                size=size,
            )
        return cls(size, [data[at : at + HASH_SIZE] for at in range(8, len(data), HASH_SIZE)])
