"""Dated rules of one country: what was in force on a day, and until when that stays so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast

Confidence = Literal["S", "M"]

# Kinds that decide about a row; the others are carried for the moment of the call.
DECIDING = ("regime", "sector_ban", "register", "exception", "consent")
CONSENT = "consent"  # the exception of a ban that every yes is


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated rule. `valid_to` is its last day; `detail` holds the fields of its kind (see law.KINDS)."""

    id: str
    country: str
    kind: str
    valid_from: date
    valid_to: date | None
    law: str
    sources: tuple[str, ...]
    confidence: Confidence
    reviewed_by: str | None
    note: str
    detail: Mapping[str, object]

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def applies_to(self, *, natural: bool) -> bool:
        """A rule that names no kind of person applies to all."""
        persons = self.texts("applies_to")
        return not persons or ("natural" if natural else "legal") in persons

    @property
    def subject(self) -> str:
        """What distinguishes two rules of one kind that may hold at the same time."""
        keys = {"sector_ban": "sector", "register": "register", "exception": "exception"}
        return self.text(keys[self.kind]) if self.kind in keys else ""

    def text(self, key: str) -> str:
        return str(self.detail.get(key) or "")

    def texts(self, key: str) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self.detail.get(key) or ())

    def number(self, key: str) -> int:
        return cast("int", self.detail.get(key) or 0)

    def flag(self, key: str) -> bool:
        return bool(self.detail.get(key))


@dataclass(frozen=True, slots=True)
class LawPack:
    country: str
    name: str
    as_of: date
    rules: tuple[Rule, ...]
    zone: str = ""  # IANA name, for a country whose numbers we know no zone of


@dataclass(frozen=True, slots=True)
class LawBook:
    """All packs. `version` is the newest `as_of` and a short SHA-256 of the texts, in file-name order."""

    packs: Mapping[str, LawPack]
    version: str


def rules_in_force(pack: LawPack, kind: str, on: date) -> tuple[Rule, ...]:
    return tuple(rule for rule in pack.rules if rule.kind == kind and rule.in_force(on))


def rule_in_force(pack: LawPack, kind: str, on: date) -> Rule | None:
    """The one rule of a kind that has one at a time (regime, calling_window…). ValueError if several hold."""
    found = rules_in_force(pack, kind, on)
    if len(found) > 1:
        raise ValueError(f"{len(found)} rules of kind {kind} hold in {pack.country} on {on}")
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one country in force `on` a day. Without a regime nothing may be released there."""

    country: str
    on: date
    rules: tuple[Rule, ...]
    unchanged_until: date | None
    """Last day on which the same deciding rules hold; None while no change is known."""
    zone: str = ""

    @classmethod
    def for_country(cls, country: str, on: date, *, book: LawBook) -> RuleSet:
        pack = book.packs.get(country)
        if pack is None:
            return cls(country, on, (), None)
        deciding = [rule for rule in pack.rules if rule.kind in DECIDING]
        ends = [rule.valid_to for rule in deciding if rule.in_force(on) and rule.valid_to]
        starts = [rule.valid_from - timedelta(days=1) for rule in deciding if rule.valid_from > on]
        in_force = tuple(rule for rule in pack.rules if rule.in_force(on))
        return cls(country, on, in_force, min([*ends, *starts], default=None), pack.zone)

    def of_kind(self, kind: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind == kind)

    def regime(self, *, natural: bool) -> Rule | None:
        return next((r for r in self.of_kind("regime") if r.applies_to(natural=natural)), None)

    def registers(self, *, natural: bool) -> tuple[Rule, ...]:
        return tuple(r for r in self.of_kind("register") if r.applies_to(natural=natural))

    def ban(self, sector: str) -> Rule | None:
        return next((r for r in self.of_kind("sector_ban") if r.subject == sector), None)

    def exception(self, name: str) -> Rule | None:
        return next((r for r in self.of_kind("exception") if r.subject == name), None)
