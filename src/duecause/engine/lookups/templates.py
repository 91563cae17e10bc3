"""Explanation templates: which link between an employee and a customer explains a look-up, when and how well.

The one reading of the file serves the single look-up at the gate (`Template.fits`, `Template.window`) and the
column of millions (`engine.lookups.explaining`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast, get_args

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused

Strength = Literal["strong", "medium", "weak", "none"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)
EXPLAINING: tuple[Strength, ...] = ("strong", "medium")
LINKED = (  # kinds of contact and work that are told of; the others are found by the review itself
    "call",
    "call_joined",
    "chat",
    "ticket",
    "dial_item",
    "callback",
    "appointment",
    "visit",
    "order",
    "work_order",
    "dispute",
    "qa_sample",
    "request_case",
    "incident",
)
KINDS = (*LINKED, "namesake", "break_glass", "training")
ANSWERS = ("yes", "no", "unknown")
CONDITIONS: dict[str, tuple[str, ...]] = {
    "assigned": ("employee", "team"),
    "bound": ("number", "identified", "none", "unknown"),
    "made_by": ("self", "other", "unknown"),
    "contact": ANSWERS,
    "drawn": ANSWERS,
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of one link, in the words of `CONDITIONS`."""

    kind: str
    assigned: str = "employee"
    bound: str = "unknown"
    made_by: str = "unknown"
    contact: str = "unknown"
    drawn: str = "unknown"


@dataclass(frozen=True, slots=True)
class Template:
    """`conditions`: per trait the answers that pass; a trait that is missing there is not asked.

    `open_for`: how long a link without an end counts as open; zero: it ends when it begins."""

    code: str
    kinds: tuple[str, ...]
    conditions: dict[str, tuple[str, ...]]
    before: timedelta
    after: timedelta
    open_for: timedelta
    strength: Strength
    reviewed: bool
    comment: str

    def fits(self, link: Traits) -> bool:
        return link.kind in self.kinds and all(
            getattr(link, trait) in answers for trait, answers in self.conditions.items()
        )

    def window(self, begin: datetime, end: datetime | None) -> tuple[datetime, datetime]:
        """The first and the last moment at which a look-up is explained, both included."""
        last = begin + self.open_for if end is None else max(begin, end)
        return begin - self.before, last + self.after


@dataclass(frozen=True, slots=True)
class Templates:
    """Those in force from a day, in the order of the file."""

    valid_from: date
    all: tuple[Template, ...]

    def fitting(self, link: Traits) -> tuple[Template, ...]:
        """Those that a link can serve, the strongest first."""
        found = (each for each in self.all if each.fits(link))
        return tuple(sorted(found, key=lambda each: STRENGTHS.index(each.strength)))

    def longest_reach(self) -> timedelta:
        """How long before a look-up a link without an end may begin and still explain it."""
        return max(each.open_for + each.after for each in self.all)


def read(text: str, *, file: str) -> tuple[Templates, ...]:
    """The sets, the oldest first. Raises Refused where the text is malformed."""
    top = yaml_reader.read_mapping(text, file=file)
    top.day("as_of")
    found = sorted((_set(entry) for entry in top.mappings("sets")), key=lambda each: each.valid_from)
    top.done()
    if not found or len({each.valid_from for each in found}) < len(found):
        raise Refused("explanations", "%(file)s needs entries, each with a first day of its own.", file=file)
    return tuple(found)


def _set(entry: yaml_reader.Mapping) -> Templates:
    found = Templates(entry.day("valid_from"), tuple(map(_template, entry.mappings("explanations"))))
    for text in ("law", "note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")
    entry.done()
    codes = [each.code for each in found.all]
    if not codes or len(set(codes)) < len(codes):
        template = "%(file)s, line %(line)s: explanations need codes, and each code may be there once."
        raise Refused("explanations", template, file=entry.file, line=entry.line)
    return found


def _template(entry: yaml_reader.Mapping) -> Template:
    found = Template(
        code=entry.text("code"),
        kinds=entry.texts("kinds", KINDS),
        conditions={
            trait: _answers(entry, trait, known) for trait, known in CONDITIONS.items() if entry.has(trait)
        },
        before=timedelta(minutes=_not_negative(entry, "before_minutes")),
        after=timedelta(minutes=_not_negative(entry, "after_minutes")),
        open_for=timedelta(days=_not_negative(entry, "open_days")),
        strength=cast(Strength, entry.choice("strength", STRENGTHS)),
        reviewed=entry.flag("reviewed") if entry.has("reviewed") else False,
        comment=entry.text("comment"),
    )
    entry.done()
    if not found.kinds:
        template = "%(file)s, line %(line)s: “%(key)s” names no kind of link. Name one, or remove the entry."
        raise Refused("explanations", template, file=entry.file, line=entry.line_of("kinds"), key="kinds")
    return found


def _answers(entry: yaml_reader.Mapping, trait: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = entry.texts(trait, known)
    if not found:
        template = "%(file)s, line %(line)s: “%(key)s” lets nothing pass. Name an answer, or remove the key."
        raise Refused("explanations", template, file=entry.file, line=entry.line_of(trait), key=trait)
    return found


def _not_negative(entry: yaml_reader.Mapping, key: str) -> int:
    value = entry.number(key)
    if value < 0:
        template = "%(file)s, line %(line)s: “%(key)s” must be 0 or more."
        raise Refused("explanations", template, file=entry.file, line=entry.line_of(key), key=key)
    return value
