"""What is not known of an origin, and what follows from it on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecause.engine.origins import KnownOrigin, load_origin_rules
from duecause.engine.problems import Refused
from duecause.packs import law

DAY = date(2026, 11, 27)
SHIPPED = law.texts()[law.ORIGIN_FILE]
known = st.builds(
    KnownOrigin,
    source_kind=st.sampled_from(("data_subject", "controller", "third_party", "public", "unknown")),
    party=st.booleans(),
    basis=st.sampled_from(("consent", "contract", "legitimate_interest", "unknown")),
    obtained_on=st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)),
)


@given(known)
def test_exactly_what_is_absent_is_named(origin):
    missing = set(origin.missing(DAY))
    assert ("source" in missing) == (origin.source_kind == "unknown")
    assert ("party" in missing) == (origin.source_kind == "third_party" and not origin.party)
    assert ("basis" in missing) == (origin.basis == "unknown")
    assert ("date" in missing) == (origin.obtained_on is None or origin.obtained_on > DAY)


def test_a_missing_source_excludes_and_a_missing_day_is_only_said():
    rules = law.origin_rules()
    assert {name: rules.excludes(name, DAY) for name in ("source", "party", "date")} == {
        "source": True,
        "party": False,
        "date": False,
    }
    assert {rule.reviewed_by for rule in rules.rules} == {None}
    assert all(rule.law and rule.sources and rule.note for rule in rules.rules)


def test_a_rule_holds_from_its_first_to_its_last_day():
    ending = SHIPPED.replace("valid_to: null", "valid_to: 2026-11-27", 1)
    rules = load_origin_rules(ending, file="origin.yaml")
    assert rules.excludes("source", DAY)
    assert not rules.excludes("source", DAY + timedelta(days=1))
    assert not rules.excludes("source", date(2018, 5, 24))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("missing: party", "missing: source", "origin_overlap"),
        ("missing: party", "missing: colour", "yaml_value"),
        ("effect: exclude", "effect: perhaps", "yaml_value"),
        ("valid_from: 2018-05-25", "valid_from: soon", "yaml_type"),
        ("    confidence: M\n", "", "yaml_missing_key"),
    ],
)
def test_a_mistake_in_the_pack_is_refused(old, new, code):
    with pytest.raises(Refused) as refused:
        load_origin_rules(SHIPPED.replace(old, new, 1), file="origin.yaml")
    assert refused.value.problem.code == code
