"""Who says not to call again is left in peace as long as the dated rule of the country says, whoever asks."""

from datetime import timedelta

import pytest

from duecause.apps.consent import consent_actions
from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.dialling import checking, feed_files, precall, rules
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import Campaign, Release
from duecause.apps.ledger.models import Event
from duecause.apps.register.limits import limits
from duecause.apps.register.models import DialFact
from duecause.apps.vault import indexes
from tests.apps.dialling.feeds import JONAS, LATER, MILA, Centre, reference, release
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, reasons, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FRENCH = "fr-quiet-after-refusal-2023"


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


def returned(centre, mark, *, outcome="answered", refusal=True, at=LATER):
    call = {"reference": mark, "at": at.isoformat(), "outcome": outcome, "refusal": refusal}
    answer = centre.post("attempts", {"attempts": [call]})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1}), answer.content


def answered(world, number, now):
    return precall.decide(centre=world.centre, campaign="", numbers=[f"+{number}"], now=now)[0].reason


def test_a_refusal_stops_calls_for_the_days_of_the_french_rule(world, mila, centre):
    made = release(world)
    DialFact.objects.filter(person=mila).update(country="FR")
    returned(centre, reference(made, mila))
    quiet = Suppression.objects.get()
    assert (quiet.reason, quiet.rule, quiet.objection) == ("refusal_quiet", FRENCH, None)
    assert quiet.expires_at.isoformat() == "2027-01-01T23:00:00+00:00", "the 60th day ends at midnight"
    assert answered(world, MILA, LATER) == "denied"
    assert not Objection.objects.exists(), "a refusal is less than an objection"


def test_a_country_without_a_rule_of_its_own_has_that_of_the_product(world):
    assert rules.quiet_after_refusal(["FR"], NOW.date()) == (FRENCH, 60)
    assert rules.quiet_after_refusal(["BE"], NOW.date()) == (rules.DEFAULT_QUIET, limits().refusal_quiet.days)
    before = rules.quiet_after_refusal(["FR"], NOW.date().replace(year=2022))
    assert before == (rules.DEFAULT_QUIET, limits().refusal_quiet.days), "rules are dated"


def test_the_refusal_holds_at_every_centre_and_ends_by_itself(world, mila, centre):
    returned(centre, reference(release(world), mila))
    there = screen(world, centre=world.other_centre, on=(NOW + DAY).date(), now=NOW + DAY)
    assert "refusal_quiet" in reasons(there)[0]
    ended = NOW + timedelta(days=limits().refusal_quiet.days + 1)
    afterwards = screen(world, centre=world.centre, on=ended.date(), now=ended)
    assert "refusal_quiet" not in reasons(afterwards)[0]


def test_the_same_refusal_twice_by_api_and_file_counts_once(world, mila, centre):
    mark = reference(release(world), mila)
    returned(centre, mark)
    returned(centre, mark)
    lines = f"reference,at,outcome,refusal\n{mark},{LATER.isoformat()},answered,yes\n"
    feed_files.read_attempts(
        actor=partner_actor(world.centre),
        partner=world.centre,
        name="attempts-1.csv",
        data=lines.encode(),
        now=NOW + DAY,
    )
    assert Suppression.objects.count() == 1
    told = Event.objects.filter(kind="consent.left_in_peace")
    assert told.count() == 1


def test_a_later_refusal_lasts_longer(world, mila, centre):
    made = release(world)
    Release.objects.update(released_at=NOW - 20 * DAY)
    mark = reference(made, mila)
    returned(centre, mark, at=LATER - 10 * DAY)
    returned(centre, mark, at=LATER)
    ends = sorted(Suppression.objects.values_list("expires_at", flat=True))
    assert ends[1] - ends[0] == 10 * DAY


def test_a_refusal_of_long_ago_stops_nobody(world, mila, centre):
    made = release(world)
    Release.objects.update(released_at=NOW - 500 * DAY)
    returned(centre, reference(made, mila), at=LATER - 400 * DAY)
    assert not Suppression.objects.exists() and answered(world, MILA, LATER) == ""


def test_a_wrong_number_is_not_called_again(world, mila, centre):
    returned(centre, reference(release(world), mila), outcome="wrong_number", refusal=False)
    wrong = Suppression.objects.get()
    assert (wrong.reason, wrong.expires_at, wrong.channel) == ("wrong_number", None, "call")
    assert answered(world, MILA, LATER) == "denied"


def test_a_fresh_consent_ends_both(world, mila, centre):
    jonas = imported(world, JONAS)
    made = release(world)
    returned(centre, reference(made, mila), outcome="wrong_number")
    returned(centre, reference(made, jonas))
    consent_actions.record_consent(
        actor=OPERATOR,
        person=mila,
        wording=world.spoken_wording,
        channel="call",
        given=True,
        saying=consent_actions.Saying(act="tick"),
        now=LATER,
    )
    assert answered(world, MILA, LATER) == "" and answered(world, JONAS, LATER) == "denied"


def test_another_centres_row_is_not_stopped_by_a_report(world, mila, client):
    call = {"reference": reference(release(world), mila), "at": LATER.isoformat(), "outcome": "answered"}
    Centre(client, world.other_centre).post("attempts", {"attempts": [{**call, "refusal": True}]})
    assert not Suppression.objects.exists()


def test_a_refusal_quiets_every_number_of_the_person(world, mila, centre):
    DialFact.objects.create(
        record=mila.records.get(), person=mila, source=world.source, ordinal=1, basis="consent",
        token=indexes.dial_token(JONAS), key_id=indexes.dial_key_id(), country="BE",
    )  # fmt: skip
    returned(centre, reference(release(world), mila))
    quiet = {bytes(token) for token in Suppression.objects.values_list("token", flat=True)}
    assert quiet == {indexes.dial_token(MILA), indexes.dial_token(JONAS)}


def test_a_campaign_may_leave_people_in_peace_for_longer_but_not_for_less(world, mila, centre):
    Campaign.objects.update(quiet_days=90)
    made = release(world)
    returned(centre, reference(made, mila))
    longer = Suppression.objects.get()
    assert (longer.rule, (longer.expires_at - LATER).days) == ("PUMP-BE", 90)
    Suppression.objects.all().delete()
    Campaign.objects.update(quiet_days=10)
    returned(centre, reference(made, mila), at=LATER + DAY / 24 / 60)
    assert Suppression.objects.get().rule == rules.DEFAULT_QUIET


def test_staff_are_told_the_rule_and_the_day_on_which_it_ends(world, mila, centre):
    made = release(world)
    DialFact.objects.filter(person=mila).update(country="FR")
    returned(centre, reference(made, mila))
    checked = checking.check(
        actor=OPERATOR, number=f"+{MILA}", campaign=world.campaign, centre=world.centre, now=LATER
    )
    told = next(finding.text for finding in checked.findings if finding.code == "refusal_quiet")
    assert FRENCH in told and "2027-01-01" in told
