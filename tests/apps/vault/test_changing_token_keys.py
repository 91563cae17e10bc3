"""A token key is changed while everything goes on: whoever may not be called is not called, and everybody is
found, at every point of it."""

import random
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from duecause.apps.consent.models import Suppression
from duecause.apps.ledger import key_actions
from duecause.apps.ledger.models import Event
from duecause.apps.obligations import key_jobs, token_jobs
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import run_once
from duecause.apps.register.models import GuardToken, Lookup, Record
from duecause.apps.vault import covers, indexes, keyring, protection, token_rotation_actions, token_tables
from duecause.apps.vault.models import TokenKey
from duecause.apps.vault.token_fields import MixedTokens
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused, Unavailable
from tests.apps.vault.token_house import ERASED, LATER, make_house
from tests.support.transit import TOKEN, key_service
from tests.support.world import NOW, OPERATOR

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
FAMILIES = ("lookup", "dial", "guard")
State = TokenKey.State


@pytest.fixture(autouse=True)
def own_keys(tmp_path, settings):
    """A folder of our own, and no time between two states: every process is this one."""
    keyring.create(settings.DATA / "keys")
    shutil.copytree(settings.DATA / "keys", tmp_path / "keys")
    settings.DATA = tmp_path
    settings.TOKEN_STATE_SECONDS, settings.TOKEN_GRACE_SECONDS = 0.0, 0.0
    covers.forget()
    yield tmp_path / "keys"
    covers.forget()


def rotation(family, *, limit=1_000):
    """A change in single steps; after each it may break off, or something else may happen."""
    key = token_rotation_actions.announce(family, now=NOW)
    yield key
    token_rotation_actions.begin_covering(key, now=LATER)
    yield key
    while token_rotation_actions.sweep(key, limit=limit) is not None:
        yield key
    token_rotation_actions.sweep_to_the_end(key, now=LATER)
    yield key
    token_rotation_actions.finish(key, now=LATER)
    yield key


def rotated(family):
    *_, key = rotation(family)
    return key


def lying(family):
    """Under which covers the tokens of a family lie; 0 is none."""
    found = set()
    for table in token_tables.tables(family):
        for row in table.after("", 10_000):
            found |= {token[0] if len(token) in (4, 17) else 0 for token in row.tokens if token}
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_at_every_point_nobody_is_called_who_objected_and_everybody_is_found(family):
    house = make_house(4)
    for place, how in ((1, "person"), (2, "number"), (3, "email")):
        house.objects(house.numbers[place], how)
    assert house.faults() == []
    for key in rotation(family, limit=7):
        assert house.faults() == [], (key.state, key.swept)
    assert lying(family) == {key.number}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_in_the_middle_is_found_at_any_later_point(seed):
    chosen = random.Random(seed)
    house = make_house(6)
    rest = list(house.numbers)
    chosen.shuffle(rest)
    running = {family: rotation(family, limit=chosen.randint(3, 9)) for family in FAMILIES}
    while running:
        family = chosen.choice(sorted(running))
        if next(running[family], None) is None:
            del running[family]
        if rest and chosen.random() < 0.2:
            house.objects(rest.pop(), chosen.choice(("person", "number", "email")))
        if chosen.random() < 0.05:
            house.bring(2)
        assert house.faulty_calls() == [], (seed, family)
    while rest:
        house.objects(rest.pop(), chosen.choice(("person", "number", "email")))
    assert house.faults() == []
    assert [len(lying(family)) for family in FAMILIES] == [1, 1, 1]


def test_a_second_change_begins_where_the_first_ended():
    house = make_house(2)
    house.objects(house.numbers[1], "email")
    first, second = rotated("lookup"), rotated("lookup")
    assert lying("lookup") == {second.number}
    first.refresh_from_db()
    assert (first.state, second.replaces) == (State.RETIRED, first.number)
    assert house.faults() == []


def test_a_change_that_broke_off_in_the_middle_of_a_batch_goes_on_where_it_stopped(monkeypatch):
    """At every write of the change, once before and once after it reached the database."""
    house = make_house(2)
    house.objects(house.numbers[1], "person")
    real, breaks = token_tables.Table._update, iter(range(1_000))

    class Dies(Exception):
        pass

    def dies(self, changes):
        place = next(breaks)
        if place % 3 == 0:
            raise Dies
        done = real(self, changes)
        if place % 3 == 1:
            raise Dies
        return done

    monkeypatch.setattr(token_tables.Table, "_update", dies)
    key = token_rotation_actions.announce("dial", now=NOW)
    token_rotation_actions.begin_covering(key, now=LATER)
    broken, ended = 0, False
    while not ended:
        again = TokenKey.objects.get(pk=key.pk)
        try:
            ended = token_rotation_actions.sweep(again, limit=2) is None
        except Dies:
            broken += 1
            assert house.faulty_calls() == []
    token_rotation_actions.sweep_to_the_end(again, now=LATER)
    token_rotation_actions.finish(again, now=LATER)
    assert broken >= 6
    assert lying("dial") == {key.number}
    assert house.faults() == []


def test_a_check_that_knows_the_state_before_only_asks_again():
    """Another process has begun, and rewritten a number, since this one read the state."""
    house = make_house(2)
    house.objects(house.numbers[1], "number")
    assert house.faulty_calls() == []
    before = covers._held
    stale = covers._Held(before.folder, before.standing, before.keys, before.newest, until=float("inf"))
    for key in rotation("dial", limit=3):
        covers._held = stale
        assert house.numbers[1] not in house.allowed(), (key.state, key.swept)
        covers.forget()
        assert house.faulty_calls() == []


def test_a_check_asks_the_database_as_often_as_ever_and_twice_more_while_the_look_up_key_changes(settings):
    settings.TOKEN_STATE_SECONDS = 60.0
    house = make_house(2)
    house.objects(house.numbers[1], "email")

    def asked():
        covers.forget()
        house.allowed()
        with CaptureQueriesContext(connection) as seen:
            house.allowed()
        return len(seen)

    always = asked()
    assert {asked() for _ in rotation("dial")} == {always}
    *meanwhile, afterwards = [asked() for _ in rotation("lookup")]
    assert (set(meanwhile), afterwards) == ({always + 2}, always)


def test_the_database_is_not_let_compare_tokens_of_two_tables_while_their_key_changes():
    make_house(1)
    next(rotation("lookup"))
    with pytest.raises(MixedTokens):
        list(Lookup.objects.filter(token__in=Record.objects.values("key_in_source")))


def test_what_was_written_with_the_old_cover_in_the_middle_is_rewritten_before_it_ends():
    house = make_house(2)
    key = token_rotation_actions.announce("dial", now=NOW)
    token_rotation_actions.begin_covering(key, now=LATER)
    while token_rotation_actions.sweep(key) is not None:
        pass
    TokenKey.objects.filter(pk=key.pk).update(state=State.ANNOUNCED)  # as a process still believes
    covers.forget()
    house.objects(house.numbers[1], "number")
    TokenKey.objects.filter(pk=key.pk).update(state=State.COVERING)
    covers.forget()
    assert lying("dial") == {0, key.number}
    token_rotation_actions.sweep_to_the_end(key, now=LATER)
    assert lying("dial") == {key.number}
    assert house.faults() == []


def test_what_a_process_that_slept_wrote_under_the_replaced_key_is_mended_the_next_day():
    house = make_house(2)
    first = rotated("dial")
    rotated("dial")
    number = house.numbers[1]
    house.objects(number, "number")
    late = covers.Stored(covers.cover(first.number).cover(indexes.dial_token(number)))
    Suppression.objects.update(token=late)
    covers.forget()
    key_jobs.end_what_is_old(Step(obligation=Obligation(kind=key_jobs.DAILY)))
    assert len(lying("dial")) == 1
    assert house.faults() == []


def test_no_token_is_written_under_a_key_of_which_somebody_may_not_know(settings):
    settings.TOKEN_GRACE_SECONDS = 30.0
    key = token_rotation_actions.announce("dial", now=NOW)
    with pytest.raises(token_rotation_actions.TooSoon, match="Every process first"):
        token_rotation_actions.begin_covering(key, now=NOW + timedelta(seconds=29))
    token_rotation_actions.begin_covering(key, now=NOW + timedelta(seconds=31))
    with pytest.raises(token_rotation_actions.TooSoon):
        token_rotation_actions.sweep_to_the_end(key, now=NOW + timedelta(seconds=60))


def test_an_erased_person_found_twice_in_the_middle_is_guarded_once_and_as_long_as_the_longer():
    house = make_house(1)
    key = token_rotation_actions.announce("guard", now=NOW)
    token_rotation_actions.begin_covering(key, now=LATER)
    old = GuardToken.objects.get()
    until = NOW + timedelta(days=2_000)
    twin = GuardToken(
        kind="email", token=bytes(old.token), key_id=old.key_id, made_at=LATER, delete_after=until
    )
    twin.save()
    while token_rotation_actions.sweep(key) is not None:
        pass
    token_rotation_actions.sweep_to_the_end(key, now=LATER)
    token_rotation_actions.finish(key, now=LATER)
    left = GuardToken.objects.get()
    assert (left.made_at, left.delete_after) == (LATER, until)
    assert house.faults() == [], ERASED


def test_the_change_is_a_promise_that_a_worker_keeps_and_the_ledger_tells_counts_only():
    house = make_house(2)
    house.objects(house.numbers[1], "person")
    obligation = token_jobs.rotate(actor=OPERATOR, family="dial", now=datetime.now(UTC))
    while Step.objects.filter(obligation=obligation).exclude(state=Step.State.DONE).exists():
        assert run_once("worker-1")
    assert Obligation.objects.get(pk=obligation.pk).state == Obligation.State.DONE
    key = TokenKey.objects.get()
    assert (key.state, lying("dial")) == (State.CURRENT, {key.number})
    events = Event.objects.filter(kind__startswith="keys.token").order_by("pk")
    kinds = list(events.values_list("kind", flat=True))
    assert kinds == ["keys.token_rotation_started", "keys.token_rotated"]
    step = obligation.steps.get()
    assert step.progress_done == step.progress_total > 0
    assert house.faults() == []


def test_a_second_change_of_the_same_key_waits_for_the_first():
    token_rotation_actions.announce("dial", now=NOW)
    with pytest.raises(Refused, match="dial"):
        token_rotation_actions.announce("dial", now=LATER)
    token_rotation_actions.announce("lookup", now=LATER)


def test_only_who_may_manage_keys_changes_them(own_keys):
    with pytest.raises(NotPermitted):
        key_actions.start_token_rotation(actor=Actor.job("other", "rights.plan"), family="dial", now=NOW)
    assert not TokenKey.objects.exists()
    assert not list(own_keys.glob("cover-*"))


def test_a_key_service_that_dies_in_the_middle_delays_the_change_and_says_so(own_keys, monkeypatch, settings):
    """A worker that is started meanwhile has never read the key."""
    house = make_house(2)
    house.objects(house.numbers[1], "email")
    with key_service() as service:
        monkeypatch.setenv("VAULT_ADDR", service.url)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        text = protection.protect(keyring.read_key(own_keys, "lookup"), "transit duecause")
        (own_keys / "lookup.key").write_text(text)
        obligation = token_jobs.rotate(actor=OPERATOR, family="lookup", now=datetime.now(UTC))
        [path] = own_keys.glob("cover-*.key")
        assert path.read_text().startswith("transit duecause ")
        covers._loaded.cache_clear()
        service.outage = 503
        assert run_worker_until(obligation, Step.State.DUE)
        step = obligation.steps.get()
        assert "does not answer" in step.error["template"]
        service.outage = None
        Step.objects.update(next_at=NOW)
        assert run_worker_until(obligation, Step.State.DONE)
        assert house.faults() == []
    covers._loaded.cache_clear()


def run_worker_until(obligation, state):
    for _ in range(60):  # other work that is due comes in between
        run_once("worker-1")
        if obligation.steps.get().state == state and obligation.steps.get().attempts:
            return True
    return False


def test_keys_restored_from_before_the_change_are_refused_by_name(own_keys):
    house = make_house(2)
    key = rotated("dial")
    path = covers.path_of(key.number, key.key_id)
    text = path.read_text()
    path.unlink()
    covers._loaded.cache_clear()
    with pytest.raises(Unavailable, match=rf"keys/{path.name} is missing"):
        house.faulty_calls()
    keyring.write_once(path, text.strip())
    assert house.faults() == []


def test_a_replaced_key_lives_as_long_as_copies_of_the_database_may_need_it(own_keys):
    house = make_house(2)
    first = rotated("dial")
    before = TokenKey.objects.filter(pk=first.pk).values().get()
    second = rotated("dial")
    kept_for = timedelta(days=35)
    destroy = token_rotation_actions.destroy_retired
    assert destroy(kept_for=kept_for, now=LATER + timedelta(days=34)) == []
    assert destroy(kept_for=kept_for, now=LATER + timedelta(days=36)) == [first.key_id]
    assert [path.name for path in own_keys.glob("cover-*.key")] == [
        covers.path_of(second.number, second.key_id).name
    ]
    assert house.faults() == []
    TokenKey.objects.all().delete()
    TokenKey.objects.create(**before)  # the restore of a copy from before
    assert token_rotation_actions.announce("guard", now=LATER).number > second.number, "no number comes twice"
    TokenKey.objects.filter(family="guard").delete()
    covers._loaded.cache_clear()
    covers.forget()
    with pytest.raises(Unavailable, match=r"older than the change that replaced it"):
        house.faulty_calls()


def test_a_token_at_rest_is_not_the_one_that_the_first_key_makes():
    """Whoever got the first key and a copy of the database finds nobody in it."""
    house = make_house(2)
    for family in FAMILIES:
        rotated(family)
    made = {covers.bare(token) for family in FAMILIES for token in all_stored(family)}
    assert made.isdisjoint(all_stored("lookup") | all_stored("dial") | all_stored("guard"))
    assert all(len(token) in (4, 17) for family in FAMILIES for token in all_stored(family))
    hashes = Record.objects.extra(select={"lies": "CAST(field_hashes AS text)"}).values_list(
        "lies", "field_hashes"
    )
    for lies, reads in hashes:
        assert reads and not any(word in lies for word in reads.values())
    assert house.faults() == []


def all_stored(family):
    return {
        t for table in token_tables.tables(family) for row in table.after("", 10_000) for t in row.tokens if t
    }
