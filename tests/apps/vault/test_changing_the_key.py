"""The key-encryption key can be changed and taken away while everything runs; nothing sealed is lost or
reopened."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from duecause.apps.ledger import key_actions
from duecause.apps.ledger.actions import period_owner, record
from duecause.apps.ledger.models import Event
from duecause.apps.obligations import key_jobs
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import run_once
from duecause.apps.vault import actions, copies, keyring, opening, queries, rotation_actions
from duecause.apps.vault.models import DataKey
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused, Unavailable
from tests.support.transit import TOKEN, key_service
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
CONTENT = {"name": "Mila Test-Peeters"}


@pytest.fixture
def own_keys(tmp_path, settings):
    """A data folder with keys of its own: what is changed here is no other test's."""
    settings.DATA = tmp_path
    keyring.create(tmp_path / "keys")
    return tmp_path / "keys"


def sealed(count=1):
    owners = [uuid7() for _ in range(count)]
    blobs = actions.seal_many([actions.ToSeal(owner, "identity", "t.c", CONTENT) for owner in owners])
    return [opening.Sealed(owner, "identity", "t.c", blob) for owner, blob in zip(owners, blobs, strict=True)]


def opens(items):
    return opening.open_many(items) == [CONTENT] * len(items)


def rewrap_all(limit=rotation_actions.REWRAP_BATCH):
    rounds = 0
    while rotation_actions.rewrap(limit=limit):
        rounds += 1
    return rounds


def test_a_change_reaches_every_key_and_opens_the_same_contents(own_keys):
    before = sealed(5)
    old, new = rotation_actions.start()
    between = sealed(2)
    assert opens(before + between), "either key unwraps while the change goes on"
    assert rewrap_all(limit=2) == 3
    assert set(DataKey.objects.values_list("kek_id", flat=True)) == {new}
    assert old != new
    assert opens(before + between)


def test_a_change_that_broke_off_goes_on_where_it_stopped(own_keys, monkeypatch):
    items = sealed(6)
    rotation_actions.start()
    rotation_actions.rewrap(limit=2)
    real, calls = rotation_actions.sealing.seal, []

    def dies(*given, **named):
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the machine stops here")
        return real(*given, **named)

    monkeypatch.setattr(rotation_actions.sealing, "seal", dies)
    with pytest.raises(OSError):
        rotation_actions.rewrap(limit=4)
    monkeypatch.undo()
    assert rotation_actions.waiting_rows() == 4, "a batch is done wholly or not at all"
    assert opens(items)
    rewrap_all()
    assert rotation_actions.waiting_rows() == 0
    assert opens(items)


def test_a_key_that_was_destroyed_does_not_come_back_with_a_change(own_keys):
    [item] = sealed()
    actions.bury_keys({item.owner: ["identity"]}, now=NOW)
    rotation_actions.start()
    rewrap_all()
    assert bytes(DataKey.objects.get(owner=item.owner).wrapped) == actions.BURIED
    assert opening.open_many([item]) == [None]


def test_a_process_that_read_the_old_key_unwraps_what_the_new_one_wrapped(own_keys):
    elsewhere = keyring.Wrapping(own_keys)
    before = elsewhere.read()
    rotation_actions.start()
    [item] = sealed()
    row = DataKey.objects.get(owner=item.owner)
    assert row.kek_id not in before.keys
    assert elsewhere.of(row.kek_id) == keyring.current().wrapping.current[1]


def test_a_second_change_waits_for_the_first(own_keys):
    sealed(3)
    rotation_actions.start()
    with pytest.raises(Refused, match="3 keys still wait"):
        rotation_actions.start()


def test_a_replaced_key_lives_as_long_as_copies_do_and_not_while_it_is_needed(own_keys):
    items = sealed(2)
    old, _ = rotation_actions.start()
    path = own_keys / f"kek-{old}.key"
    long_ago = time.time() - (copies.copies_live() + timedelta(days=1)).total_seconds()
    kept_for = copies.copies_live()
    os.utime(path, (long_ago, long_ago))
    assert rotation_actions.destroy_retired(kept_for=kept_for, now=NOW) == [], "it still wraps two keys"
    rewrap_all()
    os.utime(path)
    now = datetime.now(UTC)
    assert rotation_actions.destroy_retired(kept_for=kept_for, now=now) == [], "copies may still need it"
    later = now + kept_for + timedelta(seconds=1)
    assert rotation_actions.destroy_retired(kept_for=kept_for, now=later) == [old]
    assert not path.exists()
    assert opens(items)


def test_an_old_copy_of_the_key_database_is_worthless_once_the_replaced_key_is_gone(own_keys):
    [item] = sealed()
    copied = bytes(DataKey.objects.get(owner=item.owner).wrapped)
    copied_kek = DataKey.objects.get(owner=item.owner).kek_id
    rotation_actions.start()
    rewrap_all()
    actions.bury_keys({item.owner: ["identity"]}, now=NOW)
    rotation_actions.destroy_retired(kept_for=timedelta(0), now=datetime.now(UTC) + timedelta(seconds=1))
    DataKey.objects.filter(owner=item.owner).update(wrapped=copied, kek_id=copied_kek)  # the restore
    with pytest.raises(actions.sealing.SealBroken):
        opening.open_many([item])


def test_the_change_is_a_promise_that_a_worker_keeps_and_the_ledger_tells(own_keys):
    sealed(3)
    obligation = key_jobs.rotate(actor=OPERATOR, now=NOW)
    while Step.objects.filter(obligation=obligation).exclude(state=Step.State.DONE).exists():
        assert run_once("worker-1")
    assert Obligation.objects.get(pk=obligation.pk).state == Obligation.State.DONE
    assert rotation_actions.waiting_rows() == 0
    assert Event.objects.filter(kind="keys.rotated").count() == 1


def test_only_who_may_manage_keys_changes_them(own_keys):
    with pytest.raises(NotPermitted):
        key_actions.start_rotation(actor=Actor.job("other", "rights.plan"), now=NOW)
    assert not list(own_keys.glob("kek-*.key"))


@pytest.fixture
def service(own_keys, monkeypatch, settings):
    with key_service() as running:
        monkeypatch.setenv("VAULT_ADDR", running.url)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        settings.KEK_LIFETIME_SECONDS = 0.0
        yield running


def in_service(own_keys):
    text = (own_keys / "kek.key").read_text()
    rotation_actions.protect("transit duecause")
    return text


def test_a_key_moved_to_a_key_service_leaves_its_file(own_keys, service):
    [item] = sealed()
    clear = in_service(own_keys).strip()
    for path in own_keys.iterdir():
        assert clear not in path.read_text(errors="replace")
    assert opens([item])
    assert "decrypt duecause" in service.asked
    rotation_actions.protect("file")
    assert (own_keys / "kek.key").read_text().strip() == clear
    assert opens([item])


@pytest.mark.parametrize("outage", [0, 403, 500, 503])
def test_without_the_key_service_nothing_opens_and_everything_opens_when_it_is_back(
    own_keys, service, outage
):
    [item] = sealed()
    in_service(own_keys)
    service.outage = outage
    with pytest.raises(Unavailable, match="does not answer"):
        opening.open_many([item])
    with pytest.raises(Unavailable):
        sealed()
    service.outage = None
    assert opens([item])


def test_an_erasure_destroys_keys_and_is_written_down_while_the_key_service_is_out(own_keys, service):
    [item] = sealed()
    pair = (period_owner(NOW), "period")
    with transaction.atomic():
        record(actor=OPERATOR, kind="test.before", now=NOW, payload={})
    # As in any running process, the month's key was read before the outage, more than a minute ago.
    actions._PERIODS._kept = {pair: (0.0, actions.existing_keys([pair])[pair])}
    in_service(own_keys)
    service.outage = 503
    assert actions.bury_keys({item.owner: ["identity"]}, now=NOW) == 1
    with transaction.atomic():
        record(actor=OPERATOR, kind="test.erased", now=NOW, payload={"keys": 1})
    assert Event.objects.filter(kind="test.erased").exists()
    service.outage = None
    assert opening.open_many([item]) == [None]


def test_a_key_service_that_dies_in_the_middle_of_a_change_delays_it(own_keys, service, settings):
    items = sealed(4)
    in_service(own_keys)
    obligation = key_jobs.rotate(actor=OPERATOR, now=NOW)
    service.outage = 503
    with pytest.raises(Unavailable):
        rotation_actions.rewrap(limit=1)
    assert run_once("worker-1")
    step = Step.objects.get(obligation=obligation)
    assert (step.state, step.attempts) == (Step.State.DUE, 1), "it waits and is tried again"
    assert "does not answer" in step.error["template"]
    service.outage = None
    rewrap_all(limit=1)
    assert rotation_actions.waiting_rows() == 0
    assert opens(items)


def test_a_new_key_that_the_service_cannot_seal_changes_nothing(own_keys, service):
    items = sealed(2)
    in_service(own_keys)
    old = keyring.current().wrapping.current_id
    service.outage = 500
    with pytest.raises(Unavailable):
        rotation_actions.start()
    service.outage = None
    assert keyring.current().wrapping.current_id == old
    assert not list(own_keys.glob("kek-*"))
    assert opens(items)


def test_a_key_can_be_handed_over_by_the_service_manager(own_keys, tmp_path, monkeypatch):
    [item] = sealed()
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    shutil.copy(own_keys / "kek.key", credentials / "duecause-kek")
    (own_keys / "kek.key").write_text("credential duecause-kek\n")
    keyring.load.cache_clear()
    keyring._of.cache_clear()
    with pytest.raises(Refused, match="duecause-kek was not handed over"):
        opening.open_many([item])
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert opens([item])
    with pytest.raises(Refused, match="cannot take a new one"):
        rotation_actions.start()


def test_copies_of_the_key_database_are_deleted_when_their_time_has_come(own_keys, settings, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    settings.KEY_COPIES = str(folder)
    now = datetime.now(UTC)
    days = copies.copies_live().days
    for name, age in (("keys-old.sqlite3", days + 1), ("keys-young.dump", days - 1), ("other-old.txt", 99)):
        (folder / name).write_bytes(b"x")
        made = (now - timedelta(days=age)).timestamp()
        os.utime(folder / name, (made, made))
    assert queries.status(now=now).overdue == ["keys-old.sqlite3"]
    assert key_actions.delete_old_copies(actor=OPERATOR, now=now) == ["keys-old.sqlite3"]
    assert sorted(path.name for path in folder.iterdir()) == ["keys-young.dump", "other-old.txt"]
    assert Event.objects.filter(kind="keys.copies_deleted").count() == 1


def test_without_a_folder_for_copies_none_is_made(own_keys, settings):
    settings.KEY_COPIES = ""
    with pytest.raises(Refused, match="DUECAUSE_KEY_COPIES"):
        copies.make(now=NOW)


def test_status_counts_what_waits_and_what_was_destroyed(own_keys):
    items = sealed(3)
    actions.bury_keys({items[0].owner: ["identity"]}, now=NOW)
    rotation_actions.start()
    found = queries.status(now=NOW).as_json()
    assert (found["waiting"], found["destroyed"], len(found["retired"])) == (2, 1, 1)
    assert found["kept_by"] == "file"


def test_a_page_that_needs_the_key_service_says_that_it_is_silent(own_keys, service):
    world = make_world()
    person = world.person()
    client = Client()
    client.force_login(world.employee("inbound"))
    in_service(own_keys)
    service.outage = 503
    answer = client.post(f"/desk/people/{person.pk}/look/", {"link": "caller"})
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()
    assert "Test-Peeters" not in answer.content.decode()
    service.outage = None
    answer = client.post(f"/desk/people/{person.pk}/look/", {"link": "caller"})
    assert "Test-Peeters" in answer.content.decode()
