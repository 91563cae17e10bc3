"""A witness on another host keeps the newest checkpoint, cosigns what continues it, and refuses forks and
roll-backs with exit codes of their own. No Django is loaded for it."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from duecause.cli import group
from duecause.cli.errors import guarded
from duecause.engine import tlog
from tests.engine.tlog.sample import LOG, ORIGIN, STRANGER, WITNESS, Log, Row

COSIGNED, MALFORMED, REFUSED, SIGNATURE, TREE, FORK, ROLLBACK, TIME = 0, 2, 2, 3, 4, 5, 6, 8
NAME = "witness.example/dpo"


def run(capsys, *words):
    code = guarded(
        lambda: group.main(["witness", *map(str, words)], prog_name="duecause", standalone_mode=False)
    )
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.fixture
def witness(capsys, tmp_path):
    folder = tmp_path / "witness"
    code, key, _ = run(capsys, "init", folder, "--name", NAME)
    assert code == 0 and tlog.Verifier.parse(key.strip()).is_witness
    assert run(capsys, "trust", folder, LOG.verifier())[0] == 0
    return folder


def bundle(tmp_path, size, name="", change=None):
    log = Log.grown(size, witnessed=False)
    if change is not None:
        log.rows[change] = Row.make(change, text="nothing happened")
        log.notes = []
        log.publish([size])
    return log.write(tmp_path / (name or f"log-{size}"))


def kept(folder):
    return next((folder / "logs").iterdir()) / "checkpoint"


def test_a_log_that_grows_is_cosigned_each_time_and_its_history_kept(capsys, witness, tmp_path):
    for size in (300, 300, 700, 1000):
        source = tmp_path / f"log-{size}"
        code, shown, _ = run(capsys, "add", witness, source if source.exists() else bundle(tmp_path, size))
        assert code == COSIGNED and f"with {size:,} entries" in shown
    history, torn = tlog.split_notes((kept(witness).parent / "checkpoints").read_bytes())
    assert (len(history), torn) == (4, b"")
    note = tlog.parse_note(kept(witness).read_bytes())
    key = tlog.Verifier.parse((witness / "witness.pub").read_text().strip())
    times = [each.at for each in tlog.check_note(note, [key])]
    assert len(times) == 1 and abs(times[0] - datetime.now(UTC).timestamp()) < 60


@pytest.mark.parametrize(
    ("size", "change", "code", "words"),
    [
        (400, None, ROLLBACK, "rolled back"),
        (500, 20, FORK, "second root"),
        (900, 20, FORK, "does not continue the 500"),
    ],
)
def test_another_history_is_refused_and_nothing_kept_changes(
    capsys, witness, tmp_path, size, change, code, words
):
    run(capsys, "add", witness, bundle(tmp_path, 500))
    before = kept(witness).read_bytes()
    found, _, said = run(capsys, "add", witness, bundle(tmp_path, size, "other", change))
    assert found == code and words in said
    assert kept(witness).read_bytes() == before


def test_tiles_that_were_touched_or_are_missing_are_refused(capsys, witness, tmp_path):
    run(capsys, "add", witness, bundle(tmp_path, 300))
    source = bundle(tmp_path, 700)
    tile = source / "tile/0/001"
    whole = tile.read_bytes()
    tile.write_bytes(b"\0" + whole[1:])
    assert run(capsys, "add", witness, source)[0] == TREE
    tile.unlink()
    assert run(capsys, "add", witness, source)[0] == MALFORMED
    tile.write_bytes(whole)
    assert run(capsys, "add", witness, source)[0] == COSIGNED


def test_only_logs_whose_key_was_given_by_hand_are_cosigned(capsys, witness, tmp_path):
    log = Log.grown(50, witnessed=False)
    root = tlog.parse_checkpoint(log.notes[0].text).root
    log.notes = [tlog.sign_checkpoint(tlog.Checkpoint(ORIGIN, 50, root), STRANGER)]
    assert run(capsys, "add", witness, log.write(tmp_path / "stranger"))[0] == SIGNATURE
    assert not (witness / "logs").exists()
    assert run(capsys, "trust", witness, WITNESS.verifier(witness=True))[0] == REFUSED


def test_a_clock_that_ran_back_makes_no_cosignature(capsys, witness, tmp_path, monkeypatch):
    run(capsys, "add", witness, bundle(tmp_path, 300))
    monkeypatch.setattr("time.time", lambda: (datetime.now(UTC) - timedelta(hours=1)).timestamp())
    code, _, said = run(capsys, "add", witness, bundle(tmp_path, 700))
    assert code == TIME and "Set it right" in said


def test_a_witness_is_not_made_twice_and_its_key_is_for_its_owner_only(capsys, witness):
    assert (witness / "key").stat().st_mode & 0o077 == 0
    code, _, said = run(capsys, "init", witness, "--name", NAME)
    assert code == REFUSED and "already" in said
    assert run(capsys, "add", witness.parent, witness)[0] == REFUSED


def test_after_a_crash_between_remembering_and_answering_it_still_remembers(capsys, witness, tmp_path):
    run(capsys, "add", witness, bundle(tmp_path, 300))
    first = kept(witness).read_bytes()
    run(capsys, "add", witness, bundle(tmp_path, 700))
    kept(witness).write_bytes(first)
    history = kept(witness).parent / "checkpoints"
    history.write_bytes(history.read_bytes() + b"duecause.log/torn\n9")
    code, _, said = run(capsys, "add", witness, bundle(tmp_path, 500))
    assert code == ROLLBACK and "700 were cosigned" in said


def test_a_cosigned_bundle_verifies_where_the_witness_is_demanded(capsys, witness, tmp_path):
    source = bundle(tmp_path, 300)
    keys = tmp_path / "keys"
    keys.write_text(f"{LOG.verifier()}\n{(witness / 'witness.pub').read_text()}")
    policy = tmp_path / "policy"
    own = (witness / "witness.pub").read_text().strip()
    policy.write_text(f"log {LOG.verifier()}\nwitness dpo {own}\nquorum dpo\n")
    for trusted in (keys, policy):
        assert verified(source, trusted).returncode == SIGNATURE
    code, _, _ = run(capsys, "add", witness, source, "--out", source / "checkpoint")
    assert code == COSIGNED
    for trusted in (keys, policy):
        done = verified(source, trusted, "--anchor", kept(witness).parent / "checkpoints")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def verified(source, keys, *more):
    return subprocess.run(
        [sys.executable, "-m", "duecause", "ledger", "verify", source, "--keys", keys, *map(str, more)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_roll_back_of_the_whole_log_is_noticed_with_the_witness_s_memory(capsys, witness, tmp_path):
    run(capsys, "add", witness, bundle(tmp_path, 700))
    older = bundle(tmp_path, 300)
    keys = tmp_path / "keys"
    keys.write_text(f"{LOG.verifier()}\n")
    assert verified(older, keys).returncode == 0
    done = verified(older, keys, "--anchor", kept(witness).parent / "checkpoints")
    assert done.returncode == ROLLBACK


def test_the_witness_needs_no_django_and_no_settings(tmp_path, witness):
    source = bundle(tmp_path, 20)
    script = (
        "import sys\nfrom duecause.cli import main\n"
        "try:\n main(sys.argv[1:])\nfinally:\n assert 'django' not in sys.modules\n"
    )
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", script, "witness", "add", witness, source],
        capture_output=True,
        text=True,
        check=False,
        env={**bare, "DJANGO_SETTINGS_MODULE": "nowhere.settings"},
    )
    assert (done.returncode, done.stderr) == (COSIGNED, "")


def test_a_note_that_others_cosigned_keeps_their_cosignatures(capsys, witness, tmp_path):
    log = Log.grown(40, witnessed=True)
    log.notes = [replace(note) for note in log.notes]
    run(capsys, "add", witness, log.write(tmp_path / "log"))
    note = tlog.parse_note(kept(witness).read_bytes())
    assert len(note.signatures) == 3
