"""The anchor remembers every checkpoint once, whatever was interrupted."""

import pytest
from django.conf import settings
from django.db import transaction

from duecause.apps.ledger import actions, publishing, sequencer
from duecause.apps.ledger.models import Checkpoint
from duecause.engine.tlog import split_notes
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    (tmp_path / "keys").symlink_to(settings.DATA / "keys")
    monkeypatch.setattr(settings, "DATA", tmp_path)


def happen() -> None:
    with transaction.atomic():
        actions.record(actor=OPERATOR, kind="test.happened", now=NOW, payload={})
    sequencer.sequence_all()


def notes() -> tuple[list[bytes], bytes]:
    return split_notes(publishing.anchor_path().read_bytes())


def test_publishing_again_after_a_restart_adds_nothing():
    happen()
    publishing.publish()
    assert len(notes()[0]) == 1


@pytest.mark.parametrize("tail_bytes", [1 << 20, 700])
def test_what_an_interrupted_append_left_is_cut_before_the_next_note(tail_bytes, monkeypatch):
    monkeypatch.setattr(publishing, "TAIL_BYTES", tail_bytes)
    for _ in range(5):
        happen()
    whole = publishing.anchor_path().read_bytes()
    publishing.anchor_path().write_bytes(whole + b"duecause.log/torn\n17\nhalf of")
    happen()
    complete, torn = notes()
    assert torn == b""
    assert complete[-1] == Checkpoint.objects.latest("size").note.encode()
    assert len(complete) == 6
