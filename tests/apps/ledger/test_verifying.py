"""Whatever somebody does to the rows behind the log, `duecause ledger verify` says what, and its exit code
says of which kind."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from duecause.apps.ledger import actions, checking, checking_apart, publishing, sequencer
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, QueueEntry, State, Tile
from duecause.apps.vault.actions import destroy_keys
from duecause.cli import group
from duecause.cli.errors import guarded
from duecause.engine.ids import uuid7
from tests.support.world import OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
OK, MALFORMED, SIGNATURE, TREE, FORK, ROLLBACK, COMMITMENT, TIME, GAP, TOO_OLD = 0, *range(2, 11)


@pytest.fixture(autouse=True)
def own_anchor(tmp_path, monkeypatch):
    anchor = tmp_path / "ledger" / "anchor"
    monkeypatch.setattr(publishing, "anchor_path", lambda: anchor)
    monkeypatch.setattr("duecause.apps.ledger.checking.anchor_path", lambda: anchor)
    return anchor


def write(kind: str = "gate.reveal", **more: object) -> Event:
    with transaction.atomic():
        return actions.record(actor=OPERATOR, kind=kind, now=timezone.now(), payload={"n": 1}, **more)


def grown(*sizes: int) -> list[Event]:
    events = []
    for size in sizes or (3, 4):
        events += [write(person=uuid7(), person_payload={"words": "secret"}) for _ in range(size)]
        sequencer.sequence_all()
    return events


def run(capsys, *words: object) -> tuple[int, str]:
    code = guarded(
        lambda: group.main(["ledger", *map(str, words)], prog_name="duecause", standalone_mode=False)
    )
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def verify(capsys, *words: object) -> tuple[int, dict]:
    code, shown = run(capsys, "verify", "--json", *words)
    return code, json.loads(shown)


def wheres(found: dict) -> set[tuple[str, str]]:
    return {(failure["kind"], failure["where"]) for failure in found["failures"]}


def test_a_ledger_nobody_touched_is_in_order(capsys):
    grown()
    write()
    code, found = verify(capsys, "--max-age", "1h")
    assert (code, found["failures"]) == (OK, [])
    assert (found["leaves"], found["waiting"], found["opened"], found["erased"]) == (7, 1, 15, 0)
    assert "In order" in run(capsys, "verify")[1]


def test_an_empty_ledger_is_in_order(capsys):
    assert verify(capsys)[0] == OK


def test_an_erased_person_is_counted_and_is_no_failure(capsys):
    event = grown()[2]
    destroy_keys(event.person, ["content"])
    code, found = verify(capsys)
    assert (code, found["erased"], found["opened"]) == (OK, 1, 13)


def test_a_changed_leaf_is_found(capsys):
    event = grown()[4]
    Event.objects.filter(pk=event.pk).update(leaf_bytes=bytes(event.leaf_bytes).replace(b"reveal", b"search"))
    code, found = verify(capsys)
    assert code == TREE and ("tree", "leaf 4") in wheres(found)


def test_a_changed_leaf_is_found_even_if_its_hashes_were_changed_with_it(capsys):
    from duecause.engine import tlog

    event = grown()[4]
    leaf = bytes(event.leaf_bytes).replace(b"reveal", b"search")
    Event.objects.filter(pk=event.pk).update(
        leaf_bytes=leaf, leaf_hash=tlog.leaf_hash(leaf), kind="gate.search"
    )
    Leaf.objects.filter(index=4).update(leaf_hash=tlog.leaf_hash(leaf))
    code, found = verify(capsys)
    assert code == TREE and ("tree", "leaf 4") in wheres(found)


@pytest.mark.parametrize("change", [{"kind": "gate.search"}, {"at": timezone.now() - timedelta(days=9)}])
def test_an_event_row_that_says_another_thing_than_its_leaf_is_found(capsys, change):
    event = grown()[1]
    Event.objects.filter(pk=event.pk).update(**change)
    code, found = verify(capsys)
    assert code == TREE and wheres(found) == {("tree", "leaf 1")}


@pytest.mark.parametrize("at", [2, 6])
def test_a_removed_event_is_found(capsys, at):
    event = grown()[at]
    Leaf.objects.filter(index=at).delete()
    Event.objects.filter(pk=event.pk).delete()
    code, found = verify(capsys)
    assert code in (GAP, TREE) and "gap" in {kind for kind, _ in wheres(found)}


def test_an_event_taken_out_of_the_queue_is_found(capsys):
    grown()
    event = write()
    QueueEntry.objects.filter(event=event).delete()
    code, found = verify(capsys)
    assert code == GAP and wheres(found) == {("gap", f"event {event.uid}")}


def test_swapped_rows_are_found(capsys):
    first, second, *_ = grown()
    Leaf.objects.all().filter(index__in=[0, 1]).delete()
    for index, event in ((0, second), (1, first)):
        Leaf.objects.create(index=index, event=event, leaf_hash=event.leaf_hash)
    code, found = verify(capsys)
    assert code == TREE and ("tree", "leaf 0") in wheres(found)


@pytest.mark.parametrize("size", [3, 7])
def test_a_deleted_checkpoint_is_found(capsys, size):
    grown()
    Checkpoint.objects.filter(size=size).delete()
    assert verify(capsys)[0] == FORK


def test_a_roll_back_is_found_by_the_anchor_and_only_by_it(capsys, own_anchor):
    grown(3)
    state, tiles = State.objects.get(), list(Tile.objects.all())
    grown(4)
    Leaf.objects.filter(index__gte=3).delete()
    Event.objects.filter(leaf__isnull=True).delete()
    Checkpoint.objects.filter(size__gt=3).delete()
    Tile.objects.all().delete()
    Tile.objects.bulk_create(tiles)
    state.save()
    code, found = verify(capsys)
    assert code == ROLLBACK and "3" in found["failures"][0]["text"]
    own_anchor.write_bytes(Checkpoint.objects.get().note.encode() + b"\n")
    assert verify(capsys)[0] == OK


def test_an_anchor_that_was_thrown_away_is_missed(capsys, own_anchor):
    grown()
    own_anchor.unlink()
    code, found = verify(capsys)
    assert code == MALFORMED and wheres(found) == {("malformed", "anchor")}


def test_a_checkpoint_signed_by_somebody_else_is_found(capsys):
    from duecause.engine import tlog

    grown()
    newest = Checkpoint.objects.latest("size")
    forger = tlog.Signer.from_seed(actions.origin(), b"x" * 32)
    note = tlog.sign_checkpoint(tlog.Checkpoint(actions.origin(), 7, bytes(newest.root)), forger)
    Checkpoint.objects.filter(size=7).update(note=str(note))
    assert verify(capsys)[0] == SIGNATURE


@pytest.mark.parametrize("part", ["record_part", "person_part"])
def test_a_content_moved_from_another_event_is_found(capsys, part):
    one, other, *_ = grown()
    Event.objects.filter(pk=one.pk).update(**{part: bytes(getattr(other, part))})
    code, found = verify(capsys)
    assert code == COMMITMENT and wheres(found) == {("commitment", "leaf 0")}
    assert "secret" not in json.dumps(found)


def test_a_person_part_that_vanishes_while_its_key_lives_is_found(capsys):
    event = grown()[0]
    Event.objects.filter(pk=event.pk).update(person_part=None)
    assert verify(capsys)[0] == COMMITMENT


def test_a_tile_that_was_altered_is_found(capsys):
    grown()
    tile = Tile.objects.get(level=0)
    Tile.objects.filter(pk=tile.pk).update(data=b"\0" * len(tile.data))
    assert verify(capsys)[0] == TREE


def test_a_sequencer_state_that_would_grow_another_tree_is_found(capsys):
    grown()
    state = State.objects.get()
    State.objects.update(frontier=bytes(state.frontier)[:-1] + b"\0")
    code, found = verify(capsys)
    assert code == TREE and ("tree", "state") in wheres(found)


def test_a_log_that_stands_still_is_too_old_when_asked(capsys):
    with transaction.atomic():
        actions.record(
            actor=OPERATOR, kind="test.happened", now=timezone.now() - timedelta(days=3), payload={}
        )
    sequencer.sequence_all()
    assert verify(capsys)[0] == OK
    assert verify(capsys, "--max-age", "2d")[0] == TOO_OLD


def test_every_failure_says_what_where_and_what_to_do(capsys):
    event = grown()[4]
    Event.objects.filter(pk=event.pk).update(kind="gate.search")
    code, shown = run(capsys, "verify")
    assert code == TREE
    assert "leaf 4: The event row does not say what its leaf says." in shown
    assert "exit code 4" in shown and "Keep a copy" in shown


def offline(*words: object) -> subprocess.CompletedProcess[str]:
    """As on a partner's machine: no settings, no data folder; fails if the command loads Django."""
    script = (
        "import sys\nfrom duecause.cli import main\n"
        "try:\n main(sys.argv[1:])\nfinally:\n assert 'django' not in sys.modules\n"
    )
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", script, "ledger", "verify", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**bare, "DJANGO_SETTINGS_MODULE": "nowhere.settings"},
    )


@pytest.mark.parametrize("name", ["log", "log.zip"])
def test_an_exported_bundle_verifies_without_django_database_or_keys(capsys, tmp_path, own_anchor, name):
    event = grown()[3]
    bundle = tmp_path / name
    code, shown = run(capsys, "export", bundle, "--disclose", event.uid)
    assert code == OK and "7 entries" in shown
    done = offline(bundle, "--anchor", own_anchor)
    assert (done.returncode, done.stderr) == (OK, "")
    assert "7 entries under 2 checkpoints" in done.stdout and "use --keys" in done.stdout
    keys = tmp_path / "keys"
    keys.write_text(f"{actions.signer().verifier()}\n")
    assert "use --keys" not in offline(bundle, "--keys", keys).stdout


def test_a_bundle_that_was_touched_fails_offline(capsys, tmp_path):
    grown()
    run(capsys, "export", tmp_path / "log")
    entries = next((tmp_path / "log/tile/entries").rglob("*.p/7"))
    entries.write_bytes(entries.read_bytes().replace(b"reveal", b"search", 1))
    assert offline(tmp_path / "log").returncode == TREE


def test_an_export_does_not_replace_a_file(capsys, tmp_path):
    grown()
    (tmp_path / "log.zip").write_text("mine")
    code, shown = run(capsys, "export", tmp_path / "log.zip")
    assert code == 2 and "exists already" in shown
    assert (tmp_path / "log.zip").read_text() == "mine"


def test_an_event_is_shown_with_its_place_and_its_record(capsys):
    event = grown()[3]
    code, shown = run(capsys, "show", event.uid)
    assert code == OK
    assert "index       3" in shown and "7 leaves" in shown and "holds" in shown and "system:test" in shown
    assert "secret" not in shown
    assert run(capsys, "show", uuid7())[0] == 2


def test_disclosing_an_event_is_itself_recorded_and_a_waiting_one_cannot_be_disclosed(capsys, tmp_path):
    event = grown()[3]
    run(capsys, "export", tmp_path / "log", "--disclose", event.uid)
    assert Event.objects.filter(kind="ledger.exported").count() == 1
    assert str(event.uid).encode() not in (tmp_path / "log/disclosed.jsonl").read_bytes()
    assert b"system:test" in (tmp_path / "log/disclosed.jsonl").read_bytes()
    code, shown = run(capsys, "export", tmp_path / "other", "--disclose", write().uid)
    assert code == 2 and "has no index yet" in shown
    assert not (tmp_path / "other").exists()


def test_an_event_filed_under_another_person_is_found(capsys):
    event = grown()[3]
    Event.objects.filter(pk=event.pk).update(person=uuid7())
    code, found = verify(capsys)
    assert code == COMMITMENT
    assert ("commitment", "leaf 3") in wheres(found)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_long_log_is_checked_by_two_processes_that_find_the_same(capsys, monkeypatch):
    events = grown(40, 20)
    Event.objects.filter(pk=events[3].pk).update(kind="gate.search")
    Event.objects.filter(pk=events[55].pk).update(record_part=bytes(events[54].record_part))
    alone = verify(capsys)
    assert alone[0] == TREE and len(alone[1]["failures"]) >= 2
    parts, real = [], checking.EventRows.add
    monkeypatch.setattr(checking_apart, "APART_FROM", 60)
    monkeypatch.setattr(checking_apart, "EventRows", None)  # this process cannot do it instead
    monkeypatch.setattr(
        checking.EventRows, "add", lambda rows, other: (parts.append(other), real(rows, other))
    )
    assert verify(capsys) == alone
    [older] = parts
    assert older.opened and {failure.where for failure in older.findings.failures} == {"leaf 3"}


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_second_process_that_dies_costs_time_and_no_finding(capsys, monkeypatch):
    events = grown(40, 20)
    Event.objects.filter(pk=events[3].pk).update(kind="gate.search")
    alone = verify(capsys)
    monkeypatch.setattr(checking_apart, "APART_FROM", 60)
    monkeypatch.setattr(checking_apart, "SERVE", "duecause.apps.ledger.checking_apart:no_such_function")
    assert verify(capsys) == alone
