"""The dated terms for a list in a centre's hands: when it must have said that it arrived, or that it is
destroyed or returned, and how long a centre that says nothing goes on getting others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused
from duecause.packs import dated

FILE = "custody.yaml"
CODE = "custody_terms"


@dataclass(frozen=True, slots=True)
class Terms:
    """`remind_before` the end of `destroyed_within`; `stop_after` that end the centre's gate closes."""

    valid_from: date
    received_within: timedelta
    destroyed_within: timedelta
    remind_before: timedelta
    stop_after: timedelta


def terms(on: date) -> Terms:
    """Those in force on a day; before the first entry, the first."""
    return dated.in_force(_all(), on)


@cache
def _all() -> tuple[Terms, ...]:
    return read(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def read(text: str) -> tuple[Terms, ...]:
    """The entries, the oldest first. Raises Refused where the text is malformed."""
    return dated.entries(text, file=FILE, key="custody", code=CODE, entry=_entry)


def _entry(entry: yaml_reader.Mapping) -> Terms:
    found = Terms(
        valid_from=entry.day("valid_from"),
        received_within=timedelta(hours=_count(entry, "received_within_hours")),
        destroyed_within=timedelta(days=_count(entry, "destroyed_within_days")),
        remind_before=timedelta(days=_count(entry, "remind_days_before")),
        stop_after=timedelta(days=_count(entry, "stop_after_days")),
    )
    dated.end(entry)
    if found.remind_before >= found.destroyed_within:
        raise Refused(CODE, "%(file)s: a reminder must come after the list has ended.", file=FILE)
    return found


def _count(entry: yaml_reader.Mapping, key: str) -> int:
    return dated.positive(entry, key, file=FILE, code=CODE)
