"""A mistake in policies, schema or vocabulary is refused at load, naming where it is."""

import re

import pytest

from duecause.engine.policy import CedarPolicies
from duecause.engine.policy.labels import DENIALS, LABELS
from duecause.engine.problems import Refused


def refused(texts, which, old, new):
    assert old in texts[which]
    with pytest.raises(Refused) as caught:
        CedarPolicies.from_texts(**{**texts, which: texts[which].replace(old, new, 1)})
    return caught.value


@pytest.mark.parametrize(
    ("policy", "right", "wrong"),
    [
        ("not-trained", "context.trained", "context.traned"),
        ("not-trained", "!context.trained", "context.trained == 1"),
        ("technician-view", 'Link::"work_order"', 'Link::"workorder"'),
        ("outbound-find", 'Profile::"outbound"', 'Profile::"outbond"'),
        ("inbound-reveal-birth", 'Field::"birth"', 'Field::"brith"'),
        ("legal-hold", 'Action::"edit"', 'Action::"edti"'),
        ("shop-only-in-store", 'Workplace::"store"', 'Workplace::"shop"'),
        ("technician-functions", 'Function::"desk.use"', 'Function::"desk.uze"'),
    ],
)
def test_a_typo_in_a_policy_is_refused_naming_the_policy(texts, policy, right, wrong):
    before, mark, after = texts["policies"].partition(f'@id("{policy}")')
    mistaken = before + mark + after.replace(right, wrong, 1)
    with pytest.raises(Refused) as caught:
        CedarPolicies.from_texts(**{**texts, "policies": mistaken})
    assert caught.value.code == "policy_invalid"
    assert caught.value.problem.params["policy"] == policy
    assert policy in str(caught.value)


def test_a_policy_that_cannot_be_read_is_named(texts):
    error = refused(texts, "policies", "forbid (principal, action ==", "forbit (principal, action ==")
    assert error.code == "policy_unreadable"
    assert "special-not-exported" in str(error)


def test_a_policy_without_an_id_is_refused(texts):
    assert refused(texts, "policies", '@id("inbound-find")\n', "").code == "policy_without_id"


def test_two_policies_of_one_id_are_refused(texts):
    error = refused(texts, "policies", '@id("inbound-find")', '@id("inbound-view")')
    assert error.code == "policy_id_twice"
    assert "inbound-view" in str(error)


def test_an_optional_fact_in_the_schema_is_refused(texts):
    error = refused(texts, "schema", "trained: Bool", "trained?: Bool")
    assert error.code == "policy_schema_optional"
    assert "trained" in str(error)


@pytest.mark.parametrize(
    ("old", "new"),
    [("assigned: Bool", "allotted: Bool"), ("objected: Bool,\n", "")],
    ids=["renamed", "missing"],
)
def test_a_schema_that_lacks_a_fact_is_refused(texts, old, new):
    assert refused(texts, "schema", old, new).code == "policy_schema_facts"


def test_a_word_only_the_schema_knows_is_refused(texts):
    error = refused(texts, "schema", '"locked"]', '"locked", "suspended"]')
    assert error.code == "policy_schema_words"
    assert "suspended" in str(error)


def test_a_word_only_the_vocabulary_knows_is_refused(texts):
    error = refused(texts, "vocabulary", "  home: Home\n", "  home: Home\n  train: Train\n")
    assert error.code == "policy_schema_words"
    assert "train" in str(error)


def test_an_action_in_another_family_than_the_schema_says_is_refused(texts):
    error = refused(
        texts, "vocabulary", "export: {label: Export, families: [touch_data]}",
        "export: {label: Export, families: [exercise_right]}",
    )  # fmt: skip
    assert error.code == "policy_schema_actions"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("profiles:", "profiles: [", "policy_vocabulary_unreadable"),
        ("workplaces:", "places:", "policy_vocabulary_sections"),
        ("purpose: work_order}", "purpose: work_orders}", "policy_vocabulary_entry"),
        ("groups: [provenance]", "groups: [origin]", "policy_vocabulary_entry"),
        ("label: Correct,", "title: Correct,", "policy_vocabulary_entry"),
        ("  bank: Bank account", "  Bank Account: Bank account", "policy_vocabulary_entry"),
        ("  bank: Bank account", "  bank:", "policy_vocabulary_entry"),
    ],
)
def test_a_mistake_in_the_vocabulary_is_refused(texts, old, new, code):
    assert refused(texts, "vocabulary", old, new).code == code


def test_hostile_yaml_is_not_run(texts):
    error = refused(texts, "vocabulary", "name: Name", "name: !!python/object/apply:os.getcwd []")
    assert error.code == "policy_vocabulary_unreadable"


def test_the_version_changes_with_any_text(texts):
    version = CedarPolicies.from_texts(**texts).version
    assert re.fullmatch("[0-9a-f]{64}", version)
    for which, text in texts.items():
        comment = "#" if which == "vocabulary" else "//"
        assert CedarPolicies.from_texts(**{**texts, which: f"{text}{comment} x\n"}).version != version


def test_every_policy_has_a_sentence_above_it(texts, engine):
    lines = texts["policies"].splitlines()
    for number, line in enumerate(lines):
        if line.startswith("@id("):
            assert re.fullmatch(r"// [A-Z].{15,}\.", lines[number - 1]), line
    assert sum(line.startswith("@id(") for line in lines) == len(engine.policy_ids)


def test_the_labels_marked_for_translation_are_those_of_the_vocabulary(engine):
    spoken = {label for section in engine.vocabulary.labels.values() for label in section.values()}
    assert spoken == LABELS


def test_a_denial_is_explained_unless_that_would_tell_about_the_person(engine):
    forbids = {name for name, effect in engine.policy_ids.items() if effect == "forbid"}
    about_the_person = {"relation", "restricted", "objected", "legal_hold", "assigned"}
    telling = {
        policy.id for policy in engine.loaded.policies.values() if policy.attributes & about_the_person
    }
    assert set(DENIALS) <= forbids
    assert not set(DENIALS) & telling
