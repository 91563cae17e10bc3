"""One file in the folder of the organisation's law is all it takes to screen lists of a further country."""

from datetime import UTC, datetime

import pytest

from duecause.apps.dialling.calling_times import hours_of
from duecause.apps.dialling.models import Campaign
from duecause.engine.phone import parse_e164
from duecause.packs import law
from tests.apps.dialling.lists import OWN_NUMBERS, imported, reasons, screen
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
RITA = 351912345678
PORTUGAL = """
country: PT
name: Portugal
zone: Europe/Lisbon
as_of: 2026-11-21
rules:
  - id: pt-opt-in-test
    kind: regime
    regime: opt_in
    valid_from: 2020-01-01
    valid_to: null
    law: "A law of the test"
    sources: ["https://law.example/pt"]
    confidence: M
    reviewed_by: null
  - id: pt-window-test
    kind: calling_window
    time_zone: called_party
    hours: {mon: ["09:00-12:00"], tue: [], wed: [], thu: [], fri: [], sat: [], sun: []}
    public_holidays: true
    valid_from: 2020-01-01
    valid_to: null
    law: "Another law of the test"
    sources: ["https://law.example/pt"]
    confidence: M
    reviewed_by: null
"""


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    Campaign.objects.update(countries=["PT"])
    world.campaign.refresh_from_db()
    imported(world, RITA, country="PT")
    return world


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Named to the product, and empty."""
    monkeypatch.setenv("DUECAUSE_LAW", str(tmp_path))
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


def forget():
    """As a process that starts."""
    law.book.cache_clear()
    law.calling_times.cache_clear()


def test_without_a_file_nobody_of_that_country_is_released(world, folder):
    assert screen(world).report["released"] == 0


def test_one_file_makes_its_lists_screen_by_its_rules_and_hours(world, folder):
    (folder / "pt.yaml").write_text(PORTUGAL)
    forget()
    dial_list = screen(world)
    assert dial_list.report["released"] == 1, reasons(dial_list)
    assert {rule["id"] for rule in dial_list.report["rules"]} >= {"pt-opt-in-test"}
    number = parse_e164(f"+{RITA}")
    assert hours_of(number, datetime(2026, 11, 2, 10, tzinfo=UTC)).open
    assert not hours_of(number, datetime(2026, 11, 3, 10, tzinfo=UTC)).open
    assert law.book().version != shipped_version(folder), "a certificate tells the files apart"


def shipped_version(folder):
    (folder / "pt.yaml").unlink()
    forget()
    return law.book().version
