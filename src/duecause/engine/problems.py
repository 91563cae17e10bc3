"""What went wrong, where, and how to mend it: one shape for rows, files and requests.

A message is an English template marked for translation where it is written; the web renders it through
gettext, the command line prints it as it is. Parameters never hold personal data: a value is shown by its
shape (`shape_of`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


def gettext_noop(text: str) -> str:
    """Mark a template for the message catalogues without importing a framework."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is stable and machine-readable; `template` has %(name)s places for `params`."""

    code: str
    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.template % self.params if self.params else self.template


@dataclass(frozen=True, slots=True)
class PerLanguage:
    """Texts of a pack as a parameter: per language the same items. English where a language is missing."""

    texts: tuple[Mapping[str, str], ...]

    def said(self, language: str) -> str:
        return ", ".join(each.get(language) or each["en"] for each in self.texts)

    def __str__(self) -> str:
        return self.said("en")


class Refused(Exception):
    """A request that cannot be done. Says what, where and how to mend; nothing has been changed."""

    def __init__(self, code: str, template: str, **params: object) -> None:
        self.problem = Problem(code, template, params)
        super().__init__(self.problem.text)

    @property
    def code(self) -> str:
        return self.problem.code


class Unavailable(Exception):
    """Something outside does not answer, so this cannot be done now. Nothing has been changed; a later try
    may succeed, which is why it is no Refused."""

    def __init__(self, code: str, template: str, **params: object) -> None:
        self.problem = Problem(code, template, params)
        super().__init__(self.problem.text)


def shape_of(value: str, limit: int = 40) -> str:
    """What a value looks like without saying it: digits become 9, letters x or X, the rest stays.

    >>> shape_of("475123456.0")
    '999999999.9'
    """
    out = []
    for char in value[:limit]:
        category = unicodedata.category(char)
        if category == "Nd":
            out.append("9")
        elif category.startswith("L"):
            out.append("X" if category == "Lu" else "x")
        else:
            out.append(char)
    return re.sub(r"\s+", " ", "".join(out)) + ("…" if len(value) > limit else "")


def located(problem: Problem, *, row: int, column: str) -> Problem:
    """The same problem with the place it was found: spreadsheet row and column header."""
    return replace(problem, params={**problem.params, "row": row, "column": column})
