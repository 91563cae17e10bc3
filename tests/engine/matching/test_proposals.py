"""The model proposes pairs that no rule reaches, in memory alone, and is not loaded before it is needed."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.matching_parts.ours import identity_of
from benchmarks.matching_parts.people import World
from duecause.engine.matching import proposals
from duecause.engine.matching.linking import candidate_pairs
from duecause.engine.matching.proposals import Limits, Register, worth_asking
from duecause.engine.matching.rules import Evidence, Verdict


@pytest.fixture(scope="module")
def rows():
    return World(people=1_200, seed=7).rows()


@pytest.fixture(scope="module")
def register(rows):
    with Register(Limits(memory_mb=500, threads=1)) as made:
        identities = [identity_of(row) for row in rows]
        made.add(identities[:700])
        made.add(identities[700:])
        yield made


def test_the_model_finds_people_whom_the_rules_cannot_see(rows, register):
    proposed = {(a, b): p for a, b, p in register.proposals()}
    seen = candidate_pairs(dict(enumerate(identity_of(row) for row in rows)))
    unseen = [(a, b) for a, b in proposed.keys() - seen if rows[a].human == rows[b].human]
    assert len(unseen) > 20
    assert all(a < b and 0.5 <= p <= 1 for (a, b), p in proposed.items())


def test_proposals_come_most_probable_first_and_the_same_each_time(register):
    first, again = register.proposals(), register.proposals()
    assert first == again and [p for _, _, p in first] == sorted((p for _, _, p in first), reverse=True)


def test_scored_in_parts_the_same_pairs_come(register, monkeypatch):
    whole = {(a, b): p for a, b, p in register.proposals()}
    monkeypatch.setattr(proposals, "SCORED_AT_ONCE", 400)
    parts = {(a, b): p for a, b, p in register.proposals()}
    assert parts == pytest.approx(whole) and len(whole) > 100
    best = register.proposals(most=10)
    assert len(best) == 10 and min(p for _, _, p in best) >= sorted(whole.values())[-10]


def test_what_is_settled_is_not_asked_about(register):
    [one, other, *_] = register.proposals()
    rules = register.rule_pairs()
    persons = list(range(register.size))
    persons[one[1]] = persons[one[0]]
    register.settle(pa.array(persons, pa.int64()), [other[:2], rules[0]])
    try:
        assert not {one[:2], other[:2], rules[0]} & {(a, b) for a, b, _ in register.proposals()}
        assert rules[0] not in register.rule_pairs()
        assert register.proposals(most=1)[0][:2] not in (one[:2], other[:2]), "their place goes to the next"
    finally:
        register.settle(pa.array([], pa.int64()))


def test_where_nothing_can_be_learnt_the_model_says_nothing(rows):
    """No birth date at all: neither of the two things it compares by it has an example."""
    with Register() as undated:
        undated.add([replace(identity_of(row), birth=None) for row in rows])
        assert undated.proposals() == [] and undated.rule_pairs()


def test_pairs_for_the_rules_are_those_of_the_plain_way_without_other_first_names(rows, register):
    plain = candidate_pairs(dict(enumerate(identity_of(row) for row in rows)))
    same_first = {pair for pair in plain if rows[pair[0]].first == rows[pair[1]].first}
    assert same_first <= set(register.rule_pairs()) <= plain


def test_neighbours_are_those_who_share_something(rows, register):
    household = [n for n, row in enumerate(rows) if row.phone == rows[0].phone and row.phone]
    assert set(household) <= set(register.neighbours([0]))


def test_a_small_register_gets_no_model(rows):
    with Register() as few:
        few.add([identity_of(row) for row in rows[:50]])
        assert few.proposals() == []


def test_a_register_over_its_memory_is_refused_and_never_spilt(rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    identities = [identity_of(row) for row in rows] * 40
    with pytest.raises(MemoryError), Register(Limits(memory_mb=8, threads=1)) as small:
        small.add(identities)
        small.proposals()
    assert list(Path(tmp_path).iterdir()) == []


def test_another_generation_is_never_asked_about_and_a_housemate_seldom():
    def asked(rule, probability):
        return worth_asking(Evidence(Verdict.NONE, rule, ()), probability)

    assert not asked("other_generation", 1.0) and not asked("household", 0.99)
    assert asked("household", 0.9995) and asked("nothing_shared", 0.6) and not asked("nothing_shared", 0.4)


def test_splink_is_not_loaded_by_the_engine_or_the_room():
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'duecause.settings'; django.setup();"
        "import duecause.engine.matching.proposals, duecause.apps.register.jobs;"
        "sys.exit('splink' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
