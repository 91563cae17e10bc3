"""Nobody is called outside the hours of the rules, in their own zone; where the zone is unknown, never."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecause.engine.phone import zone_of
from duecause.engine.screening.calling_times import CallingTimes, hours_of
from duecause.engine.screening.law import load_book, rule_in_force
from tests.engine.screening.builders import BOOK, SHIPPED

TIMES = CallingTimes(BOOK)
ZONES = {country: zone_of(country) for country in BOOK.packs}


def at(country, moment, **place):
    place.setdefault("zone", ZONES[country])
    return TIMES.at(country, datetime.fromisoformat(moment), **place)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-27T09:59+01:00", False),
        ("2026-11-27T10:00+01:00", True),
        ("2026-11-27T12:59:59+01:00", True),
        ("2026-11-27T13:00+01:00", False),
        ("2026-11-27T14:00+01:00", True),
        ("2026-11-27T20:00+01:00", False),
        ("2026-11-28T11:00+01:00", False),  # a Saturday
        ("2026-11-11T11:00+01:00", False),  # Armistice Day, a Wednesday
        ("2023-02-28T23:00+01:00", True),  # the day before the decree
        ("2026-03-30T08:30+00:00", True),  # the first Monday of summer time: 10:30
        ("2026-03-27T08:30+00:00", False),  # the Friday before: 09:30
    ],
)
def test_french_hours_are_those_of_the_person_called(moment, is_open):
    assert at("FR", moment).open is is_open


def test_a_closed_hour_says_when_the_next_call_is_allowed():
    assert at("FR", "2026-11-27T13:20+01:00").next_open == datetime(2026, 11, 27, 13, tzinfo=UTC)
    friday_night = at("FR", "2026-11-27T21:00+01:00")
    assert (friday_night.rule, friday_night.next_open) == (
        "fr-window-2023",
        datetime(2026, 11, 30, 9, tzinfo=UTC),
    )
    # Good Friday (a holiday in Alsace and Moselle), the weekend and Easter Monday
    assert at("FR", "2026-04-02T20:30+02:00").next_open == datetime(2026, 4, 7, 8, tzinfo=UTC)


def test_a_known_subdivision_has_its_own_holidays_only():
    good_friday = "2026-04-03T11:00+02:00"
    assert not at("FR", good_friday).open
    assert not at("FR", good_friday, subdivision="57").open
    assert at("FR", good_friday, subdivision="974").open


def test_an_evening_may_end_early():
    assert at("NL", "2026-12-24T18:29+01:00").until == datetime(2026, 12, 24, 17, 30, tzinfo=UTC)
    assert not at("NL", "2026-12-24T18:30+01:00").open
    assert at("NL", "2026-12-23T18:30+01:00").open


def test_the_canary_islands_are_an_hour_behind_the_mainland():
    moment = "2026-11-27T08:30+00:00"
    assert at("ES", moment, zone=zone_of("ES", 34910000000)).open
    assert not at("ES", moment, zone=zone_of("ES", 34928000000)).open


def test_an_unknown_zone_is_closed_where_hours_hold_and_open_where_none_do():
    noon = "2026-11-27T12:00+01:00"
    closed = at("FR", noon, zone="")
    assert (closed.open, closed.zone_unknown, closed.next_open) == (False, True, None)
    assert at("BE", noon, zone="").open
    assert at("FR", "2022-11-27T12:00+01:00", zone="").open


def test_a_country_without_a_pack_has_no_hours():
    assert TIMES.at("ZZ", datetime(2026, 11, 27, tzinfo=UTC), zone="").open


NEW = """country: LU
name: Luxembourg
as_of: 2026-11-27
zone: Europe/Luxembourg
rules:
  - id: lu-window
    kind: calling_window
    time_zone: called_party
    hours: {mon: ["09:00-12:00"], tue: [], wed: [], thu: [], fri: [], sat: [], sun: []}
    valid_from: 2026-01-01
    valid_to: 2026-12-31
    law: "Invented"
    sources: ["https://example.org"]
    confidence: M
    reviewed_by: null
"""


def test_a_new_country_is_one_file_with_its_own_zone_and_its_rules_end():
    times = CallingTimes(load_book({**SHIPPED, "lu.yaml": NEW}))
    monday = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert times.at("LU", monday, zone="").next_open == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert times.at("LU", monday + timedelta(hours=2), zone="").open
    last = datetime(2026, 12, 30, 12, tzinfo=UTC)
    assert times.at("LU", last, zone="").next_open == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert times.at("LU", last + timedelta(days=5), zone="").open


moments = st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))


@given(moments, st.sampled_from(["FR", "NL", "ES", "IT"]))
def test_what_it_says_of_the_clock_holds_by_the_clock(moment, country):
    """Open and closed agree with the hours of the local day; until one and the next nothing changes."""

    def by_the_clock(when):
        local = when.astimezone(ZoneInfo(ZONES[country]))
        rule = rule_in_force(BOOK.packs[country], "calling_window", local.date())
        return any(start <= local.time() < end for start, end in hours_of(rule, local.date(), country))

    found = TIMES.at(country, moment, zone=ZONES[country])
    assert found.open == by_the_clock(moment)
    turn = found.until or found.next_open
    assert by_the_clock(turn) is not found.open
    assert by_the_clock(turn - timedelta(seconds=1)) is found.open


def test_hours_are_asked_for_a_day_too():
    rule = rule_in_force(BOOK.packs["IT"], "calling_window", date(2026, 12, 8))
    assert hours_of(rule, date(2026, 12, 8), "IT") == ()
    assert len(hours_of(rule, date(2026, 12, 9), "IT")) == 1
