"""How look-ups of customers are explained: dated data."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

from duecause.engine.lookups import templates
from duecause.packs import dated

EXPLANATIONS = "explanations.yaml"


def explanations(on: date) -> templates.Templates:
    """The explanation templates in force on a day; before the first set, the first."""
    return dated.in_force(_explanations(), on)


@cache
def _explanations() -> tuple[templates.Templates, ...]:
    return templates.read(_text(EXPLANATIONS), file=EXPLANATIONS)


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
