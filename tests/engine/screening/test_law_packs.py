"""Law packs are strict: each mistake is refused with its file, its line and the remedy."""

import pytest

from duecause.engine.problems import Refused
from duecause.engine.screening import RuleSet
from duecause.engine.screening.law import load_book, load_pack, rule_in_force, rules_in_force
from tests.engine.screening.builders import ATLANTIS, BOOK, SHIPPED, day

PACK = """country: XB
name: Bohemia
as_of: 2026-11-21
rules:
  - id: first
    kind: regime
    regime: opt_in
    valid_from: 2020-01-01
    valid_to: 2025-12-31
    law: "Act 1"
    sources: ["https://example.org"]
    confidence: S
    reviewed_by: null
"""
SECOND = PACK.partition("rules:\n")[2].replace("first", "second")


def test_the_shipped_packs_load_and_nobody_has_reviewed_them_yet():
    assert set(SHIPPED) == {f"{code}.yaml" for code in ["be", "nl", "fr", "pl", "se", "de", "es", "it", "gb"]}
    book = load_book(SHIPPED)
    assert {rule.reviewed_by for pack in book.packs.values() for rule in pack.rules} == {None}
    assert all(rule.law and rule.sources for pack in book.packs.values() for rule in pack.rules)
    assert book.version.startswith("2026-11-21+")


def test_the_version_changes_with_any_letter_of_any_pack():
    changed = {**SHIPPED, "be.yaml": SHIPPED["be.yaml"] + "# a note\n"}
    assert load_book(changed).version != load_book(SHIPPED).version


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("regime: opt_in", "regime: opt_in\n    regmie: x", "yaml_unknown_key", 8),
        ("regime: opt_in", "regime: maybe", "yaml_value", 7),
        ("    regime: opt_in\n", "", "yaml_missing_key", 5),
        ("valid_from: 2020-01-01", "valid_from: soon", "yaml_type", 8),
        ("valid_from: 2020-01-01", "valid_from: 2020-13-01", "yaml_type", 8),
        ("confidence: S", "confidence: X", "yaml_value", 12),
        ("valid_to: 2025-12-31", "valid_to: 2019-12-31", "law_dates", 9),
        ('sources: ["https://example.org"]', "sources: []", "law_no_source", 11),
        ("kind: regime", "kind: rumour", "yaml_value", 6),
        ("country: XB", "country: NO", "yaml_type", 1),
        ("country: XB", "country: Bohemia", "law_value", 1),
        ("name: Bohemia", "name: Bohemia\nname: Bohemia", "yaml_duplicate_key", 3),
        ('law: "Act 1"', "law: &a Act\n    note: *a", "yaml_alias", 11),
        ('law: "Act 1"', 'law: "Act 1', "yaml_malformed", None),
    ],
)
def test_a_mistake_is_refused_with_file_and_line(old, new, code, line):
    with pytest.raises(Refused) as refused:
        load_pack(PACK.replace(old, new), file="xb.yaml")
    assert refused.value.code == code
    assert "xb.yaml" in str(refused.value)
    assert line is None or f"line {line}" in str(refused.value)


def test_two_rules_of_one_kind_may_not_hold_on_the_same_day():
    with pytest.raises(Refused, match="second and first are of the same kind"):
        load_pack(
            PACK + SECOND.replace("2020-01-01", "2025-12-31").replace("2025-12-31\n    law", "null\n    law"),
            file="x",
        )
    after = SECOND.replace("2020-01-01", "2026-01-01").replace("valid_to: 2025-12-31", "valid_to: null")
    assert len(load_pack(PACK + after, file="x").rules) == 2


def test_rules_for_different_persons_or_registers_may_hold_together():
    pack = load_pack(ATLANTIS, file="xa.yaml")
    assert len(rules_in_force(pack, "register", day("2026-01-01"))) == 2
    with pytest.raises(ValueError, match="2 rules"):
        rule_in_force(pack, "register", day("2026-01-01"))


def test_a_ban_may_only_name_an_exception_of_its_own_file():
    broken = SHIPPED["fr.yaml"].replace("unless: ongoing_contract", "unless: good_mood")
    with pytest.raises(Refused, match="fr-ban-housing-adaptation-2026"):
        load_pack(broken, file="fr.yaml")


def test_one_country_has_one_file():
    with pytest.raises(Refused, match="already a pack for XB"):
        load_book({"a.yaml": PACK, "b.yaml": PACK})


@pytest.mark.parametrize("hostile", ["", "- a", "{" * 5000, "a: !!python/object:os.system x", "\x00"])
def test_hostile_yaml_is_refused(hostile):
    with pytest.raises(Refused):
        load_pack(hostile, file="x.yaml")


def test_the_rule_of_a_day_is_the_one_that_held_then():
    pack = BOOK.packs["FR"]
    assert rule_in_force(pack, "regime", day("2026-08-10")).text("regime") == "opt_out"
    assert rule_in_force(pack, "regime", day("2026-08-11")).text("regime") == "opt_in"
    assert rule_in_force(pack, "regime", day("2016-05-31")) is None
    cap = rule_in_force(pack, "attempt_cap", day("2026-11-21"))
    assert (cap.number("max_attempts"), cap.number("per_days")) == (4, 30)


def test_a_country_says_until_when_its_rules_stay():
    assert RuleSet.for_country("FR", day("2026-08-01"), book=BOOK).unchanged_until == day("2026-08-10")
    assert RuleSet.for_country("FR", day("2026-08-11"), book=BOOK).unchanged_until is None
    assert RuleSet.for_country("ZZ", day("2026-08-11"), book=BOOK).rules == ()


def test_calling_hours_are_read_as_times_of_day():
    hours = rule_in_force(BOOK.packs["FR"], "calling_window", day("2026-11-21")).detail["hours"]
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in hours["mon"]] == ["10:00-13:00", "14:00-20:00"]
    assert hours["sun"] == ()
    broken = SHIPPED["fr.yaml"].replace(
        'mon: ["10:00-13:00", "14:00-20:00"]', 'mon: ["10:00-15:00", "14:00-20:00"]'
    )
    with pytest.raises(Refused, match="overlap"):
        load_pack(broken, file="fr.yaml")
