"""However calls are spread, no stretch of days holds more than a cap allows, and no day opens later than it
must."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecause.engine.attempts import Cap, Made, full

FIRST = date(2026, 1, 1)
FRENCH = Cap(4, 30, "fr")


def day(n):
    return FIRST + timedelta(days=n)


def made(*days, **about):
    return [Made(day(n), **about) for n in days]


@pytest.mark.parametrize(
    ("days", "on", "opens"),
    [
        ([], 0, None),
        ([0, 0, 0], 0, None),  # a fourth on the same day is still allowed
        ([0, 0, 0, 0], 0, 30),
        ([0, 5, 9, 12], 12, 30),
        ([0, 5, 9, 12], 29, 30),  # the thirtieth day still counts the first
        ([0, 5, 9, 12], 30, None),
        ([0, 5, 9, 12, 30], 30, 35),
        ([0, 0, 0, 0, 0, 0], 3, 30),  # more than allowed were made all the same
        ([9, 9, 9, 9], 3, 39),  # known of a day to come: a list is screened for a day ahead of calls
    ],
)
def test_the_fourth_call_closes_and_the_first_one_leaving_opens(days, on, opens):
    found = full(made(*days), [FRENCH], on=day(on))
    assert (found and found.opens) == (None if opens is None else day(opens))


def test_the_strictest_of_several_caps_decides():
    own = Cap(2, 7, "PUMP", "campaign")
    found = full(made(0, 1, campaign=7), [FRENCH, own], on=day(2), campaign=7)
    assert (found.cap, found.made, found.opens) == (own, 2, day(7))
    assert full(made(0, 1, campaign=8), [FRENCH, own], on=day(2), campaign=7) is None


def test_a_cap_of_a_centre_counts_its_own_calls():
    cap = Cap(1, 7, "x", "centre")
    assert full(made(0, centre=1), [cap], on=day(0), centre=2) is None
    assert full(made(0, centre=1), [cap], on=day(0), centre=1)


@given(
    caps=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 40)), min_size=1, max_size=3),
    wanted=st.lists(st.integers(0, 120), max_size=60),
)
def test_who_calls_only_when_told_so_never_exceeds_any_cap(caps, wanted):
    rules = [Cap(most, days, f"{most}/{days}") for most, days in caps]
    calls: list[Made] = []
    for n in sorted(wanted):
        found = full(calls, rules, on=day(n))
        if found is None:
            calls.append(Made(day(n)))
            continue
        assert found.opens > day(n)
        before = found.opens - timedelta(days=1)
        assert full(calls, rules, on=before) is not None, "it does not open later than it must"
        assert full(calls, [found.cap], on=found.opens) is None, "and it does open then"
    for rule in rules:
        for n in range(121):
            within = [call for call in calls if day(n) <= call.on < day(n) + timedelta(days=rule.days)]
            assert len(within) <= rule.most
