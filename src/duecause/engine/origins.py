"""What is known of where a datum came from, and what follows from what is not (GDPR Art. 14(2)(f), 15(1)(g)).

The consequences are dated data (packs/law/origin.yaml): a missing fact either takes the datum out of
marketing or has to be said to the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal, cast

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused, gettext_noop

Missing = Literal["source", "party", "basis", "date"]
Effect = Literal["exclude", "say"]

RULED: tuple[Missing, ...] = ("source", "party", "date")
EFFECTS: tuple[Effect, ...] = ("exclude", "say")
UNKNOWN = "unknown"
THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True)
class OriginRule:
    """What follows where one fact is missing. `valid_to` is its last day."""

    id: str
    missing: Missing
    effect: Effect
    valid_from: date
    valid_to: date | None
    law: str
    sources: tuple[str, ...]
    note: str
    confidence: str
    reviewed_by: str | None

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class OriginRules:
    as_of: date
    rules: tuple[OriginRule, ...]

    def rule(self, missing: Missing, on: date) -> OriginRule | None:
        return next((rule for rule in self.rules if rule.missing == missing and rule.in_force(on)), None)

    def excludes(self, missing: Missing, on: date) -> bool:
        """Whether data that lack this may not be used for marketing on a day."""
        rule = self.rule(missing, on)
        return rule is not None and rule.effect == "exclude"


@dataclass(frozen=True, slots=True)
class KnownOrigin:
    """`source_kind`: a kind of source, or `unknown`. `party`: a company on record stands for the source."""

    source_kind: str
    party: bool
    basis: str
    obtained_on: date | None

    def missing(self, on: date) -> tuple[Missing, ...]:
        """What is not known on a day, the gravest first. A day that is still to come tells nothing."""
        return tuple(self._missing(on))

    def _missing(self, on: date) -> Iterator[Missing]:
        if self.source_kind == UNKNOWN:
            yield "source"
        elif self.source_kind == THIRD_PARTY and not self.party:
            yield "party"
        if self.basis == UNKNOWN:
            yield "basis"
        if self.obtained_on is None or self.obtained_on > on:
            yield "date"


def load_origin_rules(text: str, *, file: str) -> OriginRules:
    """Raises Refused naming file, line and remedy; also where two rules for one matter hold on one day."""
    top = yaml_reader.read_mapping(text, file=file)
    as_of = top.day("as_of")
    rules = tuple(_rule(node) for node in top.mappings("rules"))
    top.done()
    for one, other in combinations(rules, 2):
        if one.missing == other.missing and _overlap(one, other):
            template = gettext_noop("%(file)s: the rules %(one)s and %(other)s overlap. End the older one.")
            raise Refused("origin_overlap", template, file=file, one=one.id, other=other.id)
    return OriginRules(as_of, rules)


def _rule(node: yaml_reader.Mapping) -> OriginRule:
    rule = OriginRule(
        id=node.text("id"),
        missing=cast(Missing, node.choice("missing", RULED)),
        effect=cast(Effect, node.choice("effect", EFFECTS)),
        valid_from=node.day("valid_from"),
        valid_to=node.day_or_none("valid_to"),
        law=node.text("law"),
        sources=node.texts("sources"),
        note=node.text("note"),
        confidence=node.choice("confidence", ("S", "M")),
        reviewed_by=node.text_or_none("reviewed_by"),
    )
    node.done()
    return rule


def _overlap(one: OriginRule, other: OriginRule) -> bool:
    ends = (one.valid_to or date.max, other.valid_to or date.max)
    return max(one.valid_from, other.valid_from) <= min(ends)
