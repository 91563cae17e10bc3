"""All centres together call nobody more often than the law or the campaign allows."""

import io
import json
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from duecause.apps.dialling import checking, precall, precall_actions, precall_caps, release_actions
from duecause.apps.dialling.attempt_actions import Call, return_attempts
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import AllowedCall, Attempt, Campaign, ReleaseRow
from duecause.apps.dialling.precall import decide
from duecause.apps.dialling.precall_actions import centre_actor
from duecause.apps.ledger.models import Event
from duecause.apps.parties.actions import create_api_key
from duecause.packs.campaigns import thresholds
from tests.apps.dialling.lists import DAY, french_world, imported, load_dncm, reasons, screen
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LEA = 33612345678
RULE = "fr-attempts-2023"
HOUR = DAY / 24
MINUTE = HOUR / 60


@pytest.fixture(autouse=True)
def at_any_hour(monkeypatch):
    """Calling hours are another rule's: here each day and hour is open, so that the counts alone decide."""
    always = SimpleNamespace(open=True, zone_unknown=False, next_open=None)
    monkeypatch.setattr(precall, "hours_of", lambda number, now: always)


@pytest.fixture
def world():
    return french_world()


@pytest.fixture
def lea(world):
    return imported(world, LEA, country="FR")


@pytest.fixture
def both(world, lea):
    """Two centres that hold her number: each for a campaign of its own."""
    other = Campaign.objects.get()
    other.pk, other.code = None, "ROOF-FR"
    other.save()
    return {world.centre: released(world), world.other_centre: released(world, other, world.other_centre)}


def released(world, campaign=None, centre=None):
    given = screen(world, campaign=campaign, centre=centre or world.centre)
    return release_actions.release(actor=OPERATOR, dial_list=given, now=NOW, out=io.BytesIO())


def ask(centre, now=NOW + HOUR):
    """The question before a call as a centre asks it, with what it changes."""
    [answer] = precall_actions.precall(
        actor=centre_actor(centre), centre=centre, campaign="", numbers=[f"+{LEA}"], now=now
    )
    return answer.reason or "allow"


def called(both, centre, at, outcome="no_answer"):
    [mark] = ReleaseRow.objects.filter(release=both[centre], person__isnull=False).values_list(
        "reference", flat=True
    )
    return return_attempts(
        actor=partner_actor(centre), partner=centre, calls=[Call(mark, at, outcome)], now=at + MINUTE
    )


def at_day(n):
    return NOW + HOUR + n * DAY


def test_two_centres_together_cannot_exceed_the_cap(world, both):
    for n, centre in enumerate((world.centre, world.other_centre, world.centre, world.other_centre)):
        assert ask(centre, at_day(n)) == "allow"
        called(both, centre, at_day(n) + MINUTE)
    assert Attempt.objects.count() == 4 and not AllowedCall.objects.exists()
    assert ask(world.centre, at_day(4)) == ask(world.other_centre, at_day(4)) == "too_often"


def test_what_was_allowed_counts_before_it_is_reported(world, both):
    answers = [
        ask(centre, NOW + HOUR * (n + 1)) for n, centre in enumerate((world.centre, world.other_centre) * 3)
    ]
    assert answers == ["allow"] * 4 + ["too_often"] * 2
    assert not Attempt.objects.exists()


def test_the_answer_of_a_minute_ago_is_given_again_without_counting_twice(world, both):
    answers = [ask(world.centre, NOW + HOUR + n * timedelta(seconds=5)) for n in range(8)]
    assert answers == ["allow"] * 8 and AllowedCall.objects.count() == 1


def test_a_call_that_nobody_reports_stops_counting_after_the_hours_of_the_pack(world, both):
    for n in range(4):
        ask(world.centre, NOW + n * HOUR)
    later = NOW + thresholds(NOW.date()).unreported
    assert ask(world.other_centre, later - MINUTE) == "too_often"
    assert ask(world.other_centre, later + MINUTE) == "allow"


def test_the_day_it_opens_again_is_told_and_is_right(world, both, client, monkeypatch):
    for n in (0, 1, 2, 3):
        called(both, world.centre, at_day(n))
    [denied] = precall_caps.within_caps(
        decide(centre=world.other_centre, campaign="", numbers=[f"+{LEA}"], now=at_day(5)),
        centre=world.other_centre,
        now=at_day(5),
    )
    assert (denied.allowed, denied.reason, denied.again_on) == (False, "too_often", date(2026, 12, 2))
    Campaign.objects.update(valid_days=90)
    for made in both.values():
        made.expires_at = at_day(90)
        made.save()
    assert ask(world.other_centre, at_day(29)) == "too_often"
    assert ask(world.other_centre, at_day(30)) == "allow"


def test_the_api_says_when_and_says_nothing_more(world, both, client, monkeypatch):
    from duecause.apps.dialling import api

    class Clock(api.datetime):
        @classmethod
        def now(cls, tz=None):
            return at_day(4)

    monkeypatch.setattr(api, "datetime", Clock)
    for n in (0, 1, 2, 3):
        called(both, world.centre, at_day(n))
    key = create_api_key(actor=OPERATOR, partner=world.other_centre, scopes=["precall"], now=NOW)
    answer = client.post(
        "/api/precall",
        json.dumps({"number": f"+{LEA}"}),
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )
    told = {"number": f"+{LEA}", "decision": "deny", "reason": "too_often", "again_on": "2026-12-02"}
    assert answer.json()["results"] == [told]
    assert Event.objects.filter(kind="dialling.precall").count() == 1


def test_an_objection_is_told_as_a_no_and_not_as_too_many_calls(world, both, lea):
    for n in (0, 1, 2, 3):
        called(both, world.centre, at_day(n))
    lea.restricted_at = NOW
    lea.save()
    assert ask(world.centre, at_day(4)) == "denied"


def test_the_persons_other_number_is_not_called_instead(world, both, lea):
    for n in (0, 1, 2, 3):
        called(both, world.centre, at_day(n))
    from duecause.apps.vault import indexes

    second = 33612345699
    ReleaseRow.objects.filter(release=both[world.other_centre], person=lea).update(
        token=indexes.dial_token(second)
    )
    found = precall_caps.within_caps(
        [_allowed_row(world, both, second)], centre=world.other_centre, now=at_day(4)
    )
    assert found[0].reason == "too_often"


def _allowed_row(world, both, number):
    """An allow for a number, as `decide` gives it."""
    from duecause.apps.dialling import precall_facts
    from duecause.apps.vault import indexes

    token = indexes.dial_token(number)
    [rows] = precall_facts.released(world.other_centre, "", [token]).values()
    return precall.Decision(True, "", rows[-1].reference, rows=tuple(rows), country="FR")


def test_a_number_called_often_enough_stays_out_of_the_next_list_with_its_reason(world, both):
    for n in (0, 1, 2, 3):
        called(both, world.other_centre, at_day(n))
    on = at_day(4)
    third = Campaign.objects.get(code="PUMP-BE")
    third.pk, third.code = None, "WINDOWS-FR"
    third.save()
    listed = screen(world, campaign=third, on=on.date(), now=on)
    assert "attempts_reached" in reasons(listed)[0]
    assert listed.report["totals"]["attempts_reached"] == 1
    after = at_day(31)
    assert "attempts_reached" not in reasons(screen(world, campaign=third, on=after.date(), now=after))[0]


def test_a_campaign_may_set_a_stricter_cap_for_itself(world, both):
    Campaign.objects.filter(code="PUMP-BE").update(most_attempts=1, attempt_days=7)
    called(both, world.centre, at_day(0))
    assert ask(world.centre, at_day(1)) == "too_often"
    assert ask(world.other_centre, at_day(1)) == "allow", "another campaign has its own"
    assert ask(world.centre, at_day(7)) == "allow"


def test_a_country_without_a_cap_writes_nothing(world):
    Campaign.objects.update(countries=["BE"])
    load_dncm()
    imported(world, 32470000011)
    world.campaign.refresh_from_db()
    released(world)
    precall_actions.precall(
        actor=centre_actor(world.centre),
        centre=world.centre,
        campaign="",
        numbers=["+32470000011"],
        now=NOW + HOUR,
    )
    assert not AllowedCall.objects.exists()


def test_staff_are_told_how_often_by_which_rule_and_until_when(world, both):
    for n in (0, 1, 2, 3):
        called(both, world.centre, at_day(n))
    checked = checking.check(actor=OPERATOR, number=f"+{LEA}", campaign=world.campaign, now=at_day(4))
    told = next(finding.text for finding in checked.findings if finding.code == "attempts_reached")
    assert all(part in told for part in ("4 times", "30 days", RULE, "2026-12-02"))
    assert not checked.allowed


def statements(world, number):
    with CaptureQueriesContext(connection) as asked:
        [answer] = precall_actions.precall(
            actor=centre_actor(world.centre),
            centre=world.centre,
            campaign="",
            numbers=[f"+{number}"],
            now=NOW + HOUR,
        )
    assert answer.allowed
    return len(asked)


def test_a_cap_costs_four_statements_and_only_where_there_is_one(world, lea):
    Campaign.objects.update(countries=["FR", "BE"])
    load_dncm()
    imported(world, 32470000011)
    world.campaign.refresh_from_db()
    released(world)
    without = statements(world, 32470000011)
    assert statements(world, LEA) == without + 4, "lock, answers of a minute ago, count, insert"
