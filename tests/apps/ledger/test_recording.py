"""An event exists exactly when what it tells of exists, and survives the erasure of what it tells about."""

import pytest
from django.db import transaction

from duecause.apps.ledger import actions, sequencer
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, QueueEntry
from duecause.apps.vault.actions import destroy_keys
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine import tlog
from duecause.engine.ids import uuid7
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def write(kind: str = "test.happened", **more: object) -> Event:
    with transaction.atomic():
        return actions.record(actor=OPERATOR, kind=kind, now=NOW, payload={"n": 1}, **more)


def parts(event: Event) -> list[dict | None]:
    person = Sealed(event.person, "content", actions.EVENT_USE, event.person_part)
    period = Sealed(event.record_key, "period", actions.EVENT_USE, event.record_part)
    return open_many([person, period])


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_an_event_cannot_be_written_outside_the_transaction_it_tells_of():
    with pytest.raises(transaction.TransactionManagementError):
        actions.record(actor=OPERATOR, kind="test.happened", now=NOW, payload={})


def test_an_event_that_is_rolled_back_leaves_no_place_in_the_queue():
    with pytest.raises(RuntimeError), transaction.atomic():
        write()
        raise RuntimeError
    assert (Event.objects.count(), QueueEntry.objects.count()) == (0, 0)


def test_the_leaf_commits_to_both_parts_and_says_nothing_of_them():
    person = uuid7()
    event = write(person=person, person_payload={"number": "+32470000011"})
    leaf = tlog.parse_leaf(bytes(event.leaf_bytes))
    about_person, about_record = parts(event)
    for part, commitment in ((about_person, leaf.person_commitment), (about_record, leaf.record_commitment)):
        assert (
            tlog.commitment(bytes.fromhex(part["salt"]), tlog.canonical_json(part["payload"])) == commitment
        )
    assert b"32470000011" not in bytes(event.leaf_bytes)
    assert about_record["payload"]["actor"] == "system:test"


def test_erasing_the_person_closes_the_person_part_and_leaves_the_log_whole():
    person = uuid7()
    event = write(person=person, person_payload={"number": "+32470000011"})
    write()
    sequencer.sequence_all()
    destroy_keys(person, ["content"])
    about_person, about_record = parts(Event.objects.get(pk=event.pk))
    assert about_person is None
    assert about_record["payload"]["n"] == 1
    hashes = [bytes(value) for value in Leaf.objects.order_by("index").values_list("leaf_hash", flat=True)]
    assert bytes(Checkpoint.objects.latest("size").root) == tlog.root_of(hashes)


def test_sequencing_numbers_every_event_once_without_gaps_over_several_rounds():
    for size in (1, 3, 300):
        for _ in range(size):
            write()
        sequencer.sequence_all()
    leaves = list(Leaf.objects.order_by("index").values_list("index", "event_id"))
    assert [index for index, _ in leaves] == list(range(304))
    assert len({event for _, event in leaves}) == 304
    assert QueueEntry.objects.count() == 0
    assert [c.size for c in Checkpoint.objects.order_by("size")] == [1, 4, 304]


def test_the_signed_checkpoint_names_the_root_of_the_leaves_and_checks_with_the_public_key():
    for _ in range(5):
        write()
    sequencer.sequence_all()
    checkpoint = Checkpoint.objects.latest("size")
    note = tlog.parse_note(checkpoint.note.encode())
    tlog.check_note(note, [actions.signer().verifier()])
    signed = tlog.parse_checkpoint(note.text)
    assert (signed.origin, signed.size, signed.root) == (actions.origin(), 5, bytes(checkpoint.root))


def test_a_sequencer_with_nothing_to_do_signs_nothing():
    assert sequencer.sequence_all() is False
    assert not Checkpoint.objects.exists()
