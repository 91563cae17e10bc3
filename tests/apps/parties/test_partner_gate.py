from datetime import date

import pytest

from duecause.apps.parties import actions
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import blocking_reasons_of, party_facts
from tests.organisation.files import NOW, OPERATOR

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)


def centre(country: str, **changes) -> Partner:
    wanted = {
        "code": "CC",
        "name": "Centrum",
        "kind": "call_centre",
        "country": country,
        "suspended_on": None,
    }
    actions.apply_partner(actor=OPERATOR, now=NOW, **{**wanted, **changes})
    return Partner.objects.get(code="CC")


def contract(reference: str, start: date, end: date | None, missing: tuple[str, ...] = ()) -> None:
    actions.apply_contract(
        actor=OPERATOR,
        now=NOW,
        partner="CC",
        reference=reference,
        valid_from=start,
        valid_to=end,
        clauses_missing=missing,
    )


def codes(partner: Partner, on: date = TODAY) -> list[str]:
    return [problem.code for problem in blocking_reasons_of(partner, on)]


def test_a_centre_in_the_union_with_a_contract_is_open():
    partner = centre("BE")
    contract("A", date(2026, 1, 1), date(2026, 12, 31))
    assert codes(partner) == []
    assert codes(partner, date(2027, 1, 1)) == ["party_contract_expired"]


def test_every_reason_is_told_for_a_third_country_without_contract():
    assert codes(centre("TN")) == ["party_no_contract", "party_no_transfer_basis"]


def test_standard_clauses_with_an_assessment_open_a_third_country():
    partner = centre("TN")
    contract("A", date(2026, 1, 1), None)
    transfer = {"mechanism": "scc", "module": "2", "assessment_valid_to": None, "scope_listed": False}
    actions.apply_transfer(actor=OPERATOR, now=NOW, partner="CC", assessed_on=None, **transfer)
    assert codes(partner) == ["party_transfer_assessment_missing"]
    actions.apply_transfer(actor=OPERATOR, now=NOW, partner="CC", assessed_on=date(2026, 2, 1), **transfer)
    assert codes(partner) == []


def test_of_several_contracts_the_one_in_force_that_day_counts():
    partner = centre("BE")
    contract("OLD", date(2024, 1, 1), date(2026, 12, 31))
    contract("NEXT", date(2027, 1, 1), None)
    assert codes(partner) == []
    assert party_facts(partner, TODAY).contract_valid_to == date(2026, 12, 31)
    assert codes(partner, date(2027, 6, 1)) == []


def test_a_suspension_closes_from_its_day_on():
    partner = centre("BE", suspended_on=date(2026, 11, 21))
    contract("A", date(2026, 1, 1), None)
    assert codes(partner) == ["party_suspended"]
    assert codes(partner, date(2026, 11, 20)) == []


def test_missing_clauses_of_the_contract_close_it():
    partner = centre("BE")
    contract("A", date(2026, 1, 1), None, ("c", "h"))
    assert codes(partner) == ["party_clauses_missing"]
