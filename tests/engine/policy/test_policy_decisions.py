"""The packaged policies decide what their rules say, and nothing undecidable is ever allowed."""

import json
import random

import cedarpy
import pytest

from duecause.engine.policy.facts import FACT_NAMES
from duecause.engine.policy.loading import context_of
from tests.engine.policy import reference

REQUESTS = 5_000


def test_cedar_and_the_plain_reference_agree_on_every_request_and_its_policies(engine):
    rng = random.Random(20260811)
    allowed = 0
    for _ in range(REQUESTS):
        profile, action, group, facts = reference.random_request(rng, engine.vocabulary)
        explained = engine.explain(profile=profile, action=action, resource=group, facts=facts)
        assert (explained.allowed, explained.policy_ids) == reference.decide(profile, action, group, facts)
        assert explained.errors == ()
        allowed += explained.allowed
    assert 0.15 < allowed / REQUESTS < 0.85


def test_a_request_without_any_one_fact_is_never_allowed(engine):
    rng = random.Random(7)
    seen = 0
    while seen < 150:
        profile, action, group, facts = reference.random_request(rng, engine.vocabulary)
        if not reference.decide(profile, action, group, facts)[0]:
            continue
        seen += 1
        for missing in FACT_NAMES:
            context = context_of(facts)
            del context[missing]
            (result,) = engine._ask(profile, action, "Field", (group,), json.dumps(context))
            assert result.decision is not cedarpy.Decision.Allow, missing
            assert result.diagnostics.errors, missing


@pytest.mark.parametrize("fact", FACT_NAMES)
def test_a_fact_of_unknown_value_is_denied_with_an_error(engine, facts, fact):
    wrong = facts(**{fact: "perhaps"})
    decided = engine.decide(profile="inbound", action="view", facts=wrong)
    explained = engine.explain(profile="inbound", action="view", resource="name", facts=wrong)
    assert decided.groups == frozenset() and decided.errors
    assert not explained.allowed and explained.errors


@pytest.mark.parametrize(
    ("profile", "action"), [("nobody", "view"), ("inbound", "steal"), ("inbound", "use")]
)
def test_an_unknown_profile_or_action_is_denied_with_an_error(engine, facts, profile, action):
    answer = engine.allow_set(profile=profile, action=action, facts=facts())
    assert answer.groups == frozenset()
    assert answer.errors


def test_the_allow_set_says_group_by_group_what_explain_says(engine):
    rng = random.Random(3)
    for _ in range(60):
        profile, action, _, facts = reference.random_request(rng, engine.vocabulary)
        answer = engine.allow_set(profile=profile, action=action, facts=facts)
        for group in engine.vocabulary.groups:
            explained = engine.explain(profile=profile, action=action, resource=group, facts=facts)
            assert explained.allowed == (group in answer.groups)
            assert not explained.allowed or answer.permits[group] == explained.policy_ids


def test_a_denial_by_default_names_the_permits_that_were_near(engine, facts):
    explained = engine.explain(
        profile="inbound", action="reveal", resource="phone", facts=facts(link="work_order")
    )
    assert not explained.allowed
    assert explained.policy_ids == ()
    assert explained.needed == ("emergency-reveal-contact", "inbound-reveal-contact")
