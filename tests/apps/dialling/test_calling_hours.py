"""Nobody is called outside the calling hours where the person is, whoever asks and whatever list it is."""

from datetime import UTC, datetime

import pytest

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import checking, precall
from duecause.apps.dialling.models import Campaign
from duecause.apps.ledger.models import Event
from duecause.apps.parties.actions import create_api_key
from duecause.packs import law
from tests.apps.dialling.lists import OWN_NUMBERS, imported
from tests.apps.dialling.test_precall import ask, post, release
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ZOE = 33612345678
NUMBER = f"+{ZOE}"
IN_THE_PAUSE = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)  # 13:30 in Paris, a Monday
AFTERNOON = datetime(2026, 11, 2, 13, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 10, 20, 0, tzinfo=UTC)  # 21:00, before Armistice Day


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = [*OWN_NUMBERS, "+33199000141", "+33199000142"]
    world.controller.save()
    Campaign.objects.update(countries=["FR"])
    world.campaign.refresh_from_db()
    world.zoe = imported(world, ZOE, country="FR")
    release(world)
    return world


def answer(world, now):
    return precall.decide(centre=world.centre, campaign="", numbers=[NUMBER], now=now)[0]


def test_a_call_in_the_pause_is_denied_with_the_next_allowed_moment(world):
    assert answer(world, NOW).allowed
    denied = answer(world, IN_THE_PAUSE)
    assert (denied.allowed, denied.reason, denied.not_before) == (False, "outside_hours", AFTERNOON)
    assert answer(world, AFTERNOON).allowed


def test_the_next_moment_leaps_over_a_holiday(world):
    assert answer(world, NIGHT).not_before == datetime(2026, 11, 12, 9, 0, tzinfo=UTC)


def test_an_objection_counts_before_the_clock(world):
    consent.record_objection(
        actor=OPERATOR,
        person=world.zoe,
        controller=world.controller,
        taking=consent.Taking(how="call"),
        now=NOW,
        scope=consent.ALL_MARKETING,
    )
    assert (answer(world, IN_THE_PAUSE).reason, answer(world, IN_THE_PAUSE).not_before) == ("denied", None)


def test_a_number_of_nobodys_list_says_nothing_of_hours(world):
    assert ask(world, "+33612340000", now=IN_THE_PAUSE) == ["not_on_your_list"]


def test_a_number_in_an_unknown_zone_is_never_called(world, monkeypatch):
    monkeypatch.setattr("duecause.apps.dialling.calling_times.zone_of", lambda region, e164=None: "")
    assert answer(world, NOW).reason == "zone_unknown"


def test_the_answer_of_the_api_names_the_moment(client, world, monkeypatch):
    class Frozen(datetime):
        @classmethod
        def now(cls, tz=None):
            return IN_THE_PAUSE

    monkeypatch.setattr("duecause.apps.dialling.api.datetime", Frozen)
    key = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["precall"], now=NOW)
    told = post(client, {"number": NUMBER}, key).json()["results"]
    assert Event.objects.filter(kind="dialling.precall").count() == 1
    assert told == [
        {
            "number": NUMBER,
            "decision": "deny",
            "reason": "outside_hours",
            "not_before": "2026-11-02T13:00:00Z",
        }
    ]


def test_staff_who_check_the_number_read_the_rule_and_the_local_time(world):
    found = checking.check(actor=OPERATOR, number=NUMBER, campaign=world.campaign, now=IN_THE_PAUSE)
    told = {problem.code: problem.text for problem in found.findings}
    assert "fr-window-2023" in told["outside_hours"] and "14:00 there" in told["outside_hours"]
    assert not found.allowed


def test_the_page_of_the_list_shows_its_hours(client, world):
    client.force_login(world.employee("team_lead"))
    shown = client.get(f"/lists/{world.campaign.lists.get().pk}/").content.decode()
    assert "Calls to France" in shown and "10:00–13:00, 14:00–20:00" in shown


def test_the_organisations_own_file_stands_in_the_place_of_the_shipped_one(tmp_path, monkeypatch):
    shipped = law.texts()["fr.yaml"]
    mine = shipped.replace('mon: ["10:00-13:00", "14:00-20:00"]', 'mon: ["10:00-12:00"]')
    (tmp_path / "fr.yaml").write_text(mine)
    monkeypatch.setenv(law.OWN_FOLDER, str(tmp_path))
    law.book.cache_clear()
    try:
        rule = next(rule for rule in law.book().packs["FR"].rules if rule.kind == "calling_window")
        assert len(rule.detail["hours"]["mon"]) == 1
        assert set(law.book().packs) >= {"BE", "FR", "IT"}
    finally:
        law.book.cache_clear()
