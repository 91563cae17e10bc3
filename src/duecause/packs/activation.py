"""The dated terms of measures that watch employees: which papers must be filed, and how long after employees
were told a measure may begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused
from duecause.packs import dated

FILE = "activation.yaml"
CODE = "activation_terms"
NOTICE = "notice"
PAPERS = (NOTICE, "basis", "assessment", "works_council")


@dataclass(frozen=True, slots=True)
class Terms:
    """`measures`: code → how long employees must have been told before it runs."""

    valid_from: date
    papers: tuple[str, ...]
    measures: Mapping[str, timedelta]


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
    found = Terms(
        valid_from=entry.day("valid_from"),
        papers=entry.texts("papers", PAPERS),
        measures=dict(map(_measure, entry.mappings("measures"))),
    )
    dated.end(entry)
    if NOTICE not in found.papers:
        raise Refused(CODE, "%(file)s: no measure may run without telling the employees.", file=FILE)
    return found


def _measure(entry: yaml_reader.Mapping) -> tuple[str, timedelta]:
    days = dated.positive(entry, "notice_days", file=FILE, code=CODE)
    found = entry.text("code"), timedelta(days=days)
    entry.done()
    return found
