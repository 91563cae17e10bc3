"""What call centres must hear reaches them in order, once, and their word about it is kept."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from click.testing import CliRunner
from django.test import Client

from duecause.apps.consent import actions as consent
from duecause.apps.consent.models import Objection
from duecause.apps.dialling import feed_actions, feed_queries, precall, release_actions
from duecause.apps.dialling.models import FeedEntry, FeedReceipt, FeedWitness, ReleaseRow
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.texts import sentence
from duecause.apps.ledger.actions import sequence
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.queries import blocking_reasons_of
from duecause.cli.consent import objections_group
from duecause.engine import tlog
from duecause.packs.feed import windows
from tests.apps.dialling.feeds import JONAS, LATER, MILA, Centre, object_to, reference, release
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
PATIENCE = windows(NOW.date())


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


@pytest.fixture
def mila(world):
    return imported(world, MILA)


@pytest.fixture
def centre(world, client):
    return Centre(client, world.centre)


@pytest.fixture
def other(world, client):
    return Centre(client, world.other_centre)


def step_of(world, entry):
    return Step.objects.get(pk=entry.step)


def test_an_objection_reaches_the_centre_that_holds_the_number(world, mila, centre):
    made = release(world)
    objection = object_to(world, mila)
    page = centre.page()
    assert [entry["references"] for entry in page["entries"]] == [[reference(made, mila)]]
    entry = page["entries"][0]
    assert (entry["kind"], entry["cursor"], entry["at"]) == ("objection", 1, LATER.isoformat())
    assert entry["scope"] == {"kind": "all_marketing", "channel": "", "campaign": ""}
    assert page["cursor"] == 1 and not page["more"]
    assert FeedEntry.objects.get().objection == objection


def test_a_centre_that_holds_nothing_of_the_person_hears_nothing(world, mila, centre, other):
    release(world)
    object_to(world, mila)
    assert other.page()["entries"] == []
    assert Obligation.objects.get(kind=feed_actions.TELL).steps.get().system == world.centre.code


def test_an_objection_that_no_centre_must_hear_opens_nothing(world, mila):
    object_to(world, mila)
    assert not FeedEntry.objects.exists()
    assert not Obligation.objects.filter(kind=feed_actions.TELL).exists()


def test_a_list_that_ran_out_is_still_in_the_centres_hands(world, mila, centre):
    made = release(world)
    object_to(world, mila, now=made.expires_at + DAY)
    assert len(centre.page()["entries"]) == 1


def test_a_list_whose_recall_was_acknowledged_is_not_told_of_again(world, mila, centre):
    made = release(world)
    release_actions.recall(actor=OPERATOR, release=made, now=LATER)
    entry = centre.page()["entries"][0]
    assert (entry["kind"], entry["list"], entry["references"]) == ("recall", made.watermark, [])
    assert centre.ack(1).status_code == 200
    object_to(world, mila, now=LATER + DAY)
    assert centre.page(1)["entries"] == []


def test_an_objection_to_one_campaign_reaches_the_lists_of_that_campaign(world, mila, centre):
    release(world)
    object_to(world, mila, scope=consent.Scope(kind="campaign", campaign="OTHER"))
    assert centre.page()["entries"] == []
    object_to(world, mila, scope=consent.Scope(kind="campaign", campaign=world.campaign.code))
    assert centre.page()["entries"][0]["scope"]["campaign"] == world.campaign.code


def test_an_objection_to_letters_leaves_call_centres_alone(world, mila, centre):
    release(world)
    object_to(world, mila, scope=consent.Scope(kind="channel", channel="post"))
    assert centre.page()["entries"] == []


def test_the_objection_of_an_unknown_caller_follows_the_number(world, mila, centre):
    made = release(world)
    consent.record_number_objection(
        actor=OPERATOR,
        numbers=[MILA],
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=LATER,
    )
    assert centre.page()["entries"][0]["references"] == [reference(made, mila)]


def test_cursors_have_no_gap_and_pages_lose_nothing(world, mila, centre):
    people = [mila, *(imported(world, JONAS + n) for n in range(4))]
    made = release(world)
    for person in people:
        object_to(world, person)
    seen, after, more = [], 0, True
    while more:
        page = centre.page(after, limit=2)
        seen += page["entries"]
        after, more = page["cursor"], page["more"]
    assert [entry["cursor"] for entry in seen] == [1, 2, 3, 4, 5]
    assert [entry["references"][0] for entry in seen] == [reference(made, person) for person in people]


def test_an_objection_that_is_not_committed_leaves_no_entry(world, mila, monkeypatch):
    release(world)

    def breaks(*_args, **_kwargs):
        raise RuntimeError("the database went away")

    monkeypatch.setattr(feed_actions, "open_obligation", breaks)
    with pytest.raises(RuntimeError):
        object_to(world, mila)
    assert not Objection.objects.exists() and not FeedEntry.objects.exists()


def test_an_acknowledgement_closes_the_step_with_its_receipt(world, mila, centre):
    release(world)
    object_to(world, mila)
    page = centre.page()
    entry = FeedEntry.objects.get()
    assert step_of(world, entry).state == Step.State.WAITING
    answer = centre.ack(1).json()
    step = step_of(world, entry)
    assert step.state == Step.State.DONE
    assert step.receipt == {"at": step.done_at.isoformat(), "cursor": 1, "sha256": page["sha256"]}
    assert (answer["cursor"], answer["entries"], answer["sha256"]) == (1, 1, page["sha256"])
    assert step.obligation.state == Obligation.State.DONE
    assert Event.objects.filter(kind="dialling.feed_acknowledged").count() == 1


def test_acknowledging_again_gives_the_same_answer(world, mila, centre):
    release(world)
    object_to(world, mila)
    centre.page()
    first = centre.ack(1)
    assert centre.ack(1).content == first.content
    assert FeedReceipt.objects.count() == 1


def test_a_cursor_that_was_never_given_cannot_be_acknowledged(world, mila, centre):
    release(world)
    object_to(world, mila)
    answer = centre.ack(1)
    assert answer.status_code == 409
    assert answer.json()["code"] == "cursor_never_given"
    assert "Ask for the feed first" in answer.json()["message"]
    assert centre.get(after=7).status_code == 409
    assert step_of(world, FeedEntry.objects.get()).state == Step.State.WAITING


def test_a_key_without_the_scope_opens_nothing(world, client):
    for call in (client.get("/api/feed"), client.post("/api/feed/ack", {}, content_type="application/json")):
        assert call.status_code == 401


def test_every_page_carries_the_newest_checkpoint(world, mila, centre):
    release(world)
    checkpoint = sequence(actor=OPERATOR, now=NOW)
    assert centre.page()["checkpoint"] == checkpoint.note


def test_a_cosigned_checkpoint_is_kept_when_it_is_ours_and_signed_by_the_partner(world, mila, centre):
    release(world)
    sequence(actor=OPERATOR, now=NOW)
    signer = tlog.Signer.from_seed("centre-a.example/witness", b"7" * 32)
    world.centre.witness_key = str(signer.verifier(witness=True))
    world.centre.save()
    note = tlog.parse_note(centre.page()["checkpoint"].encode())
    stranger = tlog.Signer.from_seed("centre-a.example/witness", b"8" * 32)
    wrong = centre.ack(0, checkpoint_cosignature=str(stranger.cosign(note, at=1)))
    assert (wrong.status_code, FeedWitness.objects.count()) == (422, 0)
    right = centre.ack(0, checkpoint_cosignature=str(signer.cosign(note, at=1)))
    assert right.json()["cosigned"] is True
    assert FeedWitness.objects.get().partner == world.centre
    forged = tlog.Note(note.text.replace("duecause", "another"), note.signatures)
    answer = centre.ack(0, checkpoint_cosignature=str(signer.cosign(forged, at=1)))
    assert answer.status_code == 422


def test_releases_stop_and_calls_are_denied_after_a_day_of_silence(world, mila, centre):
    jonas = imported(world, JONAS)
    release(world)
    object_to(world, mila)
    late = LATER + PATIENCE.stop_after

    def closed(now):
        return [problem.code for problem in blocking_reasons_of(world.centre, now.date(), now=now)]

    def asked(now):
        given = {"centre": world.centre, "campaign": "", "numbers": [f"+{JONAS}"], "now": now}
        return precall.decide(**given)[0].reason

    assert jonas and closed(late - DAY / 24) == [] and asked(late - DAY / 24) == ""
    assert closed(late) == ["party_feed_overdue"] and asked(late) == "denied"
    centre.page()
    centre.ack(1)
    assert closed(late) == [] and asked(late) == ""


def test_what_centres_were_told_can_be_listed_per_objection(world, mila, centre):
    release(world)
    object_to(world, mila)
    centre.page()
    state = feed_queries.objection_states()[0]
    assert (state["must_be_told"], state["sent"], state["acknowledged"]) == (1, 1, 0)
    centre.ack(1)
    state = feed_queries.objection_states()[0]
    assert state["acknowledged"] == 1 and state["centres"][0]["centre"] == world.centre.code


def test_a_silent_centre_raises_one_alarm_after_four_hours_and_a_graver_one_after_a_day(world, mila, centre):
    release(world)
    object_to(world, mila)

    def raised(after):
        return feed_actions.raise_overdue(actor=OPERATOR, now=LATER + after)

    assert raised(PATIENCE.alarm_after - DAY / 24) == 0
    assert (raised(PATIENCE.alarm_after), raised(PATIENCE.alarm_after)) == (1, 0)
    assert (raised(PATIENCE.stop_after), raised(PATIENCE.stop_after)) == (1, 0)
    found = Alarm.objects.filter(kind="feed_overdue").order_by("severity")
    assert [(alarm.severity, alarm.facts["partner"]) for alarm in found] == [(2, "CC-A"), (3, "CC-A")]
    assert "CC-A has not acknowledged" in sentence(found[0])
    centre.page()
    centre.ack(1)
    assert raised(PATIENCE.stop_after + DAY) == 0


def test_the_receipt_at_the_desk_follows_each_centre_until_all_have_acknowledged(world, mila, centre):
    release(world)
    agent = world.employee("inbound")
    desk = Client()
    desk.force_login(agent)
    now = datetime.now(UTC)
    objection = consent.record_objection(
        actor=actor_of(agent),
        person=mila,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=now,
    )
    path = f"/desk/objections/{objection.pk}/"

    def told():
        text = desk.get(path, headers={"HX-Request": "true"}).content.decode()
        return text.partition('<div id="told"')[2].partition("</div>")[0]

    assert "Centre A" in told() and "every 2s" in told() and "told" in told()
    centre.page()
    centre.ack(1)
    assert "acknowledged" in told() and "every 2s" not in told()


def test_the_command_lists_objections_with_their_centres(world, mila, centre):
    release(world)
    object_to(world, mila)
    done = CliRunner().invoke(objections_group, ["status", "--json"], standalone_mode=False)
    state = json.loads(done.output)["objections"][0]
    assert (state["must_be_told"], state["sent"], state["acknowledged"]) == (1, 0, 0)
    assert "CC-A: waits" in CliRunner().invoke(objections_group, ["status"], standalone_mode=False).output


def test_an_erasure_order_reaches_each_centre_that_holds_the_person_once(world, mila, centre, other):
    made = release(world)
    rows = list(ReleaseRow.objects.filter(person=mila).values_list("pk", flat=True))
    given = {"actor": OPERATOR, "case": uuid4(), "rows": rows, "now": LATER}
    assert feed_actions.tell_of_erasure(**given) == ["CC-A"]
    assert feed_actions.tell_of_erasure(**given) == ["CC-A"]
    page = centre.page()
    assert [(entry["kind"], entry["references"]) for entry in page["entries"]] == [
        ("erasure", [reference(made, mila)])
    ]
    assert other.page()["entries"] == []
    centre.ack(1)
    assert Obligation.objects.get(kind=feed_actions.TELL).state == Obligation.State.DONE
