"""How long a centre may be silent and how a webhook is called are dated data, one truth for code and
texts."""

from datetime import date, timedelta

import pytest

from duecause.engine.problems import Refused
from duecause.packs import feed

ENTRY = """
  - valid_from: {day}
    alarm_after_hours: {alarm}
    stop_after_hours: {stop}
    correction_alarm_after_hours: {correction}
    correction_stop_after_hours: 72
    ping_valid_seconds: 300
    ping_first_wait_seconds: 4
    ping_longest_wait_seconds: 3600
    ping_tries: {tries}
    law: "GDPR Art. 19"
    note: "n"
    confidence: M
    reviewed_by: null
"""


def pack(*entries):
    made = (
        {"day": "2026-01-01", "alarm": 4, "stop": 24, "correction": 24, "tries": 12, **given}
        for given in entries
    )
    return "as_of: 2026-01-01\nwindows:" + "".join(ENTRY.format(**each) for each in made)


def test_an_entry_holds_from_its_first_day_until_the_next(monkeypatch):
    known = feed.read(pack({"day": "2027-01-01", "alarm": 2}, {}))
    monkeypatch.setattr(feed, "_all", lambda: known)
    hours = [feed.windows(date(year, 6, 1)).alarm_after // timedelta(hours=1) for year in (2025, 2026, 2027)]
    assert hours == [4, 4, 2]


@pytest.mark.parametrize(
    "text",
    [
        "as_of: 2026-01-01\nwindows: []",
        pack({}, {}),
        pack({"alarm": 0}),
        pack({"alarm": 25}),
        pack({"correction": 73}),
        pack({"tries": -1}),
        pack({}) + "more: 1\n",
        "windows",
    ],
)
def test_a_pack_that_cannot_be_meant_is_refused(text):
    with pytest.raises(Refused) as refused:
        feed.read(text)
    assert feed.FILE in refused.value.problem.text


def test_each_call_of_a_webhook_waits_twice_as_long_up_to_the_longest():
    shipped = feed.windows(date(2026, 11, 27))
    waits = [shipped.ping_wait(tries).total_seconds() for tries in range(1, shipped.ping_tries + 1)]
    assert waits[:3] == [4, 8, 16] and waits[-1] == max(waits) == 3600
