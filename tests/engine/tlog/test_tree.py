import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.problems import Refused
from duecause.engine.tlog import (
    EMPTY_ROOT,
    Frontier,
    TiledTree,
    leaf_hash,
    new_tiles,
    root_of,
    tile_path,
    verify_consistency,
    verify_inclusion,
)
from duecause.engine.tlog.hashing import leaf_hashes
from duecause.engine.tlog.tiles import ENTRIES, TileAt, parse_tile_path, tile_width, tiles_of
from tests.engine.tlog.reference import MemoryTiles, path, proof, tree_hash

CT_INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [b"leaf %d" % number for number in range(70)]


def store(leaves, step=None):
    """Tiles of a log that grew in steps."""
    tiles, hashes, size = MemoryTiles(), leaf_hashes(leaves), 0
    while size < len(hashes):
        fresh = hashes[size : size + (step or len(hashes))]
        tiles.add(new_tiles(size, fresh, tiles))
        size += len(fresh)
    return tiles


@pytest.mark.parametrize("size", range(1, 9))
def test_the_certificate_transparency_test_inputs_give_their_published_roots(size):
    leaves = CT_INPUTS[:size]
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))

    assert root_of(leaf_hashes(leaves)).hex() == CT_ROOTS[size - 1]
    assert frontier.root().hex() == tree_hash(leaves).hex() == CT_ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == root_of([]) == tree_hash([]) == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 71))
def test_every_inclusion_proof_equals_the_definition_and_verifies(size):
    leaves = LEAVES[:size]
    tree, root = TiledTree(store(leaves), size), tree_hash(leaves)

    assert tree.root() == root
    for index in range(size):
        found = tree.inclusion_proof(index)
        assert found == path(index, leaves)
        assert verify_inclusion(
            leaf_hash=leaf_hash(leaves[index]), index=index, size=size, proof=found, root=root
        )


@pytest.mark.parametrize("size", range(1, 71))
def test_every_consistency_proof_equals_the_definition_and_verifies(size):
    tree, root = TiledTree(store(LEAVES), 70), tree_hash(LEAVES[:size])

    for old in range(1, size + 1):
        found = tree.consistency_proof(old, size)
        assert found == proof(old, LEAVES[:size])
        assert verify_consistency(
            old_size=old, new_size=size, old_root=tree_hash(LEAVES[:old]), new_root=root, proof=found
        )


@settings(max_examples=30, deadline=None)
@given(size=st.integers(71, 2000), step=st.integers(1, 700), data=st.data())
def test_larger_logs_that_grew_in_steps_prove_what_the_definition_proves(size, step, data):
    leaves = [b"%d" % number for number in range(size)]
    tree = TiledTree(store(leaves, max(step, 20)), size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))

    assert tree.root() == tree_hash(leaves)
    assert tree.leaf(index) == leaf_hash(leaves[index])
    assert tree.inclusion_proof(index) == path(index, leaves)
    assert tree.consistency_proof(old) == proof(old, leaves)


def test_a_log_of_three_tile_levels_reads_the_same_as_its_frontier():
    hashes = leaf_hashes(b"%d" % number for number in range(66_000))
    tiles, frontier = MemoryTiles(), Frontier()
    tiles.add(new_tiles(0, hashes[:65_535], tiles))
    tiles.add(new_tiles(65_535, hashes[65_535:], tiles))
    frontier.extend(hashes)
    tree = TiledTree(tiles, len(hashes))

    assert tree.root() == frontier.root() == root_of(hashes)
    assert {level for level, _ in tiles.tiles} == {0, 1, 2}
    assert verify_inclusion(
        leaf_hash=hashes[65_000],
        index=65_000,
        size=66_000,
        proof=tree.inclusion_proof(65_000),
        root=frontier.root(),
    )


@settings(max_examples=60, deadline=None)
@given(size=st.integers(2, 300), data=st.data())
def test_a_proof_with_anything_changed_does_not_verify(size, data):
    leaves = [b"%d" % number for number in range(size)]
    tree, index = TiledTree(store(leaves), size), data.draw(st.integers(0, size - 1))
    found, root = tree.inclusion_proof(index), tree.root()
    place = data.draw(st.integers(0, len(found) - 1))
    flipped = [bytes([part[0] ^ 1]) + part[1:] if at == place else part for at, part in enumerate(found)]
    leaf = leaf_hash(leaves[index])

    for wrong in (flipped, found[:-1], [*found, found[0]], [part[:31] for part in found]):
        assert not verify_inclusion(leaf_hash=leaf, index=index, size=size, proof=wrong, root=root)
    other = (index + 1) % size
    assert not verify_inclusion(leaf_hash=leaf, index=other, size=size, proof=found, root=root)
    assert not verify_inclusion(leaf_hash=leaf, index=size, size=size, proof=found, root=root)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(2, 300), data=st.data())
def test_a_consistency_proof_with_anything_changed_does_not_verify(size, data):
    leaves = [b"%d" % number for number in range(size)]
    tree, old = TiledTree(store(leaves), size), data.draw(st.integers(1, size - 1))
    found = tree.consistency_proof(old)
    place = data.draw(st.integers(0, len(found) - 1))
    flipped = [bytes([part[0] ^ 1]) + part[1:] if at == place else part for at, part in enumerate(found)]
    old_root, new_root = tree.root(old), tree.root()

    for wrong in (flipped, found[:-1], [*found, found[0]], []):
        assert not verify_consistency(
            old_size=old, new_size=size, old_root=old_root, new_root=new_root, proof=wrong
        )
    assert not verify_consistency(
        old_size=old, new_size=size, old_root=leaf_hash(b"x"), new_root=new_root, proof=found
    )


def test_a_true_proof_does_not_serve_for_a_larger_tree():
    tree = TiledTree(store(LEAVES), 70)
    leaf, root = leaf_hash(LEAVES[0]), tree.root(4)

    assert not verify_inclusion(leaf_hash=leaf, index=0, size=8, proof=tree.inclusion_proof(0, 4), root=root)
    found = tree.consistency_proof(2, 4)
    assert not verify_consistency(old_size=2, new_size=8, old_root=tree.root(2), new_root=root, proof=found)


def test_consistency_from_nothing_and_with_itself_needs_no_proof():
    root = tree_hash(LEAVES)

    assert verify_consistency(old_size=0, new_size=70, old_root=EMPTY_ROOT, new_root=root, proof=[])
    assert verify_consistency(old_size=70, new_size=70, old_root=root, new_root=root, proof=[])
    assert not verify_consistency(old_size=0, new_size=70, old_root=root, new_root=root, proof=[])
    assert not verify_consistency(old_size=70, new_size=70, old_root=root, new_root=EMPTY_ROOT, proof=[])
    assert not verify_consistency(old_size=70, new_size=69, old_root=root, new_root=root, proof=[])


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.integers(0, 90), max_size=8))
def test_a_frontier_that_is_stored_and_extended_has_the_root_of_all_leaves(steps):
    leaves, frontier = [], Frontier()
    for step in steps:
        fresh = [random.Random(len(leaves) + n).randbytes(8) for n in range(step)]
        leaves += fresh
        frontier = Frontier.from_bytes(frontier.to_bytes())
        frontier.extend(leaf_hashes(fresh))

    assert frontier.size == len(leaves)
    assert frontier.root() == tree_hash(leaves)


def test_a_stored_frontier_of_the_wrong_length_is_refused():
    frontier = Frontier()
    frontier.extend(leaf_hashes(LEAVES))

    for damaged in (frontier.to_bytes()[:-1], frontier.to_bytes() + b"x", b"", b"\0" * 7):
        with pytest.raises(Refused):
            Frontier.from_bytes(damaged)


def test_proofs_outside_the_tree_are_refused():
    tree = TiledTree(store(LEAVES), 70)

    for ask in (
        lambda: tree.inclusion_proof(70),
        lambda: tree.consistency_proof(71),
        lambda: tree.inclusion_proof(-1),
    ):
        with pytest.raises(Refused):
            ask()


@pytest.mark.parametrize(
    ("tile", "text"),
    [
        (TileAt(0, 1234067, 256), "tile/0/x001/x234/067"),
        (TileAt(0, 0, 256), "tile/0/000"),
        (TileAt(63, 999, 255), "tile/63/999.p/255"),
        (TileAt(1, 1000, 1), "tile/1/x001/000.p/1"),
        (TileAt(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_tile_paths_are_those_of_the_standard(tile, text):
    assert tile_path(*tile) == text
    assert parse_tile_path(text) == tile


@pytest.mark.parametrize(
    "text",
    [
        "tile/0/00",
        "tile/00/000",
        "tile/64/000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/",
        "tile/0/../000",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
    ],
)
def test_other_spellings_are_not_tile_paths(text):
    assert parse_tile_path(text) is None


def test_seventy_thousand_leaves_make_the_tiles_of_the_standards_example():
    found = list(tiles_of(70_000))

    assert [tile for tile in found if tile.width < 256] == [
        TileAt(0, 273, 112),
        TileAt(1, 1, 17),
        TileAt(2, 0, 1),
    ]
    assert sum(tile.level == 0 for tile in found) == 274
    assert list(tiles_of(256)) == [TileAt(0, 0, 256), TileAt(1, 0, 1)]
    assert all(tile_width(70_000, *tile[:2]) == tile.width for tile in found)
    assert list(tiles_of(0)) == []
