"""When data go: what the rules promise, for any rules and any dated facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecause.engine.periods import local_day, months_after
from duecause.engine.retention import ENDING, OF_RULES, Action, Book, Facts, Hold, Rule, Trigger, Why

PURPOSES = ("sales", "news", "contract")
FIELDS = ("phone", "email", "birth_date")
TODAY = date(2026, 11, 2)

days = st.dates(date(2015, 1, 1), date(2032, 12, 31))
rules = st.builds(
    Rule,
    purpose=st.sampled_from(PURPOSES),
    trigger=st.sampled_from(Trigger),
    action=st.sampled_from(OF_RULES),
    months=st.integers(0, 120),
    field=st.sampled_from(("", *FIELDS)),
)
books = st.builds(
    lambda found, purposes: Book(tuple(found), purposes),
    st.lists(rules, max_size=8),
    st.dictionaries(st.sampled_from(FIELDS), st.lists(st.sampled_from(PURPOSES), unique=True)),
)
facts = st.builds(
    lambda dates, running: Facts(FIELDS, dates, frozenset(running - dates.keys())),
    st.dictionaries(st.sampled_from(Trigger), days),
    st.sets(st.sampled_from(Trigger)),
)


def book(*found: Rule, purposes: tuple[str, ...] = ("sales",)) -> Book:
    return Book(found, {"phone": purposes})


def one(found: Book, holds: tuple[Hold, ...] = (), running: frozenset[Trigger] = frozenset(), **dates: date):
    known = Facts(("phone",), {Trigger(name): day for name, day in dates.items()}, running)
    (fate,) = found.fates(known, holds)
    return fate


def erase(purpose: str, trigger: Trigger, months: int = 0, **more) -> Rule:
    return Rule(purpose, trigger, Action.ERASE, months=months, **more)


SALES = erase("sales", Trigger.LAST_CONTACT, 24, marketing=True)
CONTRACT = erase("contract", Trigger.CONTRACT_ENDED, 84)


@given(books, facts, st.integers(1, 60), st.integers(0, 7))
def test_a_longer_period_never_makes_anything_go_earlier(found, known, more, which):
    if not found.rules:
        return
    place = which % len(found.rules)
    longer = [
        Rule(r.purpose, r.trigger, r.action, r.months + more, r.days, r.field) if n == place else r
        for n, r in enumerate(found.rules)
    ]
    before, after = found.fates(known), Book(tuple(longer), found.purposes).fates(known)
    for old, new in zip(before, after, strict=True):
        assert old.why == new.why and (old.end is None) == (new.end is None)
        if old.end and new.end:
            assert new.end.until >= old.end.until


@given(books, facts, days)
def test_nothing_is_due_under_a_hold(found, known, today):
    held = found.fates(known, (Hold("legal_claim"),))
    assert all(fate.due(today) is None for fate in held)
    assert [fate.overdue(today) for fate in held] == [fate.overdue(today) for fate in found.fates(known)]


@given(books, facts, days)
def test_a_hold_on_one_field_leaves_the_others_alone(found, known, today):
    free = found.fates(known)
    held = found.fates(known, (Hold("court_order", frozenset({"phone"})),))
    for before, after in zip(free, held, strict=True):
        assert after.due(today) == (None if after.field == "phone" else before.due(today))


@given(books, facts)
def test_the_last_purpose_to_end_decides(found, known):
    """A field lives at least as long as under any one of its purposes alone."""
    for fate in found.fates(known):
        for purpose in found.purposes.get(fate.field, ()):
            (alone,) = Book(found.rules, {fate.field: [purpose]}).fates(
                Facts((fate.field,), known.dates, known.running)
            )
            if Why.NO_RULE not in (alone.why, fate.why) and fate.end is not None:
                assert alone.end is not None and alone.end.until <= fate.end.until


@given(books, facts)
def test_what_ends_does_so_by_the_day_of_its_rule_and_at_last(found, known):
    for fate in found.fates(known):
        untils = [ending.until for ending in fate.endings]
        assert untils == sorted(untils)
        for ending in fate.endings:
            assert ending.until == ending.rule.until(known.dates[ending.rule.trigger])
        assert all(ending.action not in ENDING for ending in fate.endings[:-1])


@given(books, facts)
def test_what_no_rule_speaks_of_stays_as_long_as_anything_else_of_the_record(found, known):
    fates = found.fates(known)
    ends = [fate.end for fate in fates if fate.why != Why.NO_RULE]
    for fate in fates:
        if not found.purposes.get(fate.field) or not found.rules:
            assert fate.why == Why.NO_RULE
        if fate.why == Why.NO_RULE and (not ends or None in ends):
            assert not fate.endings
        elif fate.why == Why.NO_RULE:
            assert fate.end is not None and fate.end.until == max(end.until for end in ends)


@pytest.mark.parametrize(
    ("start", "months", "until"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2026, 11, 2), 24, date(2028, 11, 2)),
    ],
)
def test_months_end_where_the_calendar_ends(start, months, until):
    fate = one(book(erase("sales", Trigger.OBTAINED, months)), obtained=start)
    assert fate.end is not None and fate.end.until == until == months_after(start, months)
    assert fate.due(until) is None
    assert fate.due(until + timedelta(days=1)) == fate.end


def test_the_same_moment_ends_on_another_day_where_the_controller_is():
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    in_brussels = local_day(moment, "BE")
    assert (in_brussels, moment.date()) == (date(2026, 2, 1), date(2026, 1, 31))
    rule = erase("sales", Trigger.RECORDED, 1)
    assert rule.until(in_brussels) == date(2026, 3, 1)
    assert rule.until(moment.date()) == date(2026, 2, 28)


def test_of_one_purpose_the_first_event_decides():
    found = book(SALES, erase("sales", Trigger.OBJECTED, days=30, marketing=True))
    fate = one(found, last_contact=date(2026, 10, 1), objected=date(2026, 10, 20))
    assert fate.end is not None and fate.end.until == date(2026, 11, 19)


def test_a_running_contract_keeps_what_marketing_has_done_with():
    found = book(SALES, CONTRACT, purposes=("sales", "contract"))
    fate = one(found, running=frozenset({Trigger.CONTRACT_ENDED}), last_contact=date(2024, 1, 1))
    assert fate.why == Why.RUNNING and fate.end is None
    due = fate.due(TODAY)
    assert due is not None and due.action == Action.LEAVE_MARKETING and due.rule == SALES


def test_a_record_without_contract_is_not_kept_for_one():
    fate = one(book(SALES, CONTRACT, purposes=("sales", "contract")), last_contact=date(2024, 1, 1))
    due = fate.due(TODAY)
    assert due is not None and due.action == Action.ERASE and due.rule == SALES


def test_a_rule_for_a_field_takes_the_place_of_those_of_its_purpose():
    short = erase("sales", Trigger.OBTAINED, 1, field="phone")
    fate = one(book(SALES, short), last_contact=TODAY, obtained=date(2026, 9, 1))
    assert fate.end is not None and fate.end.rule == short


def test_what_is_restricted_first_is_erased_later():
    stored = Rule("sales", Trigger.CONTRACT_ENDED, Action.RESTRICT, months=12)
    gone = erase("sales", Trigger.CONTRACT_ENDED, 84)
    fate = one(book(stored, gone), contract_ended=date(2025, 1, 15))
    assert [(each.action, each.until) for each in fate.endings] == [
        (Action.RESTRICT, date(2026, 1, 15)),
        (Action.ERASE, date(2032, 1, 15)),
    ]


def test_restricting_alone_keeps_for_ever_and_says_so():
    fate = one(book(Rule("sales", Trigger.OBTAINED, Action.RESTRICT, months=1)), obtained=date(2020, 1, 1))
    assert fate.why == Why.RESTRICTED and fate.end is None
