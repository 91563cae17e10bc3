"""Hash rules of the tree (RFC 9162 §2.1.1, as in RFC 6962 §2.1): SHA-256, leaf prefix 0, node prefix 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def parent_level(hashes: Sequence[bytes]) -> list[bytes]:
    """The level above; an odd last node moves up unchanged, which is what RFC 9162's split comes to."""
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    if len(hashes) & 1:
        above.append(hashes[-1])
    return above


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Merkle tree hash over leaf hashes (or over the roots of equal perfect subtrees)."""
    if not hashes:
        return EMPTY_ROOT
    level = hashes
    while len(level) > 1:
        level = parent_level(level)
    return level[0]


def unpack(packed: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [packed[at : at + HASH_SIZE] for at in range(0, len(packed), HASH_SIZE)]
