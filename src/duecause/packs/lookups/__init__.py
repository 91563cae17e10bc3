"""How look-ups of customers are explained and scored: dated data."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader
from duecause.engine.lookups import rules, templates
from duecause.packs import dated

EXPLANATIONS = "explanations.yaml"
FLAGS = "flags.yaml"


def explanations(on: date) -> templates.Templates:
    """The explanation templates in force on a day; before the first set, the first."""
    return dated.in_force(_explanations(), on)


def flags(on: date) -> rules.Rules:
    """The flags and thresholds in force on a day; before the first entry, the first."""
    return dated.in_force(_flags(), on)


def read_flags(text: str, *, file: str) -> tuple[rules.Rules, ...]:
    """The entries, the oldest first. Raises Refused where the text is malformed."""
    return dated.entries(text, file=file, key="entries", code="lookup_flags", entry=_entry)


@cache
def _explanations() -> tuple[templates.Templates, ...]:
    return templates.read(_text(EXPLANATIONS), file=EXPLANATIONS)


@cache
def _flags() -> tuple[rules.Rules, ...]:
    return read_flags(_text(FLAGS), file=FLAGS)


def _entry(entry: yaml_reader.Mapping) -> rules.Rules:
    found = rules.entry(entry)
    dated.end(entry)
    return found


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
