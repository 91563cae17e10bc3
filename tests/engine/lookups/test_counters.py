"""Counters that run along: an hour without reasons, as it happens."""

from datetime import timedelta

from duecause.engine.lookups.counters import Look, State, update
from tests.engine.lookups.worlds import MONDAY, RULES


def look(customer: str, minute: float, *, explained: bool = False, number: int | None = None) -> Look:
    return Look(customer, MONDAY + timedelta(minutes=minute), explained, number=number)


def after(*looks: Look) -> tuple[State, list[str]]:
    state, said = State(), []
    for each in looks:
        state, notices = update(state, each, RULES)
        said += notices
    return state, said


def test_the_fourth_customer_without_reason_within_an_hour_is_told_once() -> None:
    state, said = after(*(look(f"c{n}", n) for n in range(6)))
    assert said == ["burst"] and (state.unexplained, state.customers) == (6, 6)


def test_the_same_customer_again_is_no_further_customer() -> None:
    state, said = after(*(look("c", n) for n in range(6)))
    assert said == [] and (state.unexplained, state.customers) == (6, 1)


def test_explained_looks_count_for_nothing() -> None:
    assert after(*(look(f"c{n}", n, explained=True) for n in range(9))) == (State(), [])


def test_an_hour_later_the_count_begins_anew() -> None:
    state, said = after(*(look(f"c{n}", n) for n in range(3)), look("later", 62.5))
    assert said == [] and state.customers == 1


def test_consecutive_numbers_are_told_and_distant_ones_are_not() -> None:
    assert after(look("a", 0, number=100), look("b", 1, number=101))[1] == ["sequential"]
    assert after(look("a", 0, number=100), look("b", 1, number=400))[1] == []
    assert after(look("a", 0, number=100), look("b", 30, number=101))[1] == []
