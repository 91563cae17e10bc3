"""A list says until when it holds and against what it was screened."""

import json

from duecause.engine.screening import Limits, build_certificate, screen
from duecause.engine.screening.reasons import REASONS, describe, label
from tests.engine.screening.builders import (
    BOOK,
    campaign,
    day,
    given,
    key,
    loaded,
    number,
    row,
    rules_on,
    screened,
)

TODAY = day("2026-11-21")
BE_ROW = {"rows": [row(0)], "numbers": [number(0, 1, 1)]}


def test_a_belgian_list_expires_with_its_register():
    verdicts = screened(**BE_ROW, on=TODAY, registers_loaded=loaded(BE_DNCM=day("2026-11-18")))
    assert verdicts.expires_on == day("2026-11-23")
    assert verdicts.expiry_because.text == "Register BE-DNCM of 2026-11-18 may be used until 2026-11-23."


def test_a_list_expires_on_the_last_day_of_the_centres_gate_if_that_is_earlier():
    verdicts = screened(**BE_ROW, on=TODAY, party_open_until=day("2026-11-22"))
    assert (verdicts.expires_on, verdicts.expiry_because.code) == (day("2026-11-22"), "expiry_party")


def test_a_list_expires_on_the_last_day_before_the_rules_change():
    consent = [{"person": key(1), "token": None}]
    numbers = [number(0, 1, 1, "NL")]
    verdicts = screened([row(0)], numbers, on=day("2026-06-20"), consents=consent)
    assert (verdicts.expires_on, verdicts.expiry_because.code) == (day("2026-06-30"), "expiry_rule")
    later = screened([row(0)], numbers, on=TODAY, consents=consent)
    assert (later.expires_on, later.expiry_because) == (None, None)


def test_a_banned_campaign_says_which_rule_bans_it():
    of = campaign(sector="energy_renovation", countries=("FR",))
    verdicts = screened([row(0)], [number(0, 1, 1, "FR")], on=TODAY, of=of)
    assert verdicts.released == 0
    assert [ban.rule_id for ban in verdicts.bans] == ["fr-ban-energy-renovation-2026"]
    assert screened(**BE_ROW, on=TODAY).bans == ()


def test_the_certificate_is_canonical_json_without_personal_data():
    verdicts = screened(**BE_ROW, on=TODAY)
    facts = build_certificate(
        verdicts,
        campaign=campaign(),
        centre="GENT",
        on=TODAY,
        pack_version=BOOK.version,
        list_sha256="ab" * 32,
    )
    again = json.loads(json.dumps(facts, sort_keys=True, ensure_ascii=False))
    assert again == facts
    assert (facts["candidates"], facts["released"], facts["expires_on"]) == (1, 1, "2026-11-26")
    assert {
        "register": "BE-DNCM",
        "version": "2026-11-21",
        "usable_until": "2026-11-26",
        "entries": 3,
    } in facts["registers"]
    assert {rule["id"] for rule in facts["rules"]} >= {"be-opt-out-2015", "be-register-dncm-2015"}
    assert all(rule["reviewed_by"] is None for rule in facts["rules"] if rule["country"] == "BE")


def test_a_person_asking_for_little_memory_gets_the_same_verdicts(tmp_path):
    seen = []
    verdicts = screen(
        given(**BE_ROW, registers_loaded=loaded(BE_DNCM=TODAY)),
        campaign=campaign(),
        rules=rules_on(TODAY),
        on=TODAY,
        limits=Limits(memory="100MB", threads=1, temp_directory=str(tmp_path)),
        progress=lambda phase, done, total: seen.append((phase, done, total)),
    )
    assert verdicts.released == 1
    assert [done for _, done, _ in seen] == list(range(7))
    assert seen[-1] == ("done", 6, 6)


def test_every_reason_has_a_short_label_and_a_sentence():
    for code in (*REASONS, "register_be_dncm", "some_import_problem"):
        assert describe(code).text.endswith(".")
        assert 0 < len(label(code).text) <= 24
    assert label("register_be_dncm").text == "In BE-DNCM"
    assert "GDPR Art. 21" in describe("objection").text
