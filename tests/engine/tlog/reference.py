"""The definitions of RFC 6962 §2.1, written down word for word: slow, and the judge of the engine."""

from hashlib import sha256


def tree_hash(leaves):
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def proof(m, leaves):
    return subproof(m, leaves, True)


def subproof(m, leaves, complete):
    n = len(leaves)
    if m == n:
        return [] if complete else [tree_hash(leaves)]
    k = split(n)
    if m <= k:
        return [*subproof(m, leaves[:k], complete), tree_hash(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree_hash(leaves[:k])]


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class MemoryTiles:
    """Keeps what `new_tiles` says to keep."""

    def __init__(self):
        self.tiles = {}

    def add(self, tiles):
        for level, number, data in tiles:
            self.tiles[level, number] = data

    def read_tile(self, level, index, width):
        return self.tiles[level, index]
