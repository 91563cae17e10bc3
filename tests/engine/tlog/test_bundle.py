from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.problems import Refused
from duecause.engine.tlog import (
    BundleReader,
    Kind,
    Policy,
    TiledTree,
    join_notes,
    verify_bundle,
    write_bundle,
)
from tests.engine.tlog.sample import LOG, POLICY, Log, Row


def verify(target, log, **more):
    given_ = {"anchor": None, "policy": POLICY, "now": log.now, **more}
    return verify_bundle(target, **given_)


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 1200),
    every=st.integers(20, 500),
    witnessed=st.booleans(),
    zipped=st.booleans(),
)
def test_a_clean_bundle_of_any_size_has_no_failures(tmp_path_factory, size, every, witnessed, zipped):
    log = Log.grown(size, every=every, witnessed=witnessed)
    target = tmp_path_factory.mktemp("clean") / ("log.zip" if zipped else "log")
    policy = POLICY if witnessed else Policy.of_keys([LOG.verifier()])

    report = verify(
        log.write(target), log, policy=policy, anchor=join_notes(log.notes), max_age=timedelta(hours=1)
    )

    assert report.failures == ()
    assert report.exit_code == Kind.OK
    assert (report.leaves, report.unread, report.newest_size) == (size, 0, size)
    assert report.checkpoints == len(log.notes)
    assert report.newest_time is not None and report.newest_time <= log.now


def test_a_bundle_of_three_tile_levels_is_clean(tmp_path):
    log = Log.grown(66_000, every=30_000, witnessed=False)
    report = verify(log.write(tmp_path / "log.zip", disclose=False), log, policy=None)

    assert report.failures == ()
    assert report.leaves == 66_000
    assert report.own_keys


def test_an_empty_log_is_clean(tmp_path):
    log = Log()
    log.publish([0], at=log.now)

    assert verify(log.write(tmp_path / "log"), log).failures == ()


def test_a_bundle_serves_proofs_like_the_log_itself(tmp_path):
    log = Log.grown(700)
    with BundleReader(log.write(tmp_path / "log.zip")) as bundle:
        tree = TiledTree(bundle, 700)
        again = log.write(tmp_path / "again", tiles=bundle)

        assert tree.root() == verify(tmp_path / "log.zip", log).newest_root
        assert verify(again, log).failures == ()


def test_a_bundle_does_not_replace_a_file_and_a_failed_one_leaves_nothing(tmp_path):
    log = Log.grown(10)
    target = log.write(tmp_path / "log.zip")
    with pytest.raises(Refused):
        log.write(target)
    log.rows[5] = Row(5, log.now, b"", b"", b"x" * 70_000)

    for name in ("long", "long.zip"):
        with pytest.raises(Refused):
            log.write(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["log.zip"]


def test_a_bundle_is_readable_by_its_owner_only(tmp_path):
    for name in ("log", "log.zip"):
        assert Log.grown(3).write(tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_time_without_a_zone_is_an_error(tmp_path):
    log = Log.grown(3)
    with pytest.raises(ValueError, match="zone"):
        verify(log.write(tmp_path / "log"), log, now=log.now.replace(tzinfo=None))


def test_entries_out_of_order_are_refused(tmp_path):
    log = Log.grown(3)
    with pytest.raises(ValueError, match="ascending"):
        write_bundle(
            tmp_path / "log",
            checkpoint=log.notes[-1],
            checkpoints=log.notes,
            keys=[],
            entries=[(1, b"a"), (0, b"b")],
            now=log.now,
        )
    assert list(tmp_path.iterdir()) == []


def test_an_old_bundle_is_told_apart_only_by_an_age_limit(tmp_path):
    log = Log.grown(300)
    target = log.write(tmp_path / "log")
    later = log.now + timedelta(days=2)

    assert verify(target, log, now=later).failures == ()
    assert verify(target, log, now=later, max_age=timedelta(days=1)).exit_code == Kind.TOO_OLD
