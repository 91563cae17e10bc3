"""The rules page says in plain words what holds where and when, how sure that is, and what may be stored."""

import re
from datetime import date
from importlib.resources import files

import pytest
import yaml
from django.test import Client
from django.utils import translation

from duecause.apps.catalogue import queries, texts
from duecause.apps.catalogue.models import Wording
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.engine.screening.law import KINDS
from duecause.packs.law import book
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
READERS = {"privacy_officer", "team_lead", "auditor"}
PAGES = ("/rules/", "/rules/fields/", "/rules/wordings/")


@pytest.fixture
def world():
    return make_world()


def signed_in(world, profile="privacy_officer"):
    client = Client()
    client.force_login(world.employee(profile))
    return client


def page(world, path="/rules/", **query):
    answer = signed_in(world).get(path, query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def country(shown: str, code: str) -> str:
    return shown.partition(f'id="law-{code}"')[2].partition("</section>")[0]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("profile", sorted(engine().vocabulary.profiles))
def test_only_those_who_may_read_the_catalogue_see_it_and_others_raise_an_alarm(world, profile, path):
    answer = signed_in(world, profile).get(path)
    assert answer.status_code == (200 if profile in READERS else 403)
    assert Alarm.objects.filter(kind="function").count() == (0 if profile in READERS else 1)


def test_france_allowed_calls_until_the_day_before_it_asked_for_consent_and_banned_a_sector(world):
    before = country(page(world, on="2026-08-10"), "FR")
    after = country(page(world, on="2026-08-11"), "FR")
    assert "Calls are allowed unless the person objected" in before.partition("</thead>")[2]
    assert "Next change: 11 Aug 2026" in before and "?on=2026-08-11" in before
    assert "Begins: Sector ban." in before
    assert "Consent is needed before the call." in after
    assert "Nobody may be called to sell: Renovation that saves energy." in after
    assert "Bloctel" not in after


def test_a_rule_that_nobody_reviewed_says_so(world):
    shown = page(world, on="2026-11-21")
    assert "Not reviewed by counsel" in shown
    assert shown.count("Not reviewed by counsel") == sum(
        not rule.reviewed_by for law in queries.law_on(date(2026, 11, 21)) for rule in law.rules
    )


def test_every_rule_shows_its_sources_its_law_and_how_sure_it_is(world):
    shown = page(world, on="2026-11-21")
    for law in queries.law_on(date(2026, 11, 21)):
        for rule in law.rules:
            assert rule.id in shown
            assert all(f'href="{url}"' in shown for url in rule.sources)
    assert "Read at the source" in shown and "From memory, to be checked" in shown


def test_a_day_before_all_rules_says_that_nobody_is_released(world):
    assert "No rules for this day" in page(world, on="1999-01-01")


def test_an_impossible_day_is_explained_and_today_is_shown(world):
    assert "This is not a day" in page(world, on="30 February")


def test_every_rule_of_every_pack_has_words_in_every_language():
    assert set(texts._WORDS) == set(KINDS) == set(texts.KINDS)
    for language in ("en", "nl", "fr", "pl", "sv", "de"):
        with translation.override(language):
            for pack in book().packs.values():
                assert all(all(texts.rule_words(rule)) for rule in pack.rules)


def test_calling_hours_are_told_by_runs_of_days():
    rule = next(rule for rule in book().packs["FR"].rules if rule.kind == "calling_window")
    assert "Monday–Friday 10:00–13:00, 14:00–20:00" in texts.rule_words(rule)
    assert "Not on: Saturday, Sunday." in texts.rule_words(rule)
    dutch = next(rule for rule in book().packs["NL"].rules if rule.kind == "calling_window")
    assert "On 24 December calls end at 18:30." in texts.rule_words(dutch)


def test_every_sector_has_words():
    sectors = yaml.safe_load(files("duecause.packs").joinpath("sectors.yaml").read_text())
    assert {code: str(label) for code, label in texts.SECTORS.items()} == sectors


def test_fields_are_shown_with_purposes_and_retention(world):
    shown = page(world, "/rules/fields/")
    assert "birth_date" in shown and "Date of birth" in shown
    assert "Sales by telephone" in shown and "24 months" in shown and "Consent" in shown


def test_a_wording_that_names_nobody_stands_out(world):
    assert "Warm NV" in page(world, "/rules/wordings/")
    Wording.objects.get().controllers.clear()
    assert "Nobody" in page(world, "/rules/wordings/")
