"""A target with thousands of due steps, or a slow one, delays the others by its share and no more."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from duecause.apps.obligations import actions
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.runner import Round
from tests.support.world import NOW

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
Claim = Callable[[], list[Step]]


def due(kind: str, system: str, count: int, *, deadline: timedelta | None = None) -> None:
    """So many obligations with one due step each."""
    made = Obligation.objects.bulk_create(Obligation(kind=kind, opened_at=NOW) for _ in range(count))
    Step.objects.bulk_create(
        Step(obligation=one, system=system, next_at=NOW, deadline=deadline and NOW + deadline) for one in made
    )


def served(claim: Claim, turns: int) -> list[tuple[str, str]]:
    """Whom the next turns of a worker serve; each step is done at once."""
    found = []
    for _ in range(turns):
        for step in claim():
            Step.objects.filter(pk=step.pk).update(state=Step.State.DONE)
            found.append((step.obligation.kind, step.system))
    return found


def fair() -> Claim:
    turn = Round()
    return lambda: turn.claim(worker="w", now=NOW)


def greedy() -> Claim:
    return lambda: actions.claim(worker="w", now=NOW)


def test_thousands_of_steps_for_one_partner_delay_another_by_one_share():
    due("dialling.ping", "CC-FLOOD", 3000, deadline=timedelta(hours=1))
    due("dialling.ping", "CC-QUIET", 1, deadline=timedelta(days=2))
    turns = served(fair(), Round.SHARE + 1)
    assert turns == [("dialling.ping", "CC-FLOOD")] * Round.SHARE + [("dialling.ping", "CC-QUIET")]


def test_without_shares_the_other_would_starve():
    """The control: the order by deadline alone."""
    due("dialling.ping", "CC-FLOOD", 50, deadline=timedelta(hours=1))
    due("dialling.ping", "CC-QUIET", 1, deadline=timedelta(days=2))
    assert ("dialling.ping", "CC-QUIET") not in served(greedy(), 50)


def test_a_flood_of_dated_work_in_our_own_house_leaves_room_for_work_without_a_date():
    due("rights.erase", "duecause", 200, deadline=timedelta(days=1))
    due("ledger.verify_daily", "duecause", 1)
    assert ("ledger.verify_daily", "duecause") in served(fair(), Round.SHARE + 1)


@pytest.mark.parametrize("seed", range(12))
def test_no_target_waits_longer_than_one_share_of_each_other_while_it_has_work(seed):
    """A simulation with random floods: between two turns of a target that has work, every other one is served
    at most twice its share (the end of one round and the start of the next), and all of it gets done."""
    chance = random.Random(seed)
    targets = [(f"kind.{n % 3}", f"S{n}") for n in range(chance.randint(2, 7))]
    left = {target: chance.choice((1, 2, 5, 30)) for target in targets}
    for (kind, system), count in left.items():
        deadline = chance.choice((None, timedelta(minutes=chance.randint(1, 5000))))
        due(kind, system, count, deadline=deadline)
    total, waited = sum(left.values()), dict.fromkeys(targets, 0)
    longest = 2 * Round.SHARE * (len(targets) - 1)
    claim = fair()
    for _ in range(total):
        [target] = served(claim, 1)
        left[target] -= 1
        waited = {one: 0 if one == target else waited[one] + bool(left[one]) for one in targets}
        assert max(waited.values()) <= longest, (seed, waited)
    assert served(claim, 1) == []


def test_within_a_round_the_nearest_deadline_still_comes_first():
    due("k", "FAR", 2, deadline=timedelta(days=9))
    due("k", "NEAR", 2, deadline=timedelta(days=1))
    assert served(fair(), 4) == [("k", "NEAR")] * 2 + [("k", "FAR")] * 2
