"""Two records side by side, for whoever decides whether they are one person: what differs, and only that.

What both say alike is named and not shown: whoever decides does not need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from duecause.apps.catalogue.models import Field
from duecause.engine.matching import fold
from duecause.web.words import own_words

DIFFERENT, SPELLING, ONE_ONLY = "different", "spelling", "one_only"
# Meaning and word.
STATES: Mapping[str, tuple[str, str | Promise]] = {
    DIFFERENT: ("act", _("Different")),
    SPELLING: ("watch", _("Spelled otherwise")),
    ONE_ONLY: ("info", _("Only one has it")),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same in both; `a` or `b` is empty where that record does not have it."""

    label: str
    a: str
    b: str
    state: str

    @property
    def meaning(self) -> str:
        return STATES[self.state][0]

    @property
    def word(self) -> str:
        return str(STATES[self.state][1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """`same`: names of fields with one value in both."""

    differences: tuple[Difference, ...]
    same: tuple[str, ...]


def compare(a: Mapping[str, str], b: Mapping[str, str]) -> Comparison:
    """What two records say, field by field in the order of the catalogue. `a` and `b`: opened values."""
    labels = {
        code: own_words(label, code)
        for code, label in Field.objects.filter(code__in={*a, *b}).order_by("pk").values_list("code", "label")
    }
    differences: list[Difference] = []
    same: list[str] = []
    for code, label in labels.items():
        one, other = _plain(a.get(code, "")), _plain(b.get(code, ""))
        if one.casefold() == other.casefold():
            same += [label] if one else []
        else:
            differences.append(Difference(label, one, other, _state(one, other)))
    return Comparison(tuple(differences), tuple(same))


def _state(one: str, other: str) -> str:
    if not one or not other:
        return ONE_ONLY
    return SPELLING if _heard(one) == _heard(other) else DIFFERENT


def _heard(text: str) -> tuple[str, str]:
    """Two spellings of one thing are equal here; other digits are another thing."""
    return fold(text), "".join(filter(str.isdigit, text))


def _plain(value: object) -> str:
    return " ".join(str(value).split())
