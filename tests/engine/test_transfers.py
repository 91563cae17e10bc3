"""The party gate: each missing condition blocks with its own reason, and the gate knows when it closes."""

from dataclasses import replace
from datetime import date

import pytest

from duecause.engine.problems import Refused
from duecause.engine.transfers import PartyFacts, blocking_reasons, gate_open_until, load_adequacy
from duecause.packs import law

TODAY = date(2026, 11, 21)
ADEQUACY = law.adequacy()
GENT = PartyFacts(code="GENT", name="CC Gent", country="BE", contract_valid_from=date(2025, 1, 1))
RABAT = replace(GENT, name="CC Rabat", country="MA")
CLAUSES = replace(RABAT, mechanism="scc", scc_module="2", tia_on=date(2026, 1, 1))


def codes(facts, on=TODAY):
    return [problem.code for problem in blocking_reasons(facts, on=on, adequacy=ADEQUACY)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (GENT, []),
        (replace(GENT, contract_valid_from=None), ["party_no_contract"]),
        (replace(GENT, contract_valid_from=date(2026, 11, 22)), ["party_contract_not_started"]),
        (replace(GENT, contract_valid_to=date(2026, 11, 21)), []),
        (replace(GENT, contract_valid_to=date(2026, 11, 20)), ["party_contract_expired"]),
        (replace(GENT, contract_clauses_missing=("28(3)(h)",)), ["party_clauses_missing"]),
        (replace(GENT, suspended=True, feed_overdue=True), ["party_suspended", "party_feed_overdue"]),
        (RABAT, ["party_no_transfer_basis"]),
        (replace(RABAT, mechanism="adequacy"), ["party_no_transfer_basis"]),
        (replace(RABAT, mechanism="derogation"), ["party_no_transfer_basis"]),
        (CLAUSES, []),
        (replace(CLAUSES, scc_module="1"), ["party_no_transfer_basis"]),
        (replace(CLAUSES, tia_on=None), ["party_transfer_assessment_missing"]),
        (replace(CLAUSES, tia_valid_to=date(2026, 11, 20)), ["party_transfer_assessment_expired"]),
        (replace(RABAT, mechanism="bcr"), ["party_transfer_assessment_missing"]),
        (replace(GENT, country="GB"), []),
        (replace(GENT, country="NO"), []),
        (replace(GENT, country="US"), ["party_no_transfer_basis"]),
        (replace(GENT, country="US", scope_listed=True), []),
        (replace(CLAUSES, country="US"), []),
        (
            replace(RABAT, contract_valid_from=None, suspended=True),
            ["party_suspended", "party_no_contract", "party_no_transfer_basis"],
        ),
    ],
)
def test_each_missing_condition_blocks_with_its_reason(facts, expected):
    assert codes(facts) == expected


def test_an_adequacy_decision_that_ends_stops_transfers_that_rest_on_it_alone():
    london = replace(GENT, country="GB", mechanism="adequacy")
    assert codes(london, date(2031, 12, 27)) == []
    assert codes(london, date(2031, 12, 28)) == ["party_adequacy_ended"]
    assert codes(replace(CLAUSES, country="GB"), date(2031, 12, 28)) == []


def test_the_gate_knows_the_last_day_on_which_it_is_open():
    def until(facts):
        return gate_open_until(facts, on=TODAY, adequacy=ADEQUACY)

    assert until(GENT) is None
    assert until(RABAT) is None
    assert until(replace(GENT, contract_valid_to=date(2027, 3, 1))) == date(2027, 3, 1)
    assert until(replace(GENT, country="GB")) == date(2031, 12, 27)
    assert until(replace(CLAUSES, tia_valid_to=date(2027, 1, 1), contract_valid_to=date(2027, 3, 1))) == date(
        2027, 1, 1
    )


def test_a_date_that_another_basis_outlives_does_not_close_the_gate():
    both = replace(CLAUSES, country="GB", tia_valid_to=date(2027, 1, 1))
    assert gate_open_until(both, on=TODAY, adequacy=ADEQUACY) == date(2031, 12, 27)


def test_each_reason_names_the_party_and_the_remedy():
    reasons = blocking_reasons(replace(RABAT, contract_valid_from=None), on=TODAY, adequacy=ADEQUACY)
    assert "CC Rabat has no processor contract. Record one (GDPR Art. 28(3))." in [r.text for r in reasons]


def test_the_table_covers_the_eea_and_scoped_decisions():
    assert len(ADEQUACY.eea) == 30
    scoped = [c for c, held in ADEQUACY.decisions.items() if any(d.scope for d in held)]
    assert scoped == ["CA", "JP", "US"]
    assert ADEQUACY.decision("BR", date(2026, 1, 25)) is None


def test_overlapping_decisions_are_refused():
    text = law.texts()[law.ADEQUACY_FILE]
    twice = text + text[text.index("  - country: AD") : text.index("  - country: AR")]
    with pytest.raises(Refused, match="two decisions for AD"):
        load_adequacy(twice, file="adequacy.yaml")
