"""Each way of touching a log, and the kind of failure it must be called."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.tlog import (
    Checkpoint,
    Frontier,
    Kind,
    Policy,
    join_notes,
    leaf_hash,
    new_tiles,
    sign_checkpoint,
    verify_bundle,
)
from tests.engine.tlog.reference import MemoryTiles
from tests.engine.tlog.sample import LOG, ORIGIN, POLICY, STRANGER, WITNESS, Log, Row

HONEST = Log.grown(1000)
LOG_ONLY = Policy.of_keys([LOG.verifier()])


@pytest.fixture
def log():
    return HONEST.copy()


def verify(log, target, **more):
    given_ = {"anchor": None, "policy": POLICY, "now": HONEST.now, **more}
    return verify_bundle(log.write(target) if isinstance(log, Log) else log, **given_)


def renumbered(rows):
    return [replace(row, index=index) for index, row in enumerate(rows)]


def stored_tiles():
    tiles = MemoryTiles()
    tiles.add(new_tiles(0, [leaf_hash(row.leaf) for row in HONEST.rows], tiles))
    return tiles


def where(report, kind):
    return [failure.where for failure in report.failures if failure.kind == kind]


def test_the_honest_log_is_clean(log, tmp_path):
    assert verify(log, tmp_path / "log", anchor=join_notes(HONEST.notes)).failures == ()


@settings(max_examples=15, deadline=None)
@given(index=st.integers(0, 999))
def test_an_altered_payload_does_not_match_its_commitment(tmp_path_factory, index):
    log = HONEST.copy()
    log.rows[index] = replace(log.rows[index], payload=log.rows[index].payload + b" ")
    report = verify(log, tmp_path_factory.mktemp("t") / "log")

    assert report.kinds == {Kind.COMMITMENT}
    assert where(report, Kind.COMMITMENT) == [f"leaf {index}"]


@settings(max_examples=15, deadline=None)
@given(index=st.integers(0, 999))
def test_an_altered_leaf_does_not_fit_the_tree(tmp_path_factory, index):
    log = HONEST.copy()
    log.rows[index] = Row.make(index, text="nothing happened")
    target = tmp_path_factory.mktemp("t")
    recomputed = verify(log, target / "a")
    log.write(target / "b", tiles=stored_tiles())
    located = verify(target / "b", None)

    assert recomputed.kinds == located.kinds == {Kind.TREE}
    assert f"leaf {index}" in where(located, Kind.TREE)


def test_a_removed_row_leaves_a_gap_at_its_index(log, tmp_path):
    del log.rows[500]
    report = verify(log, tmp_path / "log")
    log.write(tmp_path / "stored", tiles=stored_tiles())
    with_tiles = verify(tmp_path / "stored", None)

    assert where(report, Kind.GAP) == where(with_tiles, Kind.GAP) == ["leaf 500"]
    assert with_tiles.exit_code == Kind.GAP


def test_a_removed_row_with_the_others_renumbered_breaks_the_tree(log, tmp_path):
    del log.rows[500]
    log.rows = renumbered(log.rows)
    report = verify(log, tmp_path / "log")

    assert report.exit_code == Kind.TREE
    assert where(report, Kind.GAP) == ["leaf 999"]


def test_a_tail_that_was_cut_is_a_gap(log, tmp_path):
    log.rows = log.rows[:900]
    report = verify(log, tmp_path / "log")

    assert Kind.GAP in report.kinds
    assert where(report, Kind.GAP) == ["leaf 900"]


def test_swapped_rows_break_the_tree(log, tmp_path):
    log.rows[500], log.rows[501] = (
        replace(log.rows[501], index=500),
        replace(log.rows[500], index=501),
    )

    assert verify(log, tmp_path / "log").kinds == {Kind.TREE}


def test_a_row_inserted_among_others_breaks_the_tree(log, tmp_path):
    log.rows = renumbered([*log.rows[:300], Row.make(2000, at=log.rows[300].at), *log.rows[300:]])

    assert verify(log, tmp_path / "log").exit_code == Kind.TREE


def test_a_back_dated_row_appended_without_a_signature_breaks_the_tree(log, tmp_path):
    log.rows.append(Row.make(1000, at=log.rows[3].at))

    assert verify(log, tmp_path / "log").exit_code == Kind.TREE


def test_a_back_dated_row_appended_with_signatures_breaks_time(log, tmp_path):
    log.rows.append(Row.make(1000, at=log.rows[3].at))
    log.publish([1001], at=HONEST.now)
    report = verify(log, tmp_path / "log", anchor=join_notes(HONEST.notes))

    assert report.kinds == {Kind.TIME}
    assert where(report, Kind.TIME) == ["leaf 1000"]


def test_skew_of_five_seconds_is_allowed_and_no_more(tmp_path):
    for shift, kinds in ((-4, set()), (-8, {Kind.TIME})):
        log = HONEST.copy()
        seen = log.rows[999].at + timedelta(seconds=1)
        log.rows.append(Row.make(1000, at=seen + timedelta(seconds=shift)))
        log.publish([1001], at=HONEST.now)
        assert verify(log, tmp_path / str(shift)).kinds == kinds


def test_a_row_dated_after_its_checkpoint_breaks_time(log, tmp_path):
    log.rows.append(Row.make(1000, at=HONEST.now + timedelta(hours=1)))
    log.publish([1001], at=HONEST.now)

    assert verify(log, tmp_path / "log").kinds == {Kind.TIME}


def rewritten(*, witnessed):
    log = Log(list(HONEST.rows), [], witnessed)
    log.rows[500] = Row.make(500, text="nothing happened")
    log.publish(range(100, 1001, 100))
    return log


def test_history_signed_again_without_the_witness_lacks_its_cosignature(tmp_path):
    assert verify(rewritten(witnessed=False), tmp_path / "log").exit_code == Kind.SIGNATURE


def test_history_signed_again_with_the_witness_contradicts_the_anchor(tmp_path):
    report = verify(rewritten(witnessed=True), tmp_path / "log", anchor=join_notes(HONEST.notes))

    assert report.exit_code == Kind.ROLLBACK
    assert where(report, Kind.ROLLBACK) == [f"anchor:{number}" for number in range(6, 11)]


def test_history_signed_again_from_some_point_contradicts_the_earlier_checkpoints(tmp_path):
    log = rewritten(witnessed=True)
    log.notes = [*HONEST.notes[:8], *log.notes[8:]]
    report = verify(log, tmp_path / "log")

    assert report.kinds == {Kind.FORK}
    assert where(report, Kind.FORK) == ["checkpoints:6", "checkpoints:7", "checkpoints:8"]


def test_two_roots_signed_for_one_size_are_a_fork(log, tmp_path):
    log.notes.insert(3, WITNESS.cosign(sign_checkpoint(Checkpoint(ORIGIN, 300, b"x" * 32), LOG), at=0))

    assert verify(log, tmp_path / "log").exit_code == Kind.FORK


def test_checkpoints_that_run_backwards_break_time(log, tmp_path):
    log.notes[4], log.notes[5] = log.notes[5], log.notes[4]

    assert verify(log, tmp_path / "log").kinds == {Kind.TIME}


def test_a_removed_checkpoint_is_missed_by_the_manifest_and_by_the_anchor(log, tmp_path):
    honest = log.write(tmp_path / "honest")
    notes = join_notes([note for note in log.notes if note != log.notes[4]])
    (honest / "checkpoints").write_bytes(notes)
    del log.notes[4]

    assert verify(honest, None).kinds == {Kind.FORK}
    report = verify(log, tmp_path / "log", anchor=join_notes(HONEST.notes))
    assert report.kinds == {Kind.FORK}
    assert where(report, Kind.FORK) == ["anchor:5"]


def test_the_newest_checkpoint_missing_from_the_list_is_a_fork(log, tmp_path):
    newest = log.notes.pop()
    log.write(tmp_path / "log", newest=newest)

    assert verify(tmp_path / "log", None).kinds == {Kind.FORK}


def test_a_log_rolled_back_with_its_checkpoints_is_behind_the_anchor(log, tmp_path):
    log.rows, log.notes = log.rows[:900], log.notes[:9]
    unseen = verify(log, tmp_path / "unseen")
    report = verify(log, tmp_path / "log", anchor=join_notes(HONEST.notes))

    assert unseen.failures == ()
    assert report.kinds == {Kind.ROLLBACK}


def test_an_empty_or_torn_anchor_protects_nothing_and_is_said_so(log, tmp_path):
    target = log.write(tmp_path / "log")
    whole = join_notes(HONEST.notes)

    for anchor in (b"", b"\n", whole[:-1], whole[:-40], b"\xff" + whole, b"\n\n\n\n"):
        assert verify(target, None, anchor=anchor).exit_code == Kind.MALFORMED


def test_a_stranger_with_the_same_name_is_not_the_log(tmp_path):
    log = Log(HONEST.rows[:200])
    frontier = Frontier()
    frontier.extend([leaf_hash(row.leaf) for row in log.rows])
    log.notes = [sign_checkpoint(Checkpoint(ORIGIN, 200, frontier.root()), STRANGER)]

    assert verify(log, tmp_path / "log").kinds == {Kind.SIGNATURE}


def test_a_witness_alone_or_another_origin_is_not_the_log(tmp_path):
    log = Log(HONEST.rows[:200])
    log.publish([200])
    log.notes = [replace(log.notes[0], signatures=log.notes[0].signatures[1:])]
    assert verify(log, tmp_path / "witness").exit_code == Kind.SIGNATURE

    other = sign_checkpoint(Checkpoint("ledger.example/other", 200, b"x" * 32), LOG)
    log.notes = [other]
    assert verify(log, tmp_path / "other", policy=LOG_ONLY).exit_code == Kind.SIGNATURE


@pytest.fixture(scope="module")
def flip(tmp_path_factory):
    target = HONEST.copy().write(tmp_path_factory.mktemp("bits") / "log", disclose=False)

    def flip(name, choose):
        honest = (target / name).read_bytes()
        data, at = bytearray(honest), choose(honest)
        data[at // 8] ^= 1 << at % 8
        (target / name).write_bytes(data)
        try:
            return verify(target, None)
        finally:
            (target / name).write_bytes(honest)

    return flip


TILES = [*(f"tile/0/{n:03d}" for n in range(3)), "tile/0/003.p/232", "tile/1/000.p/3"]
ENTRIES = [*(f"tile/entries/{n:03d}" for n in range(3)), "tile/entries/003.p/232"]


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(TILES), data=st.data())
def test_a_flipped_bit_in_a_tile_is_found(flip, name, data):
    report = flip(name, lambda honest: data.draw(st.integers(0, len(honest) * 8 - 1)))

    assert report.kinds == {Kind.TREE}


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(ENTRIES), data=st.data())
def test_a_flipped_bit_in_the_leaves_is_found(flip, name, data):
    report = flip(name, lambda honest: data.draw(st.integers(0, len(honest) * 8 - 1)))

    assert report.kinds & {Kind.TREE, Kind.GAP, Kind.MALFORMED}


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(["checkpoint", "checkpoints"]), data=st.data())
def test_a_flipped_bit_in_what_the_log_signed_is_found(flip, name, data):
    # Up to the witness's line: its name only says whose the signature is, and strangers' are passed over.
    report = flip(name, lambda honest: data.draw(st.integers(0, honest.index(b" witness") * 8 - 25)))

    assert report.kinds & {Kind.SIGNATURE, Kind.MALFORMED}


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(["checkpoint", "checkpoints"]), data=st.data())
def test_a_flipped_bit_in_a_witness_signature_is_found(flip, name, data):
    def choose(honest):
        end = honest.index(b"\n", honest.index(b" witness"))
        return data.draw(st.integers((end - 88) * 8, end * 8 - 1))

    assert flip(name, choose).kinds & {Kind.SIGNATURE, Kind.MALFORMED}


def test_a_removed_tile_and_a_removed_entries_file_are_named(log, tmp_path):
    target = log.write(tmp_path / "log", disclose=False)
    (target / "tile/0/001").unlink()
    assert where(verify(target, None), Kind.TREE) == ["tile/0/001"]

    (target / "tile/entries/001").unlink()
    report = verify(target, None)
    assert where(report, Kind.GAP) == ["leaf 256"]


def test_a_log_that_lost_a_stored_tile_is_exported_all_the_same(log, tmp_path):
    tiles = stored_tiles()
    tiles.tiles[0, 1] = b""
    log.write(tmp_path / "log", tiles=tiles)

    assert where(verify(tmp_path / "log", None), Kind.TREE) == ["tile/0/001"]


def test_swapped_tiles_and_stale_partial_tiles_are_compared(log, tmp_path):
    target = log.write(tmp_path / "log", disclose=False)
    first, second = target / "tile/0/000", target / "tile/0/001"
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    assert verify(target, None).kinds == {Kind.TREE}

    first.write_bytes(one)
    second.write_bytes(two)
    (target / "tile/0/000.p").mkdir()
    (target / "tile/0/000.p/3").write_bytes(one[:96])
    assert verify(target, None).failures == ()
    (target / "tile/0/000.p/3").write_bytes(two[:96])
    assert verify(target, None).kinds == {Kind.TREE}


def test_tiles_and_leaves_that_no_checkpoint_covers_are_named(log, tmp_path):
    target = log.write(tmp_path / "log", disclose=False)
    for name in ("tile/0/004", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/004"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(b"\0" * (8192 if ".p" not in name else 32))
        assert verify(target, None).exit_code == Kind.TREE, name
        (target / name).unlink()


def test_leaves_and_hashes_added_to_the_last_files_are_named(log, tmp_path):
    target = log.write(tmp_path / "log", disclose=False)
    leaves = (target / "tile/entries/003.p/232").read_bytes()
    shorter = leaves[: -len(log.rows[-1].leaf) - 2]
    hashes = (target / "tile/0/003.p/232").read_bytes()
    for name, data in (
        ("tile/entries/003.p/233", leaves + b"\0\1x"),
        ("tile/entries/003.p/231", shorter.replace(b"gate", b"hate", 1)),
        ("tile/0/003.p/233", hashes + b"\0" * 32),
    ):
        (target / name).write_bytes(data)
        report = verify(target, None)
        assert report.kinds == {Kind.TREE}
        assert where(report, Kind.TREE) == [name]
        (target / name).unlink()


def test_a_witness_that_saw_the_larger_log_first_breaks_time(log, tmp_path):
    early = Log(log.rows)
    early.publish([1000], at=log.rows[850].at)
    log.notes[-1] = early.notes[0]
    report = verify(log, tmp_path / "log")

    assert report.exit_code == Kind.TIME
    assert where(report, Kind.TIME)[0] == "checkpoints:10"


def test_a_witness_from_the_future_breaks_time_and_vouches_for_nothing(tmp_path):
    log = Log(HONEST.rows[:200])
    log.publish([200], at=HONEST.now + timedelta(hours=1))
    report = verify(log, tmp_path / "log")

    assert report.kinds == {Kind.TIME}
    assert report.newest_time == log.rows[-1].at


def test_a_payload_disclosed_for_the_wrong_leaf_is_found(log, tmp_path):
    extra = replace(log.rows[7], index=5000)
    shown = [*log.rows[:3], replace(log.rows[4], index=3), extra]
    target = Log(shown, log.notes).write(tmp_path / "shown")
    log.write(tmp_path / "log", disclose=False)
    (tmp_path / "log/disclosed.jsonl").write_bytes((target / "disclosed.jsonl").read_bytes())
    report = verify(tmp_path / "log", None)

    assert where(report, Kind.COMMITMENT) == ["leaf 3", "leaf 5000"]


def test_with_several_failures_all_are_listed_and_the_gravest_decides(log, tmp_path):
    log.rows[10] = replace(log.rows[10], payload=b"{}")
    del log.rows[700]
    report = verify(log, tmp_path / "log", anchor=join_notes(rewritten(witnessed=True).notes))

    assert {Kind.COMMITMENT, Kind.GAP, Kind.ROLLBACK} <= report.kinds
    assert report.exit_code == Kind.ROLLBACK
    assert all(failure.text and "%" not in failure.text for failure in report.failures)
