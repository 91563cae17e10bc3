"""What the policies let each profile do, in every situation, is what Cedar decides there."""

import random

import pytest

from duecause.engine.policy import CedarPolicies, Facts
from duecause.engine.policy.reach import AGAINST, KINDEST, reach_of
from duecause.engine.problems import Refused
from tests.engine.policy import reference


@pytest.fixture(scope="module")
def reach(engine):
    return reach_of(engine.loaded)


def facts_in(situation):
    stated = dict(KINDEST)
    for code, fact, value in AGAINST:
        if code == situation.against:
            stated[fact] = value
    place = {"link": situation.link, "purpose": situation.purpose, "workplace": situation.workplace}
    return Facts(**{**stated, **place})


def test_every_situation_of_every_square_is_as_the_reference_decides(reach):
    """Squares × situations are millions; each square is asked in some, drawn anew for each."""
    rng = random.Random(41)
    rows = reach.situations.rows
    allowed = 0
    for cell, truth in reach.allowed.items():
        yes = list(truth.nonzero()[0])
        for index in [*rng.choices(range(len(rows)), k=20), *(rng.choices(yes, k=8) if yes else ())]:
            expected = reference.decide(*cell, facts_in(rows[index]))[0]
            assert bool(truth[index]) == expected, (cell, rows[index])
            allowed += expected
    assert allowed > 1_000


def test_cedar_decides_the_same(engine, reach):
    rng = random.Random(43)
    for profile, action in rng.sample([(c[0], c[1]) for c in reach.allowed], 80):
        index = rng.randrange(len(reach.situations.rows))
        facts = facts_in(reach.situations.rows[index])
        groups = engine.allow_set(profile=profile, action=action, facts=facts).groups
        for group in engine.vocabulary.actions[action].groups:
            assert bool(reach.allowed[profile, action, group][index]) == (group in groups)


def test_a_condition_that_cannot_be_computed_is_refused_by_name(texts):
    odd = '\n// Likes names.\n@id("odd")\npermit (principal, action == Action::"find", resource)\n'
    odd += 'when { [Purpose::"sales"].containsAll([context.purpose]) };\n'
    engine = CedarPolicies.from_texts(**{**texts, "policies": texts["policies"] + odd})
    with pytest.raises(Refused) as caught:
        reach_of(engine.loaded)
    assert caught.value.code == "policy_not_analysable" and "odd" in str(caught.value)
