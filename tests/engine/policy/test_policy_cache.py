"""Allow-sets that are remembered are those that would be computed."""

import random
from dataclasses import replace

from duecause.engine.policy import CedarPolicies
from tests.engine.policy import reference


def test_a_remembered_allow_set_is_the_computed_one(texts):
    engine = CedarPolicies.from_texts(**texts)
    rng = random.Random(11)
    asked = [reference.random_request(rng, engine.vocabulary) for _ in range(400)]
    for profile, action, _, facts in asked + asked:
        remembered = engine.allow_set(profile=profile, action=action, facts=facts)
        assert remembered == engine.decide(profile=profile, action=action, facts=facts)


def test_facts_no_policy_asks_for_share_one_remembered_allow_set(engine, facts):
    first = engine.allow_set(profile="inbound", action="view", facts=facts(assigned=True, legal_hold=True))
    again = engine.allow_set(profile="inbound", action="view", facts=facts(assigned=False, legal_hold=False))
    assert first is again


def test_a_fact_that_some_policy_asks_for_is_part_of_the_question(engine, facts):
    rng = random.Random(5)
    for _ in range(120):
        profile, action, _, asked = reference.random_request(rng, engine.vocabulary)
        other = reference.random_request(rng, engine.vocabulary)[3]
        for fact in ("purpose", "link", "relation", "restricted", "objected", "mfa_fresh", "workplace"):
            changed = replace(asked, **{fact: getattr(other, fact)})
            engine.allow_set(profile=profile, action=action, facts=asked)
            answer = engine.allow_set(profile=profile, action=action, facts=changed)
            assert answer == engine.decide(profile=profile, action=action, facts=changed)


def test_the_memory_is_bounded(texts, facts):
    engine = CedarPolicies.from_texts(**texts, cache_size=4)
    for link in engine.vocabulary.links:
        engine.allow_set(profile="inbound", action="view", facts=facts(link=link))
    assert len(engine._cache) == 4
    last = engine.allow_set(profile="inbound", action="view", facts=facts(link="caller"))
    assert last == engine.decide(profile="inbound", action="view", facts=facts(link="caller"))
