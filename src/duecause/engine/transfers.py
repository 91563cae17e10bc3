"""Which countries are adequate, as a dated table with scopes (GDPR Art. 45): data of packs/law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused, gettext_noop


@dataclass(frozen=True, slots=True)
class Decision:
    """An adequacy decision (Art. 45). `scope`: language → which importers it covers; empty: everyone in the
    country."""

    country: str
    ref: str
    valid_from: date
    valid_to: date | None
    scope: Mapping[str, str]
    sources: tuple[str, ...]
    confidence: str
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class AdequacyTable:
    as_of: date
    note: str
    eea: frozenset[str]
    decisions: Mapping[str, tuple[Decision, ...]] = field(default_factory=dict)

    def decision(self, country: str, on: date) -> Decision | None:
        """The decision in force on a day."""
        held = self.decisions.get(country, ())
        return next(
            (d for d in held if d.valid_from <= on and (d.valid_to is None or on <= d.valid_to)), None
        )

    def ended(self, country: str, on: date) -> Decision | None:
        """The last decision that ended before a day."""
        over = [d for d in self.decisions.get(country, ()) if d.valid_to and d.valid_to < on]
        return max(over, key=lambda d: d.valid_from, default=None)


def texts_of(node: yaml_reader.Mapping) -> dict[str, str]:
    """A text per language; English must be there, as it stands in for a missing one."""
    found = {"en": node.text("en")}
    return found | {code: node.text(code) for code in node.keys()}  # noqa: SIM118 - not a dict


def load_adequacy(text: str, *, file: str) -> AdequacyTable:
    """Read the dated table. Raises Refused naming file, line and remedy."""
    top = yaml_reader.read_mapping(text, file=file)
    decisions: dict[str, tuple[Decision, ...]] = {}
    for node in top.mappings("decisions"):
        decision = Decision(
            country=node.text("country"),
            ref=node.text("ref"),
            valid_from=node.day("valid_from"),
            valid_to=node.day_or_none("valid_to"),
            scope=texts_of(node.mapping("scope")) if node.has("scope") else {},
            sources=node.texts("sources"),
            confidence=node.choice("confidence", ("S", "M")),
            reviewed_by=node.text_or_none("reviewed_by"),
        )
        node.done()
        decisions[decision.country] = (*decisions.get(decision.country, ()), decision)
    table = AdequacyTable(top.day("as_of"), top.text("note"), frozenset(top.texts("eea")), decisions)
    top.done()
    for country, held in decisions.items():
        ordered = sorted(held, key=lambda d: d.valid_from)
        for earlier, later in pairwise(ordered):
            if earlier.valid_to is None or later.valid_from <= earlier.valid_to:
                template = gettext_noop("%(file)s: two decisions for %(country)s overlap. End the older one.")
                raise Refused("adequacy_overlap", template, file=file, country=country)
    return table
