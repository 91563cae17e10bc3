"""The sequencer rather signs nothing than contradict what was published; after a loss it goes on under a new
name, and silence is visible."""

import json
import logging
import shutil
from datetime import timedelta
from threading import Event as StopSignal

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from duecause.apps.ledger import actions, guard, publishing, queries, recovering, sequencer, watching
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, QueueEntry, Recovery, State, Tile
from duecause.apps.obligations import runner
from duecause.cli import group
from duecause.cli.errors import guarded
from duecause.engine import tlog
from tests.support.world import OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    shutil.copytree(settings.DATA / "keys", tmp_path / "keys")
    monkeypatch.setattr(settings, "DATA", tmp_path)
    return tmp_path


def write(now=None):
    with transaction.atomic():
        return actions.record(actor=OPERATOR, kind="gate.view", now=now or timezone.now(), payload={"n": 1})


def grown(*sizes):
    for size in sizes:
        for _ in range(size):
            write()
        sequencer.sequence_all()


def rolled_back_after(*sizes, more=2):
    """A log of `sizes`, then `more` that a restored backup does not have."""
    grown(*sizes)
    state, tiles = State.objects.get(), list(Tile.objects.all())
    grown(more)
    Leaf.objects.filter(index__gte=state.size).delete()
    Event.objects.filter(leaf__isnull=True).delete()
    Checkpoint.objects.filter(size__gt=state.size).delete()
    Tile.objects.all().delete()
    Tile.objects.bulk_create(tiles)
    state.save()


def run(capsys, *words):
    code = guarded(lambda: group.main(list(map(str, words)), prog_name="duecause", standalone_mode=False))
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def refusal():
    with pytest.raises(guard.Unsafe) as caught:
        sequencer.begin()
    return caught.value


def test_a_database_behind_its_anchor_is_not_signed_and_the_message_says_what_to_do(capsys, caplog):
    rolled_back_after(3)
    write()
    code, _ = run(capsys, "sequencer")
    shown = caplog.text
    assert code == 6
    assert "3 ledger entries, but 5 were published" in shown
    assert "restore forward" in shown and "duecause ledger recover" in shown
    assert Checkpoint.objects.latest("size").size == 3


def test_a_restore_under_a_running_sequencer_stops_it_as_well():
    rolled_back_after(3)
    write()
    with pytest.raises(guard.Unsafe):
        sequencer.sequence_all()
    assert QueueEntry.objects.count() == 1


def test_another_log_of_the_same_size_is_not_continued():
    grown(3)
    anchor = publishing.anchor_path().read_bytes()
    for table in (Checkpoint, Leaf, Event, Tile, State):
        table.objects.all().delete()
    publishing.anchor_path().unlink()
    grown(3, 2)
    publishing.anchor_path().write_bytes(anchor)
    assert refusal().code == "ledger.anchor_differs"


def test_rewritten_tiles_are_noticed_at_start():
    grown(3, 4)
    Tile.objects.update(data=b"\0" * 7 * 32)
    assert refusal().code == "ledger.anchor_differs"


def test_a_state_that_was_put_back_alone_is_not_continued():
    grown(3)
    state = State.objects.get()
    grown(2)
    state.save()
    assert refusal().code == "ledger.state_differs"


def test_a_lost_anchor_is_asked_for_and_a_first_start_that_was_interrupted_is_not_refused():
    grown(1, 1)
    publishing.anchor_path().unlink()
    sequencer.begin()
    assert publishing.newest_published() is not None
    grown(*[1] * guard.UNPUBLISHED_AT_MOST)
    publishing.anchor_path().unlink()
    assert refusal().code == "ledger.anchor_gone"


def test_a_damaged_end_of_the_anchor_is_not_guessed_at():
    grown(2)
    with publishing.anchor_path().open("ab") as anchor:
        anchor.write(b"not a note\n\nnot a signature\n\n")
    assert refusal().code == "ledger.anchor_torn"


def test_another_key_than_the_one_that_signed_before_is_refused(own_data_folder):
    grown(2)
    State.objects.update(origin="duecause.log/ffffffff")
    assert refusal().code == "ledger.other_key"


def test_what_was_committed_and_not_published_is_published_at_the_next_start(monkeypatch):
    grown(1)
    with monkeypatch.context() as killed:
        killed.setattr(sequencer, "publish", lambda: None)
        grown(1, 1)
    sequencer.begin()
    notes, _ = tlog.split_notes(publishing.anchor_path().read_bytes())
    assert [tlog.parse_checkpoint(tlog.parse_note(note).text).size for note in notes] == [1, 2, 3]


def test_recovery_is_refused_where_nothing_is_lost(capsys):
    grown(2)
    code, shown = run(capsys, "ledger", "recover", "--reason", "trying")
    assert code == 2 and "nothing to recover" in shown


def test_recovery_wants_the_name_of_the_log_typed(capsys):
    rolled_back_after(3)
    code, shown = run(capsys, "ledger", "recover", "--reason", "disk lost", "--confirm", "yes")
    assert code == 2 and "Nothing was changed" in shown
    assert not Recovery.objects.exists()


def test_after_recovery_the_log_goes_on_under_a_new_name_and_verifies(capsys, own_data_folder):
    rolled_back_after(3)
    old = actions.signer().verifier()
    published = publishing.anchor_path().read_bytes()
    words = ("recover", "--reason", "disk lost", "--confirm", old.name)
    code, shown = run(capsys, "ledger", *words)
    new = actions.signer().verifier()
    assert code == 0 and str(new) in shown and new != old
    assert (own_data_folder / f"keys/ledger-{old.name.rpartition('/')[2]}.key").exists()

    grown(2)
    newest = Checkpoint.objects.latest("size")
    assert (newest.size, newest.note.partition("\n")[0]) == (6, new.name)
    assert Event.objects.filter(kind="ledger.recovered", leaf__index=3).exists()
    assert queries.standing(Event.objects.get(leaf__index=0)).holds
    code, shown = run(capsys, "ledger", "verify", "--json")
    assert (code, json.loads(shown)["failures"]) == (0, [])

    former = own_data_folder / "ledger" / f"anchor-{old.name.rpartition('/')[2]}"
    assert former.read_bytes() == published
    run(capsys, "ledger", "export", own_data_folder / "log")
    code, shown = run(capsys, "ledger", "verify", own_data_folder / "log", "--anchor", former)
    assert code == 6 and "5 leaves" in shown  # whoever saw what was lost still sees that it is


@pytest.mark.parametrize("step", ["_archive_anchor", "keyring.promote_next", "publishing.publish"])
def test_a_recovery_that_was_interrupted_signs_nothing_and_is_finished_by_running_it_again(
    step, monkeypatch, capsys
):
    rolled_back_after(3)
    old = actions.origin()
    words = ("ledger", "recover", "--reason", "disk lost", "--confirm", old)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(f"duecause.apps.ledger.recovery_actions.{step}", killed)
        assert run(capsys, *words)[0] == 130
    if step != "publishing.publish":
        assert refusal().code == "ledger.other_key"
        assert run(capsys, *words)[0] == 0
    grown(1)
    assert Recovery.objects.count() == 1
    assert Checkpoint.objects.latest("size").note.startswith(actions.origin())
    assert actions.origin() != old


def test_a_statement_of_recovery_that_the_new_key_has_not_signed_brings_no_key(own_data_folder):
    forger = tlog.Signer.from_seed("duecause.log/forged", b"f" * 32)
    mine = actions.signer()
    note = recovering.sign(
        old=forger, new=mine, kept=0, root=tlog.EMPTY_ROOT, published=0, now=timezone.now()
    )
    half = tlog.Note(note.text, note.signatures[:1])
    Recovery.objects.create(note=str(half), at=timezone.now())
    assert recovering.verifiers() == [mine.verifier()]


def test_a_quiet_log_gives_a_sign_of_life_within_five_minutes_and_one_only():
    started = timezone.now()
    write(started)
    actions.sequence(actor=sequencer.ACTOR, now=started)
    assert actions.beat(actor=sequencer.ACTOR, now=started + timedelta(minutes=3)) is None
    assert actions.beat(actor=sequencer.ACTOR, now=started + actions.HEARTBEAT) is not None
    assert actions.beat(actor=sequencer.ACTOR, now=started + actions.HEARTBEAT) is None
    later = started + actions.HEARTBEAT
    assert actions.sequence(actor=sequencer.ACTOR, now=later).size == 2
    assert actions.beat(actor=sequencer.ACTOR, now=later) is None
    assert timedelta(minutes=5) > actions.HEARTBEAT


def test_an_empty_log_stays_silent():
    assert actions.beat(actor=sequencer.ACTOR, now=timezone.now()) is None


def test_the_queue_is_late_after_five_seconds_and_the_log_silent_after_five_minutes():
    grown(1)
    now = timezone.now()
    assert queries.queue_health(now).ok
    write(now)
    assert queries.queue_health(now + timedelta(seconds=4)).ok
    late = queries.queue_health(now + timedelta(seconds=6))
    assert (late.late, late.silent, late.waiting) == (True, False, 1)
    assert queries.queue_health(now + timedelta(minutes=6)).silent


def test_a_long_queue_is_logged_once_when_it_begins_and_once_when_it_ends(caplog):
    caplog.set_level(logging.INFO, "duecause.apps.ledger.watching")
    now, watch = timezone.now(), watching.QueueWatch()
    write(now)
    for seconds in (10, 11, 12, 13):
        watch.look(now + timedelta(seconds=seconds))
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert caplog.records[0].facts == {"waiting": 1, "seconds": 11}
    QueueEntry.objects.all().delete()
    watch.look(now + timedelta(seconds=14))
    watch.look(now + timedelta(seconds=15))
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_the_worker_notices_that_no_sequencer_works(caplog):
    write(timezone.now() - timedelta(minutes=2))
    for _ in range(3):
        runner._look_around({})
    assert sum("the ledger is late" in record.message for record in caplog.records) == 1


def test_the_log_is_verified_once_a_day_by_itself_and_the_result_kept():
    grown(3)
    for _ in range(2):
        while runner.run_once("test"):
            pass
    assert Event.objects.filter(kind="ledger.verified").count() == 1
    assert queries.last_verification().clean


def test_the_loop_beats_by_itself_and_ends_when_told():
    old = timezone.now() - timedelta(hours=1)
    write(old)
    actions.sequence(actor=sequencer.ACTOR, now=old)
    stop = StopSignal()

    class Looks:
        calls = 0

        def is_set(self):
            self.calls += 1
            return self.calls > 2

        wait = stop.wait

    sequencer.run(Looks())
    assert Event.objects.filter(kind="ledger.heartbeat").count() == 1
    assert Checkpoint.objects.latest("size").size == 2
