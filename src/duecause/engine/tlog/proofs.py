"""Checking proofs without the tree (RFC 9162 §2.1.3.2 and §2.1.4.2). Nothing here raises on bad proofs."""

from __future__ import annotations

from collections.abc import Sequence

from duecause.engine.tlog.hashing import EMPTY_ROOT, HASH_SIZE, node_hash


def root_from_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that the proof leads to, None if it has the wrong length for this place."""
    if not 0 <= index < size or any(len(part) != HASH_SIZE for part in proof):
        return None
    node, last, root = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf stands at `index` in the tree of `size` leaves with this root."""
    return root_from_inclusion(leaf_hash=leaf_hash, index=index, size=size, proof=proof) == root


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `new_size` leaves begins with the tree of `old_size` leaves."""
    if not 0 <= old_size <= new_size or any(len(part) != HASH_SIZE for part in proof):
        return False
    if old_size == new_size:
        return old_root == new_root and not proof
    if old_size == 0:
        return old_root == EMPTY_ROOT and not proof
    # An old tree that is a perfect subtree is its own first proof node, so the proof leaves it out.
    nodes = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not nodes:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root
