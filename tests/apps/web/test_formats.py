from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from duecause.web.templatetags import formats

WINTER = datetime(2026, 11, 20, 17, 2, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "1,234,567"), ("nl", "1.234.567"), ("fr", "1\u202f234\u202f567"), ("pl", "1\u00a0234\u00a0567")],
)
def test_a_number_is_written_as_the_language_writes_it(language: str, shown: str) -> None:
    with translation.override(language):
        assert formats.number(1_234_567) == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "20 Nov 2026, 18:02 CET"), ("nl", "20 nov 2026, 18:02 CET"), ("de", "20.11.2026, 18:02 CET")],
)
def test_a_moment_has_its_zone_and_24_hours(language: str, shown: str) -> None:
    with translation.override(language):
        assert formats.moment_text(WINTER) == shown


def test_summer_time_and_the_next_day_are_those_of_the_zone_shown() -> None:
    assert formats.moment_text(SUMMER) == "2 Jul 2026, 00:30 CEST"
    assert formats.day(SUMMER) == "2 Jul 2026"
    assert formats.day(date(2026, 7, 1)) == "1 Jul 2026"


def test_a_time_element_keeps_the_exact_moment() -> None:
    assert 'datetime="2026-11-20T18:02:00+01:00"' in formats.moment(WINTER)
    assert 'title="20 Nov 2026, 18:02 CET"' in formats.ago(WINTER)


@pytest.mark.parametrize(
    ("delta", "shown"),
    [
        (timedelta(hours=-2), "2 hours ago"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(minutes=-59), "59 minutes ago"),
    ],
)
def test_relative_times_say_past_and_future(delta: timedelta, shown: str) -> None:
    assert formats.relative(WINTER + delta, WINTER) == shown


def test_a_phone_number_is_grouped_and_anything_else_shown_as_it_is() -> None:
    assert formats.phone("+32470123456").replace("\u00a0", " ") == "+32 470 12 34 56"
    assert formats.phone("extension 12") == "extension 12"


def test_shares_lengths_and_sizes() -> None:
    assert formats.percent(0.934) == "93%"
    assert formats.percent(0.9344, 1) == "93.4%"
    assert formats.duration(timedelta(hours=72)) == "3 days"
    assert formats.size(1_500_000).replace("\u00a0", " ") == "1.5 MB"


@pytest.mark.parametrize(
    "show", [formats.number, formats.percent, formats.moment, formats.ago, formats.phone]
)
def test_what_is_missing_is_a_dash(show) -> None:  # type: ignore[no-untyped-def]
    assert show(None) == "–"


def test_an_icon_is_hidden_from_screen_readers_and_free_of_style() -> None:
    drawn = formats.icon("bell")
    assert 'aria-hidden="true"' in drawn
    assert "style=" not in drawn
    assert timezone.is_aware(timezone.now())
