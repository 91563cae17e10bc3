"""The dated terms of contacts and work that link an employee with a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.lookups.templates import LINKED
from duecause.engine.problems import Refused
from duecause.packs import dated

FILE = "interactions.yaml"
CODE = "interaction_terms"
KINDS = LINKED


@dataclass(frozen=True, slots=True)
class Terms:
    """`proves`: kind → link of the policies. `keep`: after the end, or the begin where it never ended within
    `keep_open`. `check_after`, `check_until`: when a claim is first and last looked at again.
    `emergency`: how long emergency access lasts."""

    valid_from: date
    proves: Mapping[str, str]
    keep: timedelta
    keep_open: timedelta
    webhook_valid: timedelta
    pop_valid: timedelta
    check_after: timedelta
    check_until: timedelta
    emergency: timedelta


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
    proves = entry.mapping("proves")
    found = Terms(
        valid_from=entry.day("valid_from"),
        proves={kind: proves.text(kind) for kind in KINDS},
        keep=timedelta(days=_positive(entry, "keep_days")),
        keep_open=timedelta(days=_positive(entry, "keep_open_days")),
        webhook_valid=timedelta(seconds=_positive(entry, "webhook_valid_seconds")),
        pop_valid=timedelta(seconds=_positive(entry, "pop_valid_seconds")),
        check_after=timedelta(minutes=_positive(entry, "check_after_minutes")),
        check_until=timedelta(hours=_positive(entry, "check_until_hours")),
        emergency=timedelta(minutes=_positive(entry, "emergency_minutes")),
    )
    proves.done()
    dated.end(entry)
    if found.check_until < found.check_after or found.keep < found.check_until:
        raise Refused(
            CODE,
            "%(file)s: a claim must be looked at before it is given up, and links kept until then.",
            file=FILE,
        )
    return found


def _positive(entry: yaml_reader.Mapping, key: str) -> int:
    return dated.positive(entry, key, file=FILE, code=CODE)
