"""The standing of a consent is what its events say, in whatever order and however often they arrive."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duecause.engine.consents import (
    DECIDING,
    EXPIRED,
    GIVEN,
    GIVING,
    REQUESTED,
    STATES,
    WITHDRAWN,
    Said,
    Standing,
    fold,
)

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)
EVENTS = st.lists(
    st.builds(
        Said,
        at=st.integers(0, 40).map(lambda hours: START + timedelta(hours=hours)),
        key=st.text("abcdef", min_size=3, max_size=3),
        state=st.sampled_from(STATES),
        valid_to=st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    ),
    max_size=12,
    unique_by=lambda event: (event.at, event.key),
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_order_of_arrival_and_replays_change_nothing(events, random):
    shuffled = [*events, *events[: len(events) // 2]]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(events)


@given(EVENTS)
def test_it_holds_exactly_when_the_newest_deciding_word_is_a_yes_that_still_runs(events):
    newest = max(
        (event for event in events if event.state in DECIDING), key=lambda e: (e.at, e.key), default=None
    )
    runs = newest is not None and newest.state in GIVING and (newest.valid_to or DAY) >= DAY
    assert fold(events).holds(DAY) is runs


@given(EVENTS)
def test_nothing_but_a_yes_makes_it_hold(events):
    assert not fold(event for event in events if event.state not in GIVING).holds(DAY)


@given(EVENTS)
def test_a_question_never_changes_what_was_decided(events):
    decided = [event for event in events if event.state in DECIDING]
    asked, unasked = fold(events), fold(decided)
    assert asked.holds(DAY) == unasked.holds(DAY)
    if decided:
        assert asked.state == unasked.state or unasked.state == ""


@given(EVENTS)
def test_after_a_withdrawal_only_a_later_yes_holds_again(events):
    last = START + timedelta(hours=50)
    ended = [*events, Said(last, "zzz", WITHDRAWN)]
    assert fold(ended).state == WITHDRAWN
    assert fold([*ended, Said(last + timedelta(hours=1), "a", EXPIRED)]).state == WITHDRAWN
    assert fold([*ended, Said(last + timedelta(hours=1), "a", GIVEN)]).holds(DAY)


def test_a_yes_whose_time_is_over_has_expired_before_anybody_notes_it():
    standing = fold([Said(START, "a", GIVEN, date(2026, 2, 1))])
    assert (standing.on(date(2026, 2, 1)), standing.on(date(2026, 2, 2))) == (GIVEN, EXPIRED)


def test_a_question_without_answer_is_only_a_question():
    assert fold([Said(START, "a", REQUESTED)]) == Standing(REQUESTED, START, None, START)
