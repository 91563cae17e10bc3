"""What the party gate is decided from: a party, everybody who works for it, the dated rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from duecause.engine import yaml_reader
from duecause.engine.agreements import Checklist
from duecause.engine.problems import Problem
from duecause.engine.transfers import AdequacyTable

Role = Literal["controller", "processor"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A signed document. Last days are inclusive. `answers`: point of its checklist → how far it is there."""

    kind: str
    valid_from: date
    valid_to: date | None = None
    module: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Basis:
    """Why data may go to one country. `assessed_*`: transfer impact assessment (clause 14). `listed_*`: the
    importer is inside the scope of a limited adequacy decision."""

    country: str
    mechanism: str = "none"
    assessed_on: date | None = None
    assessed_to: date | None = None
    conclusion: str = ""
    listed_on: date | None = None
    listed_to: date | None = None

    def listed(self, on: date) -> bool:
        return _within(self.listed_on, self.listed_to, on)


@dataclass(frozen=True, slots=True)
class Party:
    """`countries`: the seat and every other country from which data are reached, support and remote access
    included."""

    code: str
    name: str
    countries: tuple[str, ...]
    role: Role = "processor"
    agreements: tuple[Agreement, ...] = ()
    bases: tuple[Basis, ...] = ()

    def of_kind(self, kind: str) -> list[Agreement]:
        """The newest first."""
        held = [agreement for agreement in self.agreements if agreement.kind == kind]
        return sorted(held, key=lambda agreement: agreement.valid_from, reverse=True)


@dataclass(frozen=True, slots=True)
class SubProcessor:
    """Somebody further down. `state`: announced (we may object until `decide_by`), authorised or objected.
    `terms_agreed`: the same duties were passed on (Art. 28(4))."""

    party: Party
    engaged_by: str
    rank: int
    state: str
    decide_by: date | None = None
    terms_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """Two persons let one reason (`key`) not count until a day, inclusive."""

    key: str
    until: date


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """Everything the gate is decided from. `exporter`: our own role towards this party. What it has not done
    in time: `feed_overdue`, acknowledge what it must stop; `corrections_overdue`, acknowledge what it must
    put right; `lists_overdue`, say that lists that ended are destroyed or returned."""

    party: Party
    exporter: Role = "controller"
    suspended_on: date | None = None
    feed_overdue: bool = False
    corrections_overdue: bool = False
    lists_overdue: bool = False
    chain: tuple[SubProcessor, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """How the gate is operated. `never`: reasons nobody may override. `pauses`: reasons that pass by
    themselves."""

    never: frozenset[str]
    longest_days: int
    alarm_days: tuple[int, ...]
    pauses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    adequacy: AdequacyTable
    checklists: Mapping[str, Checklist]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Block:
    """One reason. `key` names it for an override: code, party and what it is about. `until`: overridden."""

    problem: Problem
    key: str
    party: str
    until: date | None = None

    @property
    def stops(self) -> bool:
        return self.until is None


def load_policy(text: str, *, file: str) -> Policy:
    """Raises Refused naming file, line and remedy."""
    top = yaml_reader.read_mapping(text, file=file)
    top.day("as_of")
    override, alarm = top.mapping("override"), top.mapping("alarm")
    policy = Policy(
        never=frozenset(override.texts("never")),
        longest_days=override.number("longest_days"),
        alarm_days=tuple(sorted(alarm.numbers("days_before"), reverse=True)),
        pauses=frozenset(top.texts("pauses")),
    )
    for part in (override, alarm):
        part.text("law")
        part.text("note")
        part.choice("confidence", ("S", "M"))
        part.text_or_none("reviewed_by")
        part.done()
    top.done()
    return policy


def _within(start: date | None, end: date | None, on: date) -> bool:
    return start is not None and start <= on and (end is None or on <= end)
