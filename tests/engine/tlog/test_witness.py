"""A witness cosigns honest growth of a log and nothing else, and tells damage from another history."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from duecause.engine.tlog import Checkpoint, Signer, TiledTree, check_note, new_tiles, sign_checkpoint
from duecause.engine.tlog.failures import Kind
from duecause.engine.tlog.witness import NotWitnessed, cosign, judge
from tests.engine.tlog.reference import MemoryTiles
from tests.engine.tlog.sample import LOG, ORIGIN, WITNESS

LARGEST = 66_500  # three levels of tiles
FORKED_AT = 40_000
SIZES = st.integers(0, LARGEST)


@cache
def tiles(forked=False):
    hashes = [sha256(b"%d" % index).digest() for index in range(LARGEST)]
    if forked:
        hashes[FORKED_AT] = sha256(b"another").digest()
    made = MemoryTiles()
    made.add(new_tiles(0, hashes, made))
    return made


class AsOf:
    """The tiles of a log as they stood at `size`, one of them flipped."""

    def __init__(self, stored, flipped=None):
        self.stored, self.flipped, self.read = stored, flipped, []

    def read_tile(self, level, index, width):
        data = self.stored.read_tile(level, index, width)[: width * 32]
        self.read.append((level, index))
        if self.flipped == (level, index):
            data = bytes([data[0] ^ 1]) + data[1:]
        return data


@cache
def checkpoint(size, forked=False):
    return Checkpoint(ORIGIN, size, TiledTree(AsOf(tiles(forked)), size).root())


def offered(size, forked=False, flipped=None, kept=None, reader=None):
    return judge(
        note=sign_checkpoint(checkpoint(size, forked), LOG),
        logs=[LOG.verifier()],
        kept=kept,
        tiles=reader or AsOf(tiles(forked), flipped),
    )


@settings(max_examples=60, deadline=None)
@given(one=SIZES, other=SIZES)
@example(one=65_536, other=LARGEST)
@example(one=256, other=65_536)
@example(one=0, other=1)
def test_honest_growth_is_always_accepted_and_going_back_never(one, other):
    small, large = sorted((one, other))
    assert offered(large, kept=checkpoint(small)) == checkpoint(large)
    assert offered(large) == checkpoint(large)
    if small < large:
        with pytest.raises(NotWitnessed) as refused:
            offered(small, kept=checkpoint(large))
        assert refused.value.kind == Kind.ROLLBACK


@settings(max_examples=60, deadline=None)
@given(one=st.integers(FORKED_AT + 1, LARGEST), other=st.integers(FORKED_AT + 1, LARGEST))
@example(one=FORKED_AT + 1, other=LARGEST)
@example(one=LARGEST, other=LARGEST)
def test_another_history_is_always_called_a_fork(one, other):
    small, large = sorted((one, other))
    with pytest.raises(NotWitnessed) as refused:
        offered(large, forked=True, kept=checkpoint(small))
    assert refused.value.kind == Kind.FORK


@settings(max_examples=60, deadline=None)
@given(small=st.integers(1, LARGEST - 1), data=st.data())
def test_damaged_hashes_are_never_called_a_fork(small, data):
    large = data.draw(st.integers(small + 1, LARGEST))
    honest = AsOf(tiles())
    offered(large, kept=checkpoint(small), reader=honest)
    flipped = data.draw(st.sampled_from(sorted(set(honest.read))))
    try:
        assert offered(large, flipped=flipped, kept=checkpoint(small)) == checkpoint(large)
    except NotWitnessed as refused:
        assert refused.kind == Kind.TREE


def test_a_cosignature_carries_the_time_and_replaces_the_witness_s_own_older_one():
    note = sign_checkpoint(checkpoint(7), LOG)
    first = cosign(note=note, signer=WITNESS, now=100, last=0)
    again = cosign(note=first, signer=WITNESS, now=200, last=100)
    other = Signer.from_seed("witness.example/other", b"O" * 32)
    both = cosign(note=again, signer=other, now=150, last=0)
    keys = [WITNESS.verifier(witness=True), other.verifier(witness=True)]
    assert [each.at for each in check_note(both, keys)] == [200, 150]
    assert len(both.signatures) == 3


def test_a_clock_a_little_behind_is_held_and_far_behind_refused():
    note = sign_checkpoint(checkpoint(7), LOG)
    held = cosign(note=note, signer=WITNESS, now=97, last=100)
    assert check_note(held, [WITNESS.verifier(witness=True)])[0].at == 100
    with pytest.raises(NotWitnessed) as refused:
        cosign(note=note, signer=WITNESS, now=90, last=100)
    assert refused.value.kind == Kind.TIME
