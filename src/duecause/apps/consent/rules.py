"""What a consent needs by country, from the dated rules of packs/law/consents.yaml: how long its proof is
kept, how long a yes holds, who hears complaints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from duecause.engine import yaml_reader
from duecause.engine.periods import months_after
from duecause.packs import law

EVERYWHERE = "*"
WORD, USE = "newest_word", "newest_use"


@dataclass(frozen=True, slots=True)
class Rule:
    """`months` from a day on; `counts_from` is empty where it is not about proof."""

    country: str
    months: int
    counts_from: str
    valid_from: date
    valid_to: date | None
    law: str
    note: str
    confidence: str
    reviewed_by: str | None
    sources: tuple[str, ...]

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def ends(self, start: date) -> date:
        return months_after(start, self.months)


@dataclass(frozen=True, slots=True)
class Authority:
    """Where a person of a country can complain (GDPR Art. 77)."""

    country: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Rules:
    proof: tuple[Rule, ...]
    validity: tuple[Rule, ...]
    authorities: tuple[Authority, ...]

    def proof_for(self, country: str, on: date) -> Rule:
        """The rule of the country, or the one for everywhere; the first one for what was said before it."""
        first = min(rule.valid_from for rule in self.proof if rule.country == EVERYWHERE)
        day = max(on, first)
        found = _rule(self.proof, country, day) or _rule(self.proof, EVERYWHERE, day)
        assert found is not None  # a test holds the rules for everywhere without a gap
        return found

    def validity_for(self, country: str, on: date) -> Rule | None:
        return _rule(self.validity, country, on)

    def authority_for(self, country: str) -> Authority | None:
        return next((each for each in self.authorities if each.country == country), None)


def _rule(rules: Iterable[Rule], country: str, on: date) -> Rule | None:
    return next((rule for rule in rules if rule.country == country and rule.in_force(on)), None)


@cache
def rules() -> Rules:
    """Raises Refused where the file is malformed."""
    top = yaml_reader.read_mapping(law.texts()[law.CONSENTS_FILE], file=law.CONSENTS_FILE)
    top.day("as_of")
    found = Rules(
        proof=tuple(_read(entry, proof=True) for entry in top.mappings("proof")),
        validity=tuple(_read(entry, proof=False) for entry in top.mappings("validity")),
        authorities=tuple(_authority(entry) for entry in top.mappings("authorities")),
    )
    top.done()
    return found


def _read(entry: yaml_reader.Mapping, *, proof: bool) -> Rule:
    found = Rule(
        country=entry.text("country"),
        months=entry.number("months"),
        counts_from=entry.choice("counts_from", (WORD, USE)) if proof else "",
        valid_from=entry.day("valid_from"),
        valid_to=entry.day_or_none("valid_to"),
        law=entry.text("law"),
        note=entry.text("note"),
        confidence=entry.choice("confidence", ("S", "M")),
        reviewed_by=entry.text_or_none("reviewed_by"),
        sources=entry.texts("sources"),
    )
    entry.done()
    return found


def _authority(entry: yaml_reader.Mapping) -> Authority:
    found = Authority(entry.text("country"), entry.text("name"), entry.text("url"))
    entry.done()
    return found
