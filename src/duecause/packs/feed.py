"""The dated windows of the partner feed: when silence raises an alarm and stops releases, and how often and
for how long a webhook is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused
from duecause.packs import dated

FILE = "feed.yaml"
CODE = "feed_windows"


@dataclass(frozen=True, slots=True)
class Windows:
    """`correction_…`: the same for entries that correct a datum, which wrong no objector while they wait.
    `ping_valid`: how far the clock of a signed ping may be off; `ping_tries`: calls in all."""

    valid_from: date
    alarm_after: timedelta
    stop_after: timedelta
    correction_alarm_after: timedelta
    correction_stop_after: timedelta
    ping_valid: timedelta
    ping_first_wait: timedelta
    ping_longest_wait: timedelta
    ping_tries: int

    def ping_wait(self, tries: int) -> timedelta:
        """How long to wait after so many calls that were not taken: twice as long each time."""
        return min(self.ping_first_wait * (1 << min(tries - 1, 20)), self.ping_longest_wait)


def windows(on: date) -> Windows:
    """Those in force on a day; before the first entry, the first."""
    return dated.in_force(_all(), on)


@cache
def _all() -> tuple[Windows, ...]:
    return read(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def read(text: str) -> tuple[Windows, ...]:
    """The entries, the oldest first. Raises Refused where the text is malformed."""
    return dated.entries(text, file=FILE, key="windows", code=CODE, entry=_entry)


def _entry(entry: yaml_reader.Mapping) -> Windows:
    found = Windows(
        valid_from=entry.day("valid_from"),
        alarm_after=timedelta(hours=_positive(entry, "alarm_after_hours")),
        stop_after=timedelta(hours=_positive(entry, "stop_after_hours")),
        correction_alarm_after=timedelta(hours=_positive(entry, "correction_alarm_after_hours")),
        correction_stop_after=timedelta(hours=_positive(entry, "correction_stop_after_hours")),
        ping_valid=timedelta(seconds=_positive(entry, "ping_valid_seconds")),
        ping_first_wait=timedelta(seconds=_positive(entry, "ping_first_wait_seconds")),
        ping_longest_wait=timedelta(seconds=_positive(entry, "ping_longest_wait_seconds")),
        ping_tries=_positive(entry, "ping_tries"),
    )
    dated.end(entry)
    if found.stop_after < found.alarm_after or found.correction_stop_after < found.correction_alarm_after:
        raise Refused(CODE, "%(file)s: releases may not stop before there was an alarm.", file=FILE)
    return found


def _positive(entry: yaml_reader.Mapping, key: str) -> int:
    return dated.positive(entry, key, file=FILE, code=CODE)
