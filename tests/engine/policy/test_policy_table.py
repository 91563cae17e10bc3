"""Who can see what, computed from the policies alone."""

import itertools

import pytest

from duecause.engine.policy import who_can_see
from duecause.engine.policy.facts import Facts
from tests.engine.policy import reference


@pytest.fixture(scope="module")
def table(engine):
    return who_can_see(engine)


def test_a_square_is_possible_exactly_when_some_facts_are_allowed(engine, table, facts):
    words = engine.vocabulary
    kindest: list[Facts] = [
        facts(link=link, purpose=purpose, workplace=place, mfa_fresh=True, assigned=True, break_glass=True)
        for link, purpose, place in itertools.product(words.links, words.purposes, words.workplaces)
    ]
    for (profile, action, group), square in table.items():
        reachable = any(reference.decide(profile, action, group, asked)[0] for asked in kindest)
        assert square.possible == reachable, (profile, action, group)


def test_each_square_names_the_permits_of_the_reference(table):
    for (profile, action, group), square in table.items():
        expected = {
            row[0] for row in reference.PERMITS if profile in row[1] and action == row[2] and group in row[3]
        }
        assert set(square.permits) == expected, (profile, action, group)


def test_the_table_answers_questions_about_the_whole_policy(engine, table):
    def who(group, *actions):
        return {p for (p, a, g), square in table.items() if g == group and a in actions and square.possible}

    every = tuple(engine.vocabulary.actions)
    assert who("special", *every) == who("national_id", *every) == {"privacy_officer"}
    assert who("bank", *every) == {"privacy_officer", "billing"}
    seeing = {"inbound", "outbound", "billing", "shop", "team_lead", "privacy_officer", "partner_agent"}
    assert who("phone", "find", "view", "reveal") == seeing
    assert who("phone", "call") == seeing - {"privacy_officer"} | {"warehouse", "technician"}
    assert who("birth", "find", "view", "reveal") == {"inbound", "privacy_officer"}
    assert who("accesses", *every) == {"privacy_officer"}
    nobody = {"administrator", "auditor"}
    assert not [square for (p, _, _), square in table.items() if p in nobody and square.possible]
