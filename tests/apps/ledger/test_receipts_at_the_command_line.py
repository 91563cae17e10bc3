"""The receipt of one event leaves the house as a file, and anyone with the log's key can check it."""

import os
import subprocess
import sys

import pytest
from django.db import transaction
from django.utils import timezone

from duecause.apps.ledger import actions, bundles, sequencer
from duecause.apps.ledger.models import Checkpoint
from duecause.cli import group
from duecause.cli.errors import guarded
from duecause.engine import tlog
from duecause.engine.ids import uuid7
from tests.support.world import OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
WITNESS = tlog.Signer.from_seed("witness.example/dpo", b"W" * 32)


def written(count=3):
    events = []
    for _ in range(count):
        with transaction.atomic():
            events.append(
                actions.record(actor=OPERATOR, kind="gate.view", now=timezone.now(), payload={"n": 1})
            )
    sequencer.sequence_all()
    return events


def run(capsys, *words):
    code = guarded(
        lambda: group.main(["ledger", *map(str, words)], prog_name="duecause", standalone_mode=False)
    )
    shown = capsys.readouterr()
    return code, shown.out + shown.err


@pytest.fixture
def receipt(capsys, tmp_path):
    event = written()[1]
    target, keys = tmp_path / "one.tlog-proof", tmp_path / "keys"
    keys.write_text(f"{actions.signer().verifier()}\n")
    code, shown = run(capsys, "proof", event.uid, "--out", target)
    assert (code, "check-proof" in shown) == (0, True)
    return target, keys


def offline(*words):
    """Without settings or data folder; fails if the command loads Django."""
    script = (
        "import sys\nfrom duecause.cli import main\n"
        "try:\n main(sys.argv[1:])\nfinally:\n assert 'django' not in sys.modules\n"
    )
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", script, "ledger", "check-proof", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**bare, "DJANGO_SETTINGS_MODULE": "nowhere.settings"},
    )


def test_a_receipt_holds_offline_with_the_log_s_key(receipt):
    target, keys = receipt
    done = offline(target, "--keys", keys)
    assert (done.returncode, done.stderr) == (0, "")
    assert "In order: gate.view of" in done.stdout and "is entry 1" in done.stdout


def test_a_receipt_of_the_ledger_here_needs_no_keys(capsys, receipt):
    assert run(capsys, "check-proof", receipt[0])[0] == 0


@pytest.mark.parametrize(
    ("part", "other", "code"),
    [
        (b"\nindex 1\n", b"\nindex 0\n", 4),
        (b"gate.view", b"gate.edit", 4),
        (b"tlog-proof@v1", b"tlog-proof@v9", 2),
        (b"\n3\n", b"\n9\n", 3),
    ],
)
def test_a_receipt_that_was_touched_fails_with_its_own_code(capsys, receipt, part, other, code):
    target, keys = receipt
    for path in (target, target.with_suffix(".leaf")):
        path.write_bytes(path.read_bytes().replace(part, other))
    assert run(capsys, "check-proof", target, "--keys", keys)[0] == code


def test_a_receipt_is_not_written_over_and_an_event_that_waits_has_none(capsys, receipt):
    with transaction.atomic():
        waiting = actions.record(actor=OPERATOR, kind="gate.view", now=timezone.now(), payload={})
    assert "no index yet" in run(capsys, "proof", waiting.uid)[1]
    assert run(capsys, "proof", uuid7())[0] == 2
    sequencer.sequence_all()
    code, shown = run(capsys, "proof", waiting.uid, "--out", receipt[0])
    assert code == 2 and "exists already" in shown


def test_what_a_witness_signed_goes_along_with_every_export_and_receipt(capsys, tmp_path):
    event = written()[0]
    note = WITNESS.cosign(bundles.newest_note(), at=int(timezone.now().timestamp()))
    (tmp_path / "note").write_text(str(note))
    key = str(WITNESS.verifier(witness=True))
    for _ in range(2):
        assert run(capsys, "cosigned", tmp_path / "note", "--witness", key)[0] == 0
    assert len(bundles.newest_note().signatures) == 2
    policy = tmp_path / "policy"
    policy.write_text(f"{actions.signer().verifier()}\n{key}\n")
    sequencer.sequence_all()
    run(capsys, "export", tmp_path / "log")
    run(capsys, "proof", event.uid, "--out", tmp_path / "one.tlog-proof")
    assert run(capsys, "check-proof", tmp_path / "one.tlog-proof", "--keys", policy)[0] == 0
    code, shown = run(capsys, "verify", tmp_path / "log", "--keys", policy)
    assert code == 3 and "Too few witnesses" in shown  # the newest one is not cosigned yet
    run(capsys, "export", tmp_path / "witnessed", "--witnessed")
    code, shown = run(capsys, "verify", tmp_path / "witnessed", "--keys", policy)
    assert code == 0 and "3 entries" in shown


def test_a_log_that_nobody_witnessed_cannot_be_exported_as_witnessed(capsys, tmp_path):
    written()
    code, shown = run(capsys, "export", tmp_path / "log", "--witnessed")
    assert code == 2 and "No witness has cosigned" in shown


def test_a_cosignature_over_another_log_is_not_kept(capsys, tmp_path):
    written()
    other = tlog.Signer.from_seed("duecause.log/other", b"o" * 32)
    root = bytes(Checkpoint.objects.get().root)
    note = WITNESS.cosign(tlog.sign_checkpoint(tlog.Checkpoint(other.name, 3, root), other), at=1)
    (tmp_path / "note").write_text(str(note))
    code, shown = run(capsys, "cosigned", tmp_path / "note", "--witness", WITNESS.verifier(witness=True))
    assert code == 2 and "not a witness's over a checkpoint of this log" in shown
