"""While nobody can be asked, a centre calls only what a fresh, signed snapshot of its own says it may."""

import importlib.util
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import release_actions, snapshot_jobs, snapshots
from duecause.apps.dialling.models import ReleaseRow, SnapshotKept
from duecause.apps.dialling.precall_actions import centre_actor
from duecause.apps.dialling.snapshot_jobs import MAKE
from duecause.apps.ledger.actions import signer, signer_for
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.actions import claim
from duecause.apps.obligations.models import Step
from duecause.apps.parties.actions import create_api_key
from duecause.engine import tlog
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
MILA, JONAS = 32470000011, 32470000012
FILE = Path(__file__).parents[3] / "examples" / "partner_client" / "offline.py"
_spec = importlib.util.spec_from_file_location("partner_offline", FILE)
offline = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(offline)


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    world.mila, world.jonas = imported(world, MILA), imported(world, JONAS)
    return world


@pytest.fixture
def made(world):
    return release_actions.release(
        actor=OPERATOR, dial_list=screen(world), now=NOW, out=io.BytesIO()
    )  # fmt: skip


def given(centre, now=NOW):
    found = snapshots.give(actor=centre_actor(centre), centre=centre, now=now)
    return json.loads(json.dumps({"snapshot": found.note, "references": list(found.references)}))


def ask(content, *, centre="CC-A", at=NOW, key=None):
    house_key = key or str(signer_for("snapshot").verifier())
    return offline.allowed(content, house_key=house_key, centre=centre, now=at.timestamp())


def why(content, **asked):
    with pytest.raises(offline.Denied) as denied:
        ask(content, **asked)
    return str(denied.value)


def references(made):
    return set(ReleaseRow.objects.filter(release=made).values_list("reference", flat=True))


def of(made, person):
    return ReleaseRow.objects.get(release=made, person=person).reference


def test_a_fresh_snapshot_allows_every_row_that_may_be_called_planted_ones_too(world, made):
    content = given(world.centre)
    assert ask(content) == references(made) and len(references(made)) == 4
    assert f"{MILA}" not in json.dumps(content)
    assert Event.objects.filter(kind="dialling.snapshot_given").count() == 1


def test_what_was_objected_to_recalled_or_blocked_is_not_in_it(world, made):
    consent.record_objection(
        actor=OPERATOR, person=world.mila, controller=world.controller,
        taking=consent.Taking(how="call"), now=NOW,
    )  # fmt: skip
    assert ask(given(world.centre)) == references(made) - {of(made, world.mila)}
    world.centre.suspended_on = NOW.date()
    world.centre.save()
    assert ask(given(world.centre)) == frozenset()
    world.centre.suspended_on = None
    world.centre.save()
    release_actions.recall(actor=OPERATOR, release=made, now=NOW)
    assert ask(given(world.centre)) == frozenset()


def test_a_list_that_ends_within_the_quarter_of_an_hour_is_left_out(world, made):
    early, late = (made.expires_at - timedelta(minutes=left) for left in (16, 14))
    assert of(made, world.mila) in ask(given(world.centre, early), at=early)
    SnapshotKept.objects.all().delete()
    assert ask(given(world.centre, late), at=late) == frozenset()


def judge_nothing(monkeypatch):
    def judged(*_args):
        raise AssertionError("rows were judged anew")

    monkeypatch.setattr(snapshots, "_allowed", judged)


def test_a_young_one_is_given_again_with_the_time_it_was_made(world, made, monkeypatch):
    given(world.centre)
    judge_nothing(monkeypatch)
    later = NOW + timedelta(minutes=9)
    content = given(world.centre, later)
    assert ask(content, at=later) == references(made)
    assert "too old" in why(content, at=NOW + timedelta(minutes=15)), "it ends when it would have ended"


def test_an_objection_meanwhile_is_taken_out_of_a_kept_one(world, made, monkeypatch):
    given(world.centre)
    judge_nothing(monkeypatch)
    consent.record_objection(
        actor=OPERATOR, person=world.mila, controller=world.controller,
        taking=consent.Taking(how="call"), now=NOW + timedelta(minutes=1),
    )  # fmt: skip
    assert ask(given(world.centre, NOW + timedelta(minutes=2)), at=NOW + timedelta(minutes=2)) == references(
        made
    ) - {of(made, world.mila)}


def test_one_that_is_ten_minutes_old_or_of_other_lists_is_made_anew(world, made):
    given(world.centre)
    late = NOW + timedelta(minutes=10)
    given(world.centre, late)
    assert SnapshotKept.objects.get().made_at == late
    release_actions.recall(actor=OPERATOR, release=made, now=late)
    assert ask(given(world.centre, late), at=late) == frozenset()


def test_a_worker_makes_them_ahead_for_centres_that_ask(world, made):
    now = datetime.now(UTC)
    long_ago = now - timedelta(hours=2)
    given(world.centre, long_ago)
    assert planned() == 0, "nobody asked for an hour"
    SnapshotKept.objects.update(asked_at=now)
    assert planned() == 1
    assert planned() == 0, "one is to be made already"
    [step] = [each for each in claim(worker="w", now=now + DAY, limit=9) if each.obligation.kind == MAKE]
    snapshot_jobs.make(step)
    assert SnapshotKept.objects.get().made_at >= now


def planned():
    return snapshot_jobs.plan(Step())["planned"]


def test_rows_whose_calls_are_counted_must_be_asked_for(world, made):
    world.campaign.most_attempts, world.campaign.attempt_days = 3, 30
    world.campaign.save()
    assert ask(given(world.centre)) == frozenset()


@pytest.mark.parametrize(("minutes", "text"), [(15, "too old"), (600, "too old"), (-1, "future")])
def test_a_stale_snapshot_and_one_from_the_future_allow_nothing(world, made, minutes, text):
    content = given(world.centre)
    assert ask(content, at=NOW + timedelta(minutes=14, seconds=59))
    assert text in why(content, at=NOW + timedelta(minutes=minutes))


def test_another_centres_snapshot_allows_nothing(world, made):
    assert "another centre" in why(given(world.centre), centre=world.other_centre.code)
    assert ask(given(world.other_centre), centre=world.other_centre.code) == frozenset()


def test_a_snapshot_that_somebody_changed_or_signed_allows_nothing(world, made):
    content = given(world.centre)
    longer = content | {"snapshot": content["snapshot"].replace("until 2026", "until 2027")}
    assert "not signed" in why(longer)
    assert "not those" in why(content | {"references": [*content["references"], "ONE-MORE"]})
    text = content["snapshot"].rpartition("\n\n")[0] + "\n"
    forged = tlog.Signer.from_seed(signer_for("snapshot").name, b"\7" * 32).sign(text)
    assert "not signed" in why(content | {"snapshot": str(forged)})
    by_the_log = signer().sign(text)
    assert "not signed" in why(content | {"snapshot": str(by_the_log)}), "keys are for one use each"


@pytest.mark.parametrize(
    "broken", [{}, {"snapshot": 1, "references": []}, {"snapshot": "x", "references": 3}, []]
)
def test_what_cannot_be_read_allows_nothing(world, broken):
    assert why(broken)


def test_a_snapshot_is_no_checkpoint(world, made):
    note = tlog.parse_note(given(world.centre)["snapshot"].encode())
    with pytest.raises(tlog.Malformed):
        tlog.parse_checkpoint(note.text)


def test_the_api_gives_it_to_the_centre_of_the_key(world, made, client):
    clear = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=NOW)
    headers = {"Authorization": f"Bearer {clear}"}
    content = client.get("/api/precall/snapshot", headers=headers).json()
    written = content["snapshot"].splitlines()
    assert written[0] == "duecause.snapshot/1" and written[1] == "centre CC-A"
    made_at = datetime.fromisoformat(written[2].removeprefix("made "))
    assert isinstance(ask(content, at=made_at), frozenset)
    assert client.get("/api/precall/snapshot").status_code == 401
