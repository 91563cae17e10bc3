"""Days that pass close a partner's gate by themselves: alarms before and after, released lists end, calls are
denied, and the partner's page says why."""

import io
import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from django.test import Client

from duecause.apps.dialling import precall, release_actions
from duecause.apps.dialling.gate_actions import watch_gates
from duecause.apps.dialling.models import FeedEntry, Release
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.texts import sentence
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Contract, Partner
from duecause.apps.parties.override_actions import approve_override, ask_override
from duecause.cli.partners import CLOSED, partners_group
from duecause.engine.periods import end_of_day
from duecause.packs import law
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, TODAY, imported, load_dncm, screen
from tests.support.world import ALL_MET, NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA = 32470000011
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    imported(world, MILA)
    return world


@pytest.fixture
def falls(monkeypatch):
    """The decision for a country gets a last day, as a new pack would bring it."""
    texts = law.texts()

    def clear():
        law.adequacy.cache_clear()
        law.party_rules.cache_clear()

    def fall(country: str, last_day: date) -> None:
        held = texts[law.ADEQUACY_FILE]
        start = held.index(f"  - country: {country}")
        moved = held[:start] + held[start:].replace("valid_to: null", f"valid_to: {last_day}", 1)
        monkeypatch.setattr(law, "texts", lambda: {**texts, law.ADEQUACY_FILE: moved})
        clear()

    yield fall
    clear()


def release(world):
    dial_list = screen(world)
    return release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=io.BytesIO())


def ask(world, now=LATER):
    world.centre.refresh_from_db()
    (decision,) = precall.decide(centre=world.centre, campaign="PUMP-BE", numbers=[f"+{MILA}"], now=now)
    return decision.reason or "allow"


def contract(world, **changes):
    Contract.objects.filter(partner=world.centre).update(**changes)


def alarms():
    return [
        (alarm.kind, alarm.facts["reason"], alarm.facts.get("days")) for alarm in Alarm.objects.order_by("pk")
    ]


def test_an_adequacy_decision_that_falls_closes_the_gate_ends_lists_and_alarms(world, falls):
    Partner.objects.update(country="CH")
    world.centre.refresh_from_db()
    made = release(world)
    assert ask(world) == "allow"
    assert watch_gates(actor=OPERATOR, now=LATER).alarms == 0
    falls("CH", TODAY - DAY)
    assert ask(world) == "denied"  # at once, before anybody has watched
    done = watch_gates(actor=OPERATOR, now=LATER)
    assert (done.alarms, done.ended) == (2, 1)  # both centres work there; one holds a list
    assert alarms() == [("party_gate_closed", "party_adequacy_ended", None)] * 2
    assert "adequacy decision (Switzerland) ended on 1 Nov 2026" in sentence(Alarm.objects.first())
    made.refresh_from_db()
    assert made.expires_at == LATER
    assert ask(world, LATER + timedelta(minutes=1)) == "expired"
    assert [entry.kind for entry in FeedEntry.objects.filter(release=made)] == ["recall"]
    assert Event.objects.filter(kind="dialling.release_ended").count() == 1
    again = watch_gates(actor=OPERATOR, now=LATER + timedelta(hours=1))
    assert (again.alarms, again.ended) == (0, 0)


def test_the_partner_page_says_which_decision_ended(world, falls):
    Partner.objects.update(country="CH")
    falls("CH", date(2025, 3, 31))
    client = Client()
    client.force_login(world.employee("privacy_officer"))
    shown = client.get("/partners/CC-A/").content.decode()
    assert (
        "The adequacy decision for Switzerland ended on 31 Mar 2025, and Centre A has no other basis" in shown
    )
    assert "Ended on 31 Mar 2025" in client.get("/partners/CC-A/transfers/CH/").content.decode()


def test_a_release_ends_on_the_last_day_the_gate_is_known_to_be_open(world):
    contract(world, valid_to=TODAY + 3 * DAY)
    made = release(world)
    assert made.expires_at == end_of_day(TODAY + 3 * DAY, "BE")
    assert ask(world, NOW + 3 * DAY) == "allow"
    assert ask(world, NOW + 4 * DAY) == "expired"


def test_a_contract_that_is_shortened_shortens_the_lists_that_are_out(world):
    made = release(world)
    contract(world, valid_to=TODAY + 2 * DAY)
    assert watch_gates(actor=OPERATOR, now=LATER).ended == 1
    made.refresh_from_db()
    assert made.expires_at == end_of_day(TODAY + 2 * DAY, "BE")
    assert not FeedEntry.objects.exists()  # it may still call until then
    assert release_actions.last_day(made.dial_list) == TODAY + 2 * DAY


def test_alarms_come_60_30_and_7_days_before_and_when_it_has_happened(world):
    Contract.objects.filter(partner=world.other_centre).update(valid_to=None)
    contract(world, valid_to=TODAY + 60 * DAY)
    for day in range(62):
        for hour in (0, 5):
            watch_gates(actor=OPERATOR, now=NOW + day * DAY + timedelta(hours=hour))
    reason = "party_contract_expired"
    assert alarms() == [
        ("party_gate_ends", reason, 60),
        ("party_gate_ends", reason, 30),
        ("party_gate_ends", reason, 7),
        ("party_gate_closed", reason, None),
    ]
    first, *_, last = Alarm.objects.order_by("pk")
    assert (first.severity, last.severity) == (2, 3)
    assert "The gate of CC-A closes after 1 Jan 2027: processor contract." in sentence(first)


def test_a_suspension_pauses_calls_and_leaves_the_lists(world):
    made = release(world)
    Partner.objects.filter(pk=world.centre.pk).update(suspended_on=TODAY)
    assert watch_gates(actor=OPERATOR, now=LATER).ended == 0
    assert ask(world) == "denied"
    Partner.objects.filter(pk=world.centre.pk).update(suspended_on=None)
    assert ask(world) == "allow"
    made.refresh_from_db()
    assert made.running(LATER)


def test_an_override_lets_a_list_go_and_the_certificate_and_its_end_say_so(world):
    contract(world, answers={**ALL_MET, "g": "absent"})
    asked = ask_override(
        actor=world.actor("team_lead"),
        partner=world.centre,
        key="party_clauses_missing:CC-A:g",
        because="The amended clause is signed and on its way.",
        until=TODAY + 3 * DAY,
        now=NOW,
    )
    approve_override(actor=world.actor("privacy_officer"), override=asked, now=NOW)
    made = release(world)
    assert made.certificate["party_overrides"] == ["party_clauses_missing:CC-A:g"]
    assert made.expires_at == end_of_day(TODAY + 3 * DAY, "BE")
    assert made.dial_list.report["party_overrides"][0]["until"] == (TODAY + 3 * DAY).isoformat()


def gate(*arguments):
    done = CliRunner().invoke(partners_group, ["gate", *map(str, arguments)], standalone_mode=False)
    assert done.exception is None, done.exception
    return done


def test_the_command_says_for_a_day_what_stands_in_the_way(world):
    contract(world, valid_to=date(2026, 12, 31))
    done = gate("--on", "2026-11-02")
    assert done.return_value == 0
    assert "CC-A  open on 2026-11-02, closes after 2026-12-31" in done.output
    done = gate("CC-A", "--on", "2027-01-01")
    assert done.return_value == CLOSED
    assert "The contract with Centre A ended on 2026-12-31. Renew it" in done.output
    found = json.loads(gate("--on", "2027-01-01", "--json").output)
    told = {each["partner"]: each for each in found["partners"]}
    assert told["CC-B"]["open"] and not told["CC-A"]["open"]
    assert told["CC-A"]["reasons"][0]["code"] == "party_contract_expired"
    assert told["CC-A"]["reasons"][0]["arguments"] == {"party": "Centre A", "end": "2026-12-31"}
    assert Release.objects.count() == 0
