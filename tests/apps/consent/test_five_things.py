"""docs/concepts.md keeps five things apart and says what each does. This is the same table, tried."""

import io
from pathlib import Path

import pytest

from duecause.apps.consent import actions as consent
from duecause.apps.consent.consent_actions import Saying, record_consent, withdraw_consent
from duecause.apps.consent.histories import Topic
from duecause.apps.consent.models import RegisterVersion
from duecause.apps.dialling import precall, release_actions
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, reasons, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CONCEPTS = Path(__file__).parents[3] / "docs" / "concepts.md"
NUMBER = {"BE": 32470000011, "NL": 31610000011}
LATER = NOW + DAY / 24
CALL = consent.Taking(how="call")


def object_to_marketing(world, person, now):
    consent.record_objection(actor=OPERATOR, person=person, controller=world.controller, taking=CALL, now=now)


def answer_no(world, person, now):
    record_consent(
        actor=OPERATOR, person=person, wording=world.spoken_wording, channel="call", given=False,
        saying=Saying(act="spoken_no"), now=now,
    )  # fmt: skip


def withdraw(world, person, now):
    withdraw_consent(
        actor=OPERATOR, person=person, topic=Topic(world.controller, world.sales, "call"),
        language="nl", saying=Saying(act="withdrawal_spoken"), now=now,
    )  # fmt: skip


def enter_the_register(world, person, now):
    RegisterVersion.objects.update(state=RegisterVersion.State.REPLACED)
    version = load_dncm(NUMBER["BE"], version_date=now.date())
    RegisterVersion.objects.filter(pk=version.pk).update(loaded_at=now)


def ask_to_be_erased(world, person, now):
    consent.request_erasure(actor=OPERATOR, person=person, controller=world.controller, taking=CALL, now=now)


THINGS = {
    "Nothing was said": lambda world, person, now: None,
    "Objection": object_to_marketing,
    "Refusal": answer_no,
    "Withdrawal": withdraw,
    "National register": enter_the_register,
    "Erasure request": ask_to_be_erased,
}
TABLE = {
    cells[0].strip("*"): cells
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in CONCEPTS.read_text().splitlines()
        if line.startswith("| **")
    )
}


def company(country):
    world = make_world()
    world.campaign.countries = [country]
    world.campaign.save()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world, imported(world, NUMBER[country], country=country, basis="consent")


def told(thing, column):
    return {"may be called": True, "is not called": False}[TABLE[thing][column]]


@pytest.mark.parametrize(("country", "column"), [("BE", 2), ("NL", 3)])
@pytest.mark.parametrize("thing", THINGS)
def test_a_new_list_does_what_the_table_says(thing, country, column):
    world, person = company(country)
    THINGS[thing](world, person, NOW)
    assert (reasons(screen(world)) == [[]]) is told(thing, column)


@pytest.mark.parametrize("thing", THINGS)
def test_the_check_before_a_call_does_what_the_table_says(thing):
    world, person = company("BE")
    release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=io.BytesIO())
    THINGS[thing](world, person, LATER)
    number = f"+{NUMBER['BE']}"
    decisions = precall.decide(centre=world.centre, campaign=world.campaign.code, numbers=[number], now=LATER)
    assert decisions[0].allowed is told(thing, 4)
