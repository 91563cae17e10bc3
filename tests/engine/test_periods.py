"""Periods end when Regulation 1182/71 says so, and say how they were computed."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecause.engine import periods

VECTORS = json.loads((Path(__file__).parent / "vectors_periods.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["months"], ids=lambda v: f"{v['country']}-{v['received']}")
def test_months_and_promises_agree_with_the_vectors(vector):
    received, country = date.fromisoformat(vector["received"]), vector["country"]
    month = periods.one_month(received=received, country=country).due
    promised = periods.promise(received, days=30).due
    assert month.isoformat() == vector["one_month"]
    assert periods.plus(received, country=country, months=3).due.isoformat() == vector["three_months"]
    assert promised.isoformat() == vector["plus30"]
    assert min(month, promised).isoformat() == vector["work_due"]


@pytest.mark.parametrize("vector", VECTORS["hours"], ids=lambda v: f"{v['aware']}-{v['hours']}")
def test_hour_clocks_agree_with_the_vectors(vector):
    aware = datetime.fromisoformat(vector["aware"]).replace(tzinfo=ZoneInfo("Europe/Brussels"))
    due = periods.hours_clock(aware, hours=vector["hours"]).due
    assert due.replace(tzinfo=None) == datetime.fromisoformat(vector["due"])


def test_a_period_explains_each_day_it_was_moved_by():
    period = periods.one_month(received=date(2026, 11, 25), country="BE")
    assert [step.code for step in period.steps] == ["period_months", *["period_rolled"] * 3]
    assert "Christmas Day in BE" in period.steps[1].text
    assert "Saturday" in period.steps[2].text


def test_a_short_period_holds_two_working_days():
    friday = date(2026, 11, 20)
    assert periods.plus(friday, country="BE", days=2).due == date(2026, 11, 24)
    assert periods.plus(friday, country="BE", days=1).due == date(2026, 11, 23)


def test_a_subdivision_adds_its_own_holidays():
    assert periods.is_working_day(date(2026, 4, 6), "GB")
    assert not periods.is_working_day(date(2026, 4, 6), "GB-ENG")


def test_hours_really_pass_when_the_clocks_change():
    aware = datetime(2026, 10, 24, 16, 20, tzinfo=ZoneInfo("Europe/Paris"))
    due = periods.hours_clock(aware, hours=24).due
    assert due.astimezone(UTC) == datetime(2026, 10, 25, 15, 0, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        periods.hours_clock(datetime(2026, 1, 1, 12), hours=72)


def test_a_period_is_either_months_or_days():
    with pytest.raises(ValueError, match="either"):
        periods.plus(date(2026, 1, 1), country="BE", months=1, days=1)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    country=st.sampled_from(["BE", "NL", "FR", "GB", "PL", "SE", "DE", "XX"]),
)
def test_every_moment_lies_within_its_local_day(moment, country):
    day = periods.local_day(moment, country)
    assert periods.end_of_day(day - timedelta(days=1), country) <= moment < periods.end_of_day(day, country)


def test_the_day_of_a_country_begins_before_or_after_that_of_utc():
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert periods.local_day(late, "BE") == date(2026, 11, 3)
    assert periods.local_day(late, "GB") == date(2026, 11, 2)
