"""Code that has nothing to do with ours reads our exports and agrees, and finds what was touched.

The tree and note code of Go's checksum database (Debian: golang-go, golang-golang-x-mod-dev) checks a log
that the product wrote and exported.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from duecause.apps.ledger import actions, bundles, queries, sequencer
from duecause.apps.ledger.models import Checkpoint, Event
from duecause.engine import tlog
from tests.independent.go_tools import build, there
from tests.support.world import OPERATOR

EVENTS = 3_000
ROUNDS = (1, 255, 256, 257, 1_000)
pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.skipif(not there(), reason="Go or its x/mod sources are missing"),
]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("go") / "verify")


def check(verifier: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([verifier, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def exported(tmp_path: Path) -> tuple[str, Path]:
    """The log's key and a bundle of EVENTS events under several checkpoints."""
    shutil.rmtree(settings.DATA / "ledger", ignore_errors=True)
    written = 0
    for size in (*ROUNDS, EVENTS - sum(ROUNDS)):
        for start in range(0, size, 500):
            with transaction.atomic():
                for number in range(start, min(start + 500, size)):
                    actions.record(
                        actor=OPERATOR, kind="test.happened", now=timezone.now(), payload={"n": number}
                    )
        sequencer.sequence_all()
        written += size
    assert bundles.export(tmp_path / "log", now=timezone.now()) == written == EVENTS
    return str(actions.signer().verifier()), tmp_path / "log"


def test_go_verifies_leaves_checkpoints_and_receipts_and_finds_a_flipped_byte_or_another_key(
    verifier, exported, tmp_path
):
    key, bundle = exported
    done = check(verifier, key, bundle)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{EVENTS} leaves, {Checkpoint.objects.count()} checkpoints, ")

    receipt, leaf = tmp_path / "one.tlog-proof", tmp_path / "one.leaf"
    for index in (0, 255, 256, EVENTS - 1):
        event = Event.objects.select_related("leaf").get(leaf__index=index)
        receipt.write_text(str(queries.standing(event).proof))
        leaf.write_bytes(bytes(event.leaf_bytes))
        assert check(verifier, "-proof", receipt, "-leaf", leaf, key).returncode == 0
    leaf.write_bytes(leaf.read_bytes() + b"\n")
    assert check(verifier, "-proof", receipt, "-leaf", leaf, key).returncode == 1

    names = ("tile/entries/003", "tile/0/007", "tile/1/000.p/11", "checkpoint", "checkpoints")
    for name in names:
        path = bundle / name
        honest = path.read_bytes()
        at = len(honest) // 3
        path.write_bytes(honest[:at] + bytes([honest[at] ^ 1]) + honest[at + 1 :])
        found = check(verifier, key, bundle)
        path.write_bytes(honest)
        assert found.returncode == 1, name
        assert found.stderr, name
    assert check(verifier, key, bundle).returncode == 0

    other = tlog.Signer.from_seed(actions.origin(), b"x" * 32).verifier()
    assert check(verifier, other, bundle).returncode == 1
