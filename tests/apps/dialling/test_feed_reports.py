"""What call centres report is taken once, and the answer tells nothing about anybody."""

from datetime import timedelta

import pytest

from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.dialling import precall
from duecause.apps.dialling.models import Attempt, ReleaseRow, ReportedObjection
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from tests.apps.dialling.feeds import LATER, MILA, Centre, reference, release
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
AT = LATER.isoformat()


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


def objected(centre, client_id="o-1", **about):
    return centre.post("objections", {"client_id": client_id, "at": AT, **about})


def test_an_objection_taken_by_the_centre_holds_for_the_person(world, mila, centre):
    made = release(world)
    answer = objected(centre, reference=reference(made, mila), how="call")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    taken = Objection.objects.get()
    assert (taken.person, taken.taken_by, taken.at) == (mila, "partner:CC-A", LATER)
    denied = precall.decide(centre=world.centre, campaign="", numbers=[f"+{MILA}"], now=LATER)
    assert denied[0].reason == "denied"


def test_the_centre_that_reports_hears_of_its_other_rows_too(world, mila, centre):
    made = release(world)
    objected(centre, number=f"+{MILA}")
    assert centre.page()["entries"][0]["references"] == [reference(made, mila)]


def test_reporting_again_counts_once(world, mila, centre):
    made = release(world)
    first = objected(centre, reference=reference(made, mila))
    again = objected(centre, reference=reference(made, mila))
    assert first.content == again.content
    assert Objection.objects.count() == ReportedObjection.objects.count() == 1


def test_known_and_unknown_numbers_get_the_same_answer_and_both_are_stopped(world, mila, centre):
    release(world)
    known = objected(centre, "a", number=f"+{MILA}")
    unknown = objected(centre, "b", number="+32470999999")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert Objection.objects.filter(person=None).count() == 1
    assert Suppression.objects.count() == 2


def test_another_centres_reference_gets_the_same_answer_and_stops_nobody(world, mila, centre, other):
    made = release(world)
    theirs = objected(other, "a", reference=reference(made, mila))
    nobodys = objected(other, "b", reference="NOSUCHREFERENCE")
    assert (theirs.status_code, theirs.content) == (202, nobodys.content)
    assert not Objection.objects.exists()
    assert {alarm.kind for alarm in Alarm.objects.all()} == {"report_unmatched"}


def test_a_number_of_another_centres_list_is_stopped_as_a_number_alone(world, mila, other):
    release(world)
    objected(other, number=f"+{MILA}")
    assert Objection.objects.get().person is None
    denied = precall.decide(centre=world.centre, campaign="", numbers=[f"+{MILA}"], now=LATER)
    assert denied[0].reason == "denied"


def test_less_than_everything_is_only_what_the_person_asked(world, mila, centre):
    made = release(world)
    objected(centre, reference=reference(made, mila), scope="campaign")
    assert (Objection.objects.get().scope, Objection.objects.get().campaign) == ("campaign", "PUMP-BE")


def test_an_objection_on_a_planted_row_looks_like_any_other(world, mila, centre):
    made = release(world)
    planted = ReleaseRow.objects.filter(release=made, person=None).first()
    answer = objected(centre, reference=planted.reference)
    assert answer.json() == {"accepted": 1}


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({}, "either the reference"),
        ({"reference": "R", "number": "+32470999999"}, "either the reference"),
        ({"number": "0470 99 99 99"}, "+32470123456"),
        ({"number": "+32470999999", "scope": "some"}, "all_marketing"),
        ({"number": "+32470999999", "at": "2999-01-01T00:00:00Z"}, "future"),
        ({"number": "+32470999999", "at": "0001-01-01T00:00:00+14:00"}, "before the year 2000"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_remedy(world, centre, report, says):
    answer = objected(centre, **report)
    assert answer.status_code == 422 and says in answer.json()["message"]
    assert not Objection.objects.exists() and not ReportedObjection.objects.exists()


def call(mark, outcome="busy", minutes=0, **more):
    at = (LATER + timedelta(minutes=minutes)).isoformat()
    return {"reference": mark, "at": at, "outcome": outcome, **more}


def test_calls_come_back_and_count_once(world, mila, centre):
    mark = reference(release(world), mila)
    calls = [call(mark), call(mark, "answered", 5, refusal=True), call(mark)]
    for _ in range(2):
        assert centre.post("attempts", {"attempts": calls}).json() == {"accepted": 3}
    kept = Attempt.objects.order_by("at").values_list("outcome", "refusal")
    assert list(kept) == [("busy", False), ("answered", True)]
    assert Event.objects.filter(kind="dialling.attempts_returned").count() == 2


def refused(answer):
    return [(each["place"], each["code"]) for each in answer.json().get("refused", [])]


def test_a_call_to_what_the_centre_never_got_is_refused_alike_whosever_it_is(world, mila, centre, other):
    made = release(world)
    theirs, nobodys = call(reference(made, mila)), call("NOSUCHREFERENCE")
    answer = other.post("attempts", {"attempts": [theirs, nobodys]})
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert refused(answer) == [(0, "attempt_never_given"), (1, "attempt_never_given")]
    said = {each["message"] for each in answer.json()["refused"]}
    assert len(said) == 1 and "duecause releases import" in said.pop()
    assert not Attempt.objects.exists()


def test_what_is_refused_does_not_hold_up_the_others(world, mila, centre):
    mark = reference(release(world), mila)
    calls = [call("NOSUCHREFERENCE"), call(mark), call(mark, minutes=-3 * 24 * 60)]
    answer = centre.post("attempts", {"attempts": calls})
    assert answer.json()["accepted"] == 1
    assert refused(answer) == [(0, "attempt_never_given"), (2, "attempt_before_list")]
    assert "clock" in answer.json()["refused"][1]["message"]
    assert Attempt.objects.get().at == LATER


def test_a_call_told_again_with_another_outcome_is_refused_and_stays_as_it_was(world, mila, centre):
    mark = reference(release(world), mila)
    centre.post("attempts", {"attempts": [call(mark)]})
    again = centre.post("attempts", {"attempts": [call(mark, "answered", refusal=True)]})
    assert refused(again) == [(0, "attempt_told_otherwise")]
    assert (Attempt.objects.get().outcome, Attempt.objects.get().refusal) == ("busy", False)
    assert not Suppression.objects.exists()


def test_a_call_that_lies_in_the_future_is_refused_with_the_remedy(world, mila, centre):
    mark = reference(release(world), mila)
    ahead = {"reference": mark, "at": "2999-01-01T00:00:00Z", "outcome": "busy"}
    answer = centre.post("attempts", {"attempts": [ahead]})
    assert answer.status_code == 422 and "clock" in answer.json()["message"]
    assert not Attempt.objects.exists()


def test_an_unknown_outcome_is_refused_with_those_that_exist(world, centre):
    answer = centre.post("attempts", {"attempts": [call("R", "hung up")]})
    assert answer.status_code == 422 and "voicemail" in answer.json()["message"]
