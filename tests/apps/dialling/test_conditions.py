"""A certificate says in which hours and how often people may be called by the rules of its day."""

import json

import pytest

from duecause.apps.dialling.conditions import conditions
from duecause.apps.dialling.models import DialList
from tests.support.world import NOW, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def of_countries(*countries, **caps):
    world = make_world()
    for name, value in {"countries": list(countries), **caps}.items():
        setattr(world.campaign, name, value)
    world.campaign.save()
    found = conditions(DialList(campaign=world.campaign, centre=world.centre), NOW.date())
    return json.loads(json.dumps(found))


def test_hours_and_caps_stand_there_with_the_law_they_come_from():
    found = of_countries("FR")
    [hours] = found["calling_hours"]
    assert hours["country"] == "FR" and hours["law"]
    assert hours["hours"]["mon"] == [["10:00", "13:00"], ["14:00", "20:00"]]
    assert {rule["kind"]: rule["rule"] for rule in found["attempt_rules"]} == {
        "attempt_cap": "fr-attempts-2023",
        "quiet_period": "fr-quiet-after-refusal-2023",
    }
    [cap] = [rule for rule in found["attempt_rules"] if rule["kind"] == "attempt_cap"]
    assert (cap["max_attempts"], cap["per_days"]) == (4, 30)


def test_a_campaigns_own_caps_stand_beside_those_of_the_law():
    assert of_countries("BE", most_attempts=3, attempt_days=14)["campaign_caps"] == {
        "most_attempts": 3,
        "attempt_days": 14,
    }
