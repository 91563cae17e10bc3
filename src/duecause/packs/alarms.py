"""The dated terms of alarms: how grave a blocked attempt is, what follows from several, and how long a sink
that does not answer is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused
from duecause.packs import dated

FILE = "alarms.yaml"
CODE = "alarm_terms"


@dataclass(frozen=True, slots=True)
class Ladder:
    """Attempts of `counted_from` and more within `window`: at `limit_at` look-ups get slow for `limit_for`,
    one in a `turn`; at `lock_at`, or with one of `critical_from`, the account is locked."""

    counted_from: int
    critical_from: int
    window: timedelta
    limit_at: int
    limit_for: timedelta
    turn: timedelta
    lock_at: int
    in_hand: timedelta


@dataclass(frozen=True, slots=True)
class Sinks:
    """`alarm_after`: silence of a sink after which it is an alarm itself. `refusals`: tries of a message that
    the sink refuses while it takes others."""

    first_wait: timedelta
    longest_wait: timedelta
    alarm_after: timedelta
    give_up: timedelta
    refusals: int

    def wait(self, tries: int) -> timedelta:
        """How long to wait after so many tries that failed: twice as long each time."""
        return min(self.first_wait * (1 << min(max(tries, 1) - 1, 20)), self.longest_wait)


@dataclass(frozen=True, slots=True)
class Terms:
    valid_from: date
    severities: Mapping[str, int]
    ladder: Ladder
    case_lasts: timedelta
    case_from: int
    evening_hour: int
    heartbeat: timedelta
    sinks: Sinks


def terms(on: date) -> Terms:
    """Those in force on a day; before the first entry, the first."""
    return dated.in_force(_all(), on)


@cache
def _all() -> tuple[Terms, ...]:
    return read(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def read(text: str) -> tuple[Terms, ...]:
    """The entries, the oldest first. Raises Refused where the text is malformed."""
    return dated.entries(text, file=FILE, key="terms", code=CODE, entry=_entry)


def _entry(entry: yaml_reader.Mapping) -> Terms:
    severities, cases = entry.mapping("severities"), entry.mapping("cases")
    found = Terms(
        valid_from=entry.day("valid_from"),
        severities={kind: _count(severities, kind) for kind in severities.keys()},  # noqa: SIM118 - no dict
        ladder=_ladder(entry.mapping("ladder")),
        case_lasts=timedelta(days=_count(cases, "days")),
        case_from=_count(cases, "from"),
        evening_hour=_count(entry, "evening_hour"),
        heartbeat=timedelta(minutes=_count(entry, "heartbeat_minutes")),
        sinks=_sinks(entry.mapping("sinks")),
    )
    severities.done()
    cases.done()
    dated.end(entry)
    if found.evening_hour > 23:
        raise Refused(CODE, "%(file)s: “%(key)s” is an hour of the day.", file=FILE, key="evening_hour")
    return found


def _ladder(entry: yaml_reader.Mapping) -> Ladder:
    found = Ladder(
        counted_from=_count(entry, "counted_from"),
        critical_from=_count(entry, "critical_from"),
        window=timedelta(minutes=_count(entry, "window_minutes")),
        limit_at=_count(entry, "limit_at"),
        limit_for=timedelta(minutes=_count(entry, "limit_minutes")),
        turn=timedelta(seconds=_count(entry, "turn_seconds")),
        lock_at=_count(entry, "lock_at"),
        in_hand=timedelta(minutes=_count(entry, "in_hand_minutes")),
    )
    entry.done()
    if found.lock_at < found.limit_at:
        raise Refused(CODE, "%(file)s: an account may not be locked before it is slowed down.", file=FILE)
    return found


def _sinks(entry: yaml_reader.Mapping) -> Sinks:
    found = Sinks(
        first_wait=timedelta(seconds=_count(entry, "first_wait_seconds")),
        longest_wait=timedelta(seconds=_count(entry, "longest_wait_seconds")),
        alarm_after=timedelta(minutes=_count(entry, "alarm_minutes")),
        give_up=timedelta(hours=_count(entry, "give_up_hours")),
        refusals=_count(entry, "refusals"),
    )
    entry.done()
    return found


def _count(entry: yaml_reader.Mapping, key: str) -> int:
    return dated.positive(entry, key, file=FILE, code=CODE)
