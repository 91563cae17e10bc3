"""What may be called on which day, and why not: bans, exceptions, registers, from the shipped packs."""

from datetime import timedelta

import pytest

from duecause.engine.problems import Problem
from duecause.engine.screening import screen
from tests.engine.screening.builders import (
    campaign,
    day,
    given,
    key,
    loaded,
    number,
    only_reasons,
    reasons,
    row,
    rules_on,
    screened,
)

TODAY = day("2026-11-21")
CONSENT = {"consents": [{"person": key(1), "token": None}]}


def relation(until=None, family="heat_pump", since="2020-01-01"):
    line = {"person": key(1), "family": family, "since": day(since), "until": until and day(until)}
    return {"relations": [line]}


@pytest.mark.parametrize(
    ("on", "sector", "facts", "expected"),
    [
        ("2026-08-10", "energy_renovation", {}, []),
        ("2026-08-11", "energy_renovation", {}, ["sector_ban", "no_consent"]),
        ("2026-08-11", "energy_renovation", CONSENT, ["sector_ban"]),
        ("2026-08-11", "energy_renovation", relation(), ["sector_ban"]),
        ("2026-08-11", "housing_adaptation", CONSENT, ["sector_ban"]),
        ("2026-08-11", "housing_adaptation", relation(), []),
        ("2026-08-11", "telecom", CONSENT, []),
        ("2026-08-11", "telecom", relation(), []),
        ("2026-08-11", "telecom", relation(until="2026-08-11"), []),
        ("2026-08-11", "telecom", relation(until="2026-08-10"), ["no_consent"]),
        ("2026-08-11", "telecom", relation(since="2026-08-12"), ["no_consent"]),
        ("2026-08-11", "telecom", relation(family="phone"), ["no_consent"]),
        ("2016-05-31", "telecom", CONSENT, ["no_rule"]),
    ],
)
def test_france_bans_sectors_and_asks_for_consent_from_11_august_2026(on, sector, facts, expected):
    assert only_reasons("FR", on=day(on), of=campaign(sector=sector), **facts) == expected


def test_bloctel_counts_until_the_day_before_the_french_opt_in():
    listed = {"register": [{"token": key(1), "register": "FR-BLOCTEL"}]}
    assert only_reasons("FR", on=day("2026-08-10"), **listed) == ["register_fr_bloctel"]
    assert only_reasons("FR", on=day("2026-08-11"), **listed, **CONSENT) == []


@pytest.mark.parametrize(
    ("on", "organisation", "facts", "expected"),
    [
        ("2026-06-30", "company", relation(), []),
        ("2026-06-30", "company", relation(until="2023-06-30"), []),
        ("2026-06-30", "company", relation(until="2023-06-29"), ["no_consent"]),
        ("2026-06-30", "company", relation(family="phone"), ["no_consent"]),
        ("2026-07-01", "company", relation(), ["no_consent"]),
        ("2026-07-01", "company", CONSENT, []),
        ("2026-07-01", "charity", relation(family="phone"), []),
        ("2026-06-30", "charity", relation(family="phone"), ["no_consent"]),
        ("2021-06-30", "company", CONSENT, ["no_rule"]),
    ],
)
def test_the_dutch_customer_exception_ends_on_30_june_2026(on, organisation, facts, expected):
    assert only_reasons("NL", on=day(on), of=campaign(organisation=organisation), **facts) == expected


def test_dutch_consent_is_of_the_person_and_not_of_the_number():
    of_number = {"consents": [{"person": None, "token": key(1)}]}
    assert only_reasons("NL", on=TODAY, **of_number) == ["no_consent"]
    assert only_reasons("FR", on=TODAY, **of_number) == []


@pytest.mark.parametrize(("age", "expected"), [(0, []), (5, []), (6, ["register_stale"])])
def test_the_belgian_register_may_be_five_days_old(age, expected):
    states = loaded(BE_DNCM=TODAY - timedelta(days=age))
    assert only_reasons("BE", on=TODAY, registers_loaded=states) == expected


def test_without_the_belgian_register_nobody_is_called_there():
    assert only_reasons("BE", on=TODAY, registers_loaded={}) == ["register_stale"]
    assert only_reasons("NL", on=TODAY, registers_loaded={}, **CONSENT) == []


def test_the_belgian_register_protects_customers_and_firms_too():
    listed = {"register": [{"token": key(1), "register": "BE-DNCM"}]}
    assert only_reasons("BE", on=TODAY, natural=False, **relation(), **listed) == ["register_be_dncm"]


def test_a_rule_for_people_leaves_firms_without_a_rule():
    assert only_reasons("XA", on=day("2023-01-01"), natural=False) == ["no_rule"]
    assert only_reasons("XA", on=day("2024-01-01"), natural=False) == []
    assert only_reasons("XA", on=day("2024-01-01"), natural=True) == ["no_consent"]


def test_a_country_without_a_pack_or_a_number_without_a_country_is_never_called():
    assert only_reasons("LU", on=TODAY) == ["no_rule", "campaign_country"]
    assert only_reasons("PL", on=TODAY) == ["campaign_country", "no_consent"]
    assert only_reasons(None, on=TODAY) == ["no_rule", "campaign_country"]


def test_an_objection_of_a_person_denies_all_his_numbers_and_one_of_a_number_only_that():
    rows, numbers = [row(0)], [number(0, 1, 1), number(0, 2, 1, ordinal=1)]
    person = screened(rows, numbers, on=TODAY, suppressed_persons=[{"person": key(1), "reason": "objection"}])
    one = screened(rows, numbers, on=TODAY, suppressed=[{"token": key(1), "reason": "objection"}])
    assert reasons(person) == {0: ["objection"]}
    assert one.table.select(["released", "ordinal", "token"]).to_pylist() == [
        {"released": True, "ordinal": 1, "token": key(2)}
    ]


def test_a_suppression_without_a_reason_still_denies():
    assert only_reasons("BE", on=TODAY, suppressed=[{"token": key(1), "reason": None}]) == ["objection"]


def test_unknown_basis_is_mended_by_a_consent_on_record():
    assert only_reasons("BE", on=TODAY, basis="unknown") == ["basis_unknown"]
    assert only_reasons("BE", on=TODAY, basis="unknown", **CONSENT) == []


def test_a_row_that_is_refused_does_not_take_the_person_from_a_later_row():
    rows = [row(0, "invalid_number"), row(1), row(2)]
    verdicts = screened(rows, [number(0, 1, 1), number(1, 1, 1), number(2, 1, 2)], on=TODAY)
    assert reasons(verdicts) == {0: ["invalid_number", "duplicate_in_list"], 1: [], 2: ["duplicate_in_list"]}


def test_a_shared_landline_leaves_the_second_person_his_own_mobile():
    rows = [row(0), row(1)]
    numbers = [number(0, 1, 1), number(1, 1, 2), number(1, 2, 2, ordinal=1)]
    verdicts = screened(rows, numbers, on=TODAY)
    assert verdicts.table["token"].to_pylist() == [key(1), key(2)]


def test_nobody_goes_to_two_centres_in_one_campaign():
    by_person = {"elsewhere": [{"token": key(9), "person": key(1)}]}
    by_number = {"elsewhere": [{"token": key(1), "person": key(9)}]}
    assert only_reasons("BE", on=TODAY, **by_person) == ["released_elsewhere"]
    assert only_reasons("BE", on=TODAY, **by_number) == ["released_elsewhere"]


def test_a_closed_party_gate_releases_no_row():
    blocked = (Problem("party_no_contract", "no contract"),)
    verdicts = screened([row(0), row(1)], [number(0, 1, 1), number(1, 1, 1)], on=TODAY, party_reasons=blocked)
    assert reasons(verdicts) == {0: ["party_gate_closed"], 1: ["duplicate_in_list", "party_gate_closed"]}
    assert verdicts.table["token"].null_count == 2


def test_an_empty_list_is_screened_too():
    verdicts = screened([], [], on=TODAY)
    assert (verdicts.candidates, verdicts.released, verdicts.waterfall) == (0, 0, ())


def test_rules_of_another_day_are_not_taken():
    with pytest.raises(ValueError, match="not of"):
        screen(given([], []), campaign=campaign(), rules=rules_on(day("2026-01-01")), on=TODAY)


def test_ambiguous_rows_and_numbers_are_refused():
    with pytest.raises(ValueError, match="row_id is not unique"):
        screened([row(0), row(0)], [], on=TODAY)
    with pytest.raises(ValueError, match="ordinal is not unique"):
        screened([row(0)], [number(0, 1, 1), number(0, 2, 1)], on=TODAY)
    with pytest.raises(ValueError, match="token holds nulls"):
        screened([row(0)], [number(0, None, 1)], on=TODAY)
