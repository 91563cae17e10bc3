"""The dated settings of the review: which flags count over which days, and when they become an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused

FLAGS = (
    "unexplained",
    "weakly_explained",
    "repeat",
    "back_again",
    "own_ticket",
    "own_ticket_repeat",
    "own_record",
    "colleague",
    "household",
    "neighbour",
    "surname",
    "vip",
    "cluster",
    "crowd",
    "sequential",
    "burst",
    "search",
    "export",
    "off_shift",
    "notice_given",
    "after_end",
    "foreign_place",
)


@dataclass(frozen=True, slots=True)
class FlagRule:
    """`windows` in days; `floor`: the least that is expected, looks per employee and day; `weight` 1 is full.

    `of`: the flag of which this one is a part, or empty: where more of that was seen than expected, as much
    more of this is, so that one cause is not counted twice."""

    code: str
    of: str
    windows: tuple[int, ...]
    floor: float
    weight: float


@dataclass(frozen=True, slots=True)
class Rules:
    """Scores are in powers of ten: `alarm_from` 3 is one in a thousand employees and days, beyond the first
    power of each flag. `shape_…` bound how much employees of a profile may differ (shape of a gamma)."""

    valid_from: date
    alarm_from: float
    rises_by: float
    first_days: int
    open_days: int
    most_per_flag: float
    alarms_per_day: int
    grace_minutes: int
    shape_least: float
    shape_most: float
    repeat_days: int
    back_days: int
    crowd_days: int
    crowd_employees: int
    sequential_step: int
    sequential_minutes: int
    burst_looks: int
    common_surname: float
    links_needed: float
    outage_looks: int
    outage_employees: int
    outage_times: int
    flags: tuple[FlagRule, ...]


def entry(found: yaml_reader.Mapping) -> Rules:
    """One dated entry of the file. What it says of itself (law, note) is left for the caller to read."""
    rules = Rules(
        valid_from=found.day("valid_from"),
        alarm_from=_positive(found, "alarm_from_tenths") / 10,
        rises_by=1 + _positive(found, "rises_by_percent") / 100,
        first_days=_positive(found, "first_days"),
        open_days=_positive(found, "open_days"),
        most_per_flag=_positive(found, "most_per_flag"),
        alarms_per_day=_positive(found, "alarms_per_day"),
        grace_minutes=_positive(found, "grace_minutes"),
        shape_least=_positive(found, "shape_least_tenths") / 10,
        shape_most=_positive(found, "shape_most"),
        repeat_days=_positive(found, "repeat_days"),
        back_days=_positive(found, "back_days"),
        crowd_days=_positive(found, "crowd_days"),
        crowd_employees=_positive(found, "crowd_employees"),
        sequential_step=_positive(found, "sequential_step"),
        sequential_minutes=_positive(found, "sequential_minutes"),
        burst_looks=_positive(found, "burst_looks"),
        common_surname=_positive(found, "common_surname_per_100000") / 100_000,
        links_needed=_positive(found, "links_needed_percent") / 100,
        outage_looks=_positive(found, "outage_looks"),
        outage_employees=_positive(found, "outage_employees"),
        outage_times=_positive(found, "outage_times"),
        flags=tuple(map(_flag, found.mappings("flags"))),
    )
    codes = [flag.code for flag in rules.flags]
    if len(set(codes)) < len(codes) or any(flag.of == flag.code for flag in rules.flags):
        template = "%(file)s, line %(line)s: a flag may be there once, and is no part of itself."
        raise Refused("lookup_flags", template, file=found.file, line=found.line_of("flags"))
    return rules


def _flag(found: yaml_reader.Mapping) -> FlagRule:
    rule = FlagRule(
        code=found.choice("code", FLAGS),
        of=found.choice("of", FLAGS) if found.has("of") else "",
        windows=tuple(sorted(found.numbers("windows"))),
        floor=_positive(found, "floor_per_million") / 1_000_000,
        weight=found.number("weight") / 100,
    )
    found.done()
    if not rule.windows or rule.windows[0] < 1 or rule.weight < 0:
        template = "%(file)s, line %(line)s: windows are days from 1 on, and a weight is 0 or more."
        raise Refused("lookup_flags", template, file=found.file, line=found.line)
    return rule


def _positive(found: yaml_reader.Mapping, key: str) -> int:
    value = found.number(key)
    if value < 1:
        template = "%(file)s, line %(line)s: “%(key)s” must be 1 or more."
        raise Refused("lookup_flags", template, file=found.file, line=found.line_of(key), key=key)
    return value
