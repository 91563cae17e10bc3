"""When somebody must be told about data that came from others (GDPR Art. 14)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecause.engine.notices import (
    FULL,
    OVERDUE,
    UNTOLD,
    Facts,
    load_policy,
    newest_overdue,
    standing,
    stops_contact,
)
from duecause.engine.periods import is_working_day
from duecause.engine.problems import Refused
from duecause.packs import law

POSITION = law.notice_policy().on(date(2026, 11, 27))
COUNTRIES = ("BE", "NL", "FR", "PL", "SE", "DE")
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
maybe = st.none() | days
facts = st.builds(
    Facts,
    kind=st.sampled_from(["data_subject", "controller", "third_party", "public"]),
    recorded_on=days,
    obtained_on=maybe,
    told_on=maybe,
    exempt=st.sampled_from(["", "told_by_source"]),
    contacted_on=maybe,
    contact_said_it=st.booleans(),
    disclosed_on=maybe,
)


def test_a_month_from_receipt_and_not_thirty_days():
    """31 January has no date in February; 28 February 2026 is a Saturday (Reg. 1182/71 Art. 3(2)(c), (4))."""
    got = standing(
        Facts("third_party", recorded_on=date(2026, 2, 3), obtained_on=date(2026, 1, 31)),
        POSITION,
        today=date(2026, 2, 20),
        country="BE",
    )
    assert (got.state, got.due) == ("due", date(2026, 3, 2))


def test_an_unknown_day_runs_from_the_recording_and_says_so():
    got = standing(
        Facts("third_party", recorded_on=date(2026, 11, 2)), POSITION, today=date(2026, 12, 3), country="BE"
    )
    assert (got.state, got.due) == ("overdue", date(2026, 12, 2))
    assert "notice_unknown_date" in [problem.code for problem in got.why]


def test_a_day_after_the_recording_is_not_believed():
    got = standing(
        Facts("third_party", recorded_on=date(2026, 11, 2), obtained_on=date(2027, 5, 1)),
        POSITION,
        today=date(2026, 11, 3),
        country="BE",
    )
    assert got.received_on == date(2026, 11, 2)
    assert "notice_future_date" in [problem.code for problem in got.why]


def test_a_contact_that_did_not_say_where_the_data_came_from_makes_it_due_that_day():
    called = Facts("third_party", recorded_on=date(2026, 11, 2), contacted_on=date(2026, 11, 9))
    assert standing(called, POSITION, today=date(2026, 11, 10), country="BE").state == "overdue"
    said = replace(called, contact_said_it=True)
    assert standing(said, POSITION, today=date(2026, 11, 10), country="BE").due == date(2026, 12, 2)
    strict = replace(POSITION, first_contact=FULL)
    assert standing(said, strict, today=date(2026, 11, 10), country="BE").state == "overdue"


@given(facts, days, st.sampled_from(COUNTRIES))
def test_the_state_says_what_the_facts_say(known, today, country):
    got = standing(known, POSITION, today=today, country=country)
    if known.kind not in ("third_party", "public") or known.exempt:
        assert (got.state, got.due) == ("not_needed", None)
        return
    assert got.due is not None
    received = min(known.recorded_on, known.obtained_on or known.recorded_on)
    assert got.received_on == received
    # Never later than a month and the next working day, which the longest run of holidays puts a week later.
    assert got.due <= received + timedelta(days=31 + 7)
    if known.told_on is not None:
        assert got.state == "sent"
        assert got.late == (known.told_on > got.due)
    else:
        assert got.state == ("overdue" if today > got.due else "due")


@given(facts, days, st.sampled_from(COUNTRIES))
def test_time_alone_never_makes_an_overdue_notice_due_again(known, today, country):
    before = standing(known, POSITION, today=today, country=country)
    after = standing(known, POSITION, today=today + timedelta(days=1), country=country)
    assert before.due == after.due
    assert (before.state, after.state) != ("overdue", "due")


@given(facts, maybe, days, st.sampled_from(COUNTRIES))
def test_a_contact_or_a_disclosure_never_gives_more_time(known, other, today, country):
    bare = replace(known, contacted_on=None, disclosed_on=None)
    one = standing(bare, POSITION, today=today, country=country)
    two = standing(replace(bare, contacted_on=other), POSITION, today=today, country=country)
    three = standing(replace(bare, disclosed_on=other), POSITION, today=today, country=country)
    if one.due is not None:
        assert two.due <= one.due
        assert three.due <= one.due


@given(days, days, st.sampled_from(COUNTRIES))
def test_comparing_days_finds_exactly_the_overdue_ones(received, today, country):
    last = newest_overdue(POSITION, today=today, country=country)
    got = standing(Facts("public", recorded_on=received), POSITION, today=today, country=country)
    assert (received <= last) == (got.state == "overdue")


@given(facts, days, st.booleans(), st.booleans())
def test_nobody_is_called_who_is_overdue_or_would_hear_of_it_first_by_the_call(
    known, today, short_notice, to_controller
):
    found = standing(known, POSITION, today=today, country="BE")
    stopped = stops_contact(
        known,
        POSITION,
        today=today,
        country="BE",
        short_notice=short_notice,
        to_controller=to_controller,
    )
    expected = {"overdue": OVERDUE, "sent": None, "not_needed": None}.get(found.state, UNTOLD)
    if found.state == "due" and short_notice and not to_controller:
        expected = None
    assert stopped == expected


def test_the_last_day_is_a_working_day_of_the_controller():
    day = date(2026, 1, 1)
    while day < date(2027, 1, 1):
        assert is_working_day(POSITION.due(day, "PL"), "PL"), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("months: 1", "months: 0", "notice_position"),
        ("first_contact: short_notice", "first_contact: whatever", "yaml_choice"),
        ("valid_to: null", "valid_to: 2026-01-01", "notice_positions"),
        ("processor_is_recipient: false", "processor_is_recipient: perhaps", "yaml_type"),
    ],
)
def test_a_pack_that_leaves_the_answer_open_is_refused(old, new, code):
    text = law.texts()[law.NOTICES_FILE].replace(old, new, 1)
    with pytest.raises(Refused) as refused:
        load_policy(text, file="notices.yaml")
    assert refused.value.code == code or (code.startswith("yaml") and "notices.yaml" in str(refused.value))
