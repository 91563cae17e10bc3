"""The dated terms for a list in a centre's hands: when it must have said that it arrived, or that it is
destroyed or returned, and how long a centre that says nothing goes on getting others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused

FILE = "custody.yaml"


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
    known = _all()
    return next((each for each in reversed(known) if each.valid_from <= on), known[0])


@cache
def _all() -> tuple[Terms, ...]:
    return read(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def read(text: str) -> tuple[Terms, ...]:
    """The entries, the oldest first. Raises Refused where the text is malformed."""
    top = yaml_reader.read_mapping(text, file=FILE)
    top.day("as_of")
    found = sorted(map(_entry, top.mappings("custody")), key=lambda each: each.valid_from)
    top.done()
    if not found or len({each.valid_from for each in found}) < len(found):
        raise Refused("custody_terms", "%(file)s needs entries, each with a first day of its own.", file=FILE)
    return tuple(found)


def _entry(entry: yaml_reader.Mapping) -> Terms:
    found = Terms(
        valid_from=entry.day("valid_from"),
        received_within=timedelta(hours=_count(entry, "received_within_hours")),
        destroyed_within=timedelta(days=_count(entry, "destroyed_within_days")),
        remind_before=timedelta(days=_count(entry, "remind_days_before")),
        stop_after=timedelta(days=_count(entry, "stop_after_days")),
    )
    for text in ("law", "note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")
    entry.done()
    if found.remind_before >= found.destroyed_within:
        raise Refused("custody_terms", "%(file)s: a reminder must come after the list has ended.", file=FILE)
    return found


def _count(entry: yaml_reader.Mapping, key: str) -> int:
    value = entry.number(key)
    if value < 1:
        raise Refused("custody_terms", "%(file)s: “%(key)s” must be 1 or more.", file=FILE, key=key)
    return value
