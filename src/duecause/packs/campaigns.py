"""Dated thresholds of campaigns: how long an allowed call counts without a report, and what is warned of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.packs import dated

FILE = "campaigns.yaml"
CODE = "campaign_thresholds"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`unreported`: how long a call that was allowed counts while nobody has reported it. `warn_…`:
    objections and refusals per 1,000 calls from which on the page warns, once there are `warn_from_calls`
    calls."""

    valid_from: date
    unreported: timedelta
    warn_objections: int
    warn_refusals: int
    warn_from_calls: int


def thresholds(on: date) -> Thresholds:
    """Those in force on a day; before the first entry, the first."""
    return dated.in_force(_all(), on)


@cache
def _all() -> tuple[Thresholds, ...]:
    return read(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def read(text: str) -> tuple[Thresholds, ...]:
    """The entries, the oldest first. Raises Refused where the text is malformed."""
    return dated.entries(text, file=FILE, key="entries", code=CODE, entry=_entry)


def _entry(entry: yaml_reader.Mapping) -> Thresholds:
    found = Thresholds(
        valid_from=entry.day("valid_from"),
        unreported=timedelta(hours=_positive(entry, "unreported_hours")),
        warn_objections=_positive(entry, "warn_objections_per_thousand"),
        warn_refusals=_positive(entry, "warn_refusals_per_thousand"),
        warn_from_calls=_positive(entry, "warn_from_calls"),
    )
    dated.end(entry)
    return found


def _positive(entry: yaml_reader.Mapping, key: str) -> int:
    return dated.positive(entry, key, file=FILE, code=CODE)
