"""What is asked of files is answered as the database would answer, whatever happened since."""

import json
import stat
from datetime import timedelta

import pytest
from django.conf import settings

from duecause.apps.consent import register_load_actions as loading
from duecause.apps.consent import token_files
from duecause.apps.consent.models import NationalRegister, Suppression
from duecause.apps.dialling import facts
from duecause.apps.ledger.actions import record
from duecause.apps.vault import indexes
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def any_list_is_large(monkeypatch):
    monkeypatch.setattr(token_files, "WORTH_IT", 1)
    token_files.forget()
    yield
    token_files.forget()


@pytest.fixture
def world():
    record(actor=OPERATOR, kind="consent.register_loaded", now=NOW, payload={"register": "BE-DNCM"})
    return make_world()


def suppress(world, number, **more):
    return Suppression.objects.create(
        **{
            "token": indexes.dial_token(number),
            "key_id": indexes.dial_key_id(),
            "reason": "objection",
            "controller": world.controller,
            "effective_at": NOW - DAY,
            **more,
        }
    )


def tokens(*numbers):
    return {indexes.dial_token(number) for number in numbers}


def files():
    return sorted((settings.DATA / "cache" / "tokens").glob("*.parquet"))


def test_what_is_suppressed_is_found_also_when_it_came_later(world):
    candidates = tokens(*range(32470000000, 32470000050))
    suppress(world, 32470000003)
    assert token_files.ever_suppressed(candidates) == tokens(32470000003)
    first = files()
    suppress(world, 32470000004)
    suppress(world, 32480000000)
    assert token_files.ever_suppressed(candidates) == tokens(32470000003, 32470000004)
    assert set(first) < set(files())  # only what was new was written
    assert token_files.ever_suppressed(tokens(32470000001)) == set()


def test_a_row_that_was_committed_late_is_not_missed(world):
    late = suppress(world, 32470000003)
    suppress(world, 32470000004)
    place = late.pk
    late.delete()
    candidates = tokens(32470000003, 32470000004)
    assert token_files.ever_suppressed(candidates) == tokens(32470000004)
    suppress(world, 32470000003, pk=place)
    assert token_files.ever_suppressed(candidates) == candidates


def test_files_of_another_past_are_not_believed(world):
    gone = suppress(world, 32470000003)
    token_files.ever_suppressed(tokens(32470000003))
    manifest = settings.DATA / "cache" / "tokens" / "suppressed.json"
    held = json.loads(manifest.read_text())
    # The database was restored: the same row says something else, and the event is not in its ledger.
    gone.token = indexes.dial_token(32470000009)
    gone.save()
    assert token_files.ever_suppressed(tokens(32470000009)) == set()
    held["position"]["leaf"] = "00" * 32
    manifest.write_text(json.dumps(held))
    assert token_files.ever_suppressed(tokens(32470000009)) == tokens(32470000009)


@pytest.mark.parametrize("broken", ["no manifest", "half a manifest", "no file"])
def test_what_is_broken_is_written_anew(world, broken):
    suppress(world, 32470000003)
    token_files.ever_suppressed(tokens(32470000003))
    manifest = settings.DATA / "cache" / "tokens" / "suppressed.json"
    if broken == "no file":
        for path in files():
            path.unlink()
    elif broken == "half a manifest":
        manifest.write_text(manifest.read_text()[:20])
    else:
        manifest.unlink()
    assert token_files.ever_suppressed(tokens(32470000003)) == tokens(32470000003)


def load(register, *numbers, on):
    lines = "".join(f"0{number - 32 * 10**9}\n" for number in numbers)
    return loading.load_register(
        actor=OPERATOR,
        register=register,
        data=lines.encode(),
        file_name="dncm.txt",
        version_date=on,
        now=NOW,
        force_shrunken=True,
    ).version


def test_a_register_is_asked_of_the_file_of_its_version_in_use(world):
    register = NationalRegister.objects.create(code="BE-DNCM", country="BE", name="Do Not Call Me")
    candidates = tokens(32470000011, 32470000012, 32470000013)
    old = load(register, 32470000011, 32470000012, on=NOW.date() - DAY)
    assert token_files.in_version(old, candidates) == tokens(32470000011, 32470000012)
    new = load(register, 32470000012, 32470000013, on=NOW.date())
    found = facts.in_registers([new], candidates)
    assert found == {(token, "BE-DNCM") for token in tokens(32470000012, 32470000013)}
    assert len(files()) == 1


def test_the_files_hold_no_number_and_nobody_else_may_read_them(world):
    suppress(world, 32470000003)
    token_files.ever_suppressed(tokens(32470000003))
    (path,) = files()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    held = path.read_bytes()
    assert (32470000003).to_bytes(8, "little") not in held
    assert b"32470000003" not in held


def test_a_small_list_is_asked_of_the_database(world, monkeypatch):
    monkeypatch.setattr(token_files, "WORTH_IT", 20_000)
    assert token_files.ever_suppressed(tokens(32470000003)) is None
    assert not files()
