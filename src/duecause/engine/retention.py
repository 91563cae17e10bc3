"""When what is known of a person has to go (GDPR Art. 5(1)(e)): rules and dated facts in; out, per field of a
record, the days, the actions and the deciding rules.

A rule belongs to a purpose, and to one field where it names one; such a rule takes the place of the purpose's
general ones for that field. Of the rules of one purpose the one that ends first decides; a field with several
purposes stays until the last of them has ended. What nobody has a rule for is named as such and stays as long
as anything else of its record: that nobody decided destroys nothing, but nor does it keep the record alive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from duecause.engine.periods import months_after

Key = tuple[tuple[str, ...], tuple[tuple[str, date], ...], frozenset[str]]
REMEMBERED = 50_000


class Trigger(StrEnum):
    """What a period is counted from: the day on which it happened last."""

    RECORDED = "recorded"
    OBTAINED = "obtained"
    LAST_CONTACT = "last_contact"
    CONTRACT_ENDED = "contract_ended"
    CONSENT_ENDED = "consent_ended"
    OBJECTED = "objected"
    REQUEST_CLOSED = "request_closed"


class Action(StrEnum):
    """What becomes of a field; a later one leaves less than an earlier one. `LEAVE_MARKETING` follows from
    the end of the last marketing purpose while another purpose keeps the field; no rule names it."""

    LEAVE_MARKETING = "leave_marketing"
    RESTRICT = "restrict"
    ANONYMISE = "anonymise"
    ERASE = "erase"


STRICTNESS = {action: place for place, action in enumerate(Action)}
ENDING = (Action.ANONYMISE, Action.ERASE)
OF_RULES = (Action.ERASE, Action.ANONYMISE, Action.RESTRICT)


class Why(StrEnum):
    """Why a field is still there."""

    PERIOD = "period"  # its last period has not ended, or what is due is being done
    RUNNING = "running"  # what its last purpose waits for goes on: a contract, a consent
    RESTRICTED = "restricted"  # a rule ends its use and none ends its keeping
    NO_RULE = "no_rule"  # no rule of its purposes speaks of a record like this


@dataclass(frozen=True, slots=True)
class Rule:
    """`field` is empty for every field of the purpose. One of `months` and `days` counts, both may be 0: at
    once."""

    purpose: str
    trigger: Trigger
    action: Action
    months: int = 0
    days: int = 0
    field: str = ""
    marketing: bool = False

    def until(self, start: date) -> date:
        """The last day that is still kept."""
        return months_after(start, self.months) if self.months else start + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Facts:
    """One record. `dates`: trigger → day, in the country of its controller. `running`: triggers of what has
    begun and has not ended, so that its day is still to come."""

    fields: tuple[str, ...]
    dates: Mapping[Trigger, date]
    running: frozenset[Trigger] = frozenset()


@dataclass(frozen=True, slots=True)
class Hold:
    """Stops everything for these `fields` of the record, for all where it names none."""

    reason: str
    fields: frozenset[str] = frozenset()

    def covers(self, name: str) -> bool:
        return not self.fields or name in self.fields


@dataclass(frozen=True, slots=True)
class Ending:
    """Kept up to and including `until`; the action is due on the day after."""

    until: date
    action: Action
    rule: Rule

    def due(self, today: date) -> bool:
        return self.until < today


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one field: in the order of time, with the last one ending it unless `why` says why none
    does. `held`: reasons of the holds that stop it; then nothing is due."""

    field: str
    endings: tuple[Ending, ...]
    why: Why
    held: tuple[str, ...] = ()

    @property
    def end(self) -> Ending | None:
        last = self.endings[-1] if self.endings else None
        return last if last is not None and last.action in ENDING else None

    def due(self, today: date) -> Ending | None:
        """The strictest that is due and not held."""
        return None if self.held else self.overdue(today)

    def overdue(self, today: date) -> Ending | None:
        """The strictest whose day has passed, held or not."""
        return next((ending for ending in reversed(self.endings) if ending.due(today)), None)


@dataclass(frozen=True, slots=True)
class _Spell:
    """How long one purpose, or several together, have a claim: `ending` None means without an end so far."""

    ending: Ending | None


Claims = tuple[tuple[Rule, ...], ...]  # per purpose of a field its rules


@dataclass(frozen=True)
class Book:
    """The rules in force and which purposes each field has. Hold it as long as rules stay: it remembers what
    it worked out for records that are alike."""

    rules: tuple[Rule, ...]
    purposes: Mapping[str, Collection[str]]
    _known: dict[Key, tuple[Fate, ...]] = field(default_factory=dict, repr=False, compare=False)
    _claims: dict[str, Claims] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def marketed(self) -> frozenset[str]:
        """Fields that a marketing purpose with rules has."""
        purposes = {rule.purpose for rule in self.rules if rule.marketing}
        return frozenset(name for name, codes in self.purposes.items() if purposes & set(codes))

    @property
    def triggers(self) -> frozenset[Trigger]:
        return frozenset(rule.trigger for rule in self.rules)

    def fates(self, facts: Facts, holds: Sequence[Hold] = ()) -> tuple[Fate, ...]:
        """Per field of the record, in their order."""
        key = (facts.fields, tuple(facts.dates.items()), facts.running)
        found = self._known.get(key)
        if found is None:
            found = _with_the_rest(self._each(facts))
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return tuple(_held(fate, holds) for fate in found) if holds else found

    def _each(self, facts: Facts) -> list[Fate]:
        """Fields with the same claims on them share one computation."""
        shared: dict[int, tuple[tuple[Ending, ...], Why]] = {}
        fates = []
        for name in facts.fields:
            claims = self._claims_on(name)
            known = shared.get(id(claims))
            if known is None:
                known = shared[id(claims)] = _outcome(claims, facts)
            fates.append(Fate(name, *known))
        return fates

    def _claims_on(self, name: str) -> Claims:
        """The rules of each purpose of a field; equal ones are the same object."""
        found = self._claims.get(name)
        if found is None:
            claims = tuple(self._rules_of(purpose, name) for purpose in self.purposes.get(name, ()))
            found = next((each for each in self._claims.values() if each == claims), claims)
            self._claims[name] = found
        return found

    def _rules_of(self, purpose: str, name: str) -> tuple[Rule, ...]:
        of_purpose = [rule for rule in self.rules if rule.purpose == purpose]
        own = [rule for rule in of_purpose if rule.field == name]
        return tuple(own or [rule for rule in of_purpose if not rule.field])


def _outcome(claims: Claims, facts: Facts) -> tuple[tuple[Ending, ...], Why]:
    """What becomes of a field with these claims, in the order of time, and why it is there until then."""
    used, kept = [], []
    called: list[_Spell | None] = []
    for rules in claims:
        spell = _spell(rules, facts)
        used.append(spell)
        if any(rule.action not in ENDING for rule in rules):
            kept.append(_spell([rule for rule in rules if rule.action in ENDING], facts, rules))
        else:
            kept.append(spell)
        if rules and rules[0].marketing:
            called.append(spell)
    use, keep, calls = _longest(used), _longest(kept), _longest(called)
    if use is None or keep is None:
        return (), Why.NO_RULE
    endings: list[Ending] = []
    if calls is not None and calls.ending is not None:
        endings.append(Ending(calls.ending.until, Action.LEAVE_MARKETING, calls.ending.rule))
    if use.ending is not None and use.ending.action == Action.RESTRICT:
        endings.append(use.ending)
    if keep.ending is not None:
        endings = [ending for ending in endings if ending.until < keep.ending.until]
        return (*_in_time(endings), keep.ending), Why.PERIOD
    return _in_time(endings), Why.RUNNING if use.ending is None else Why.RESTRICTED


def _spell(rules: Sequence[Rule], facts: Facts, among: Sequence[Rule] = ()) -> _Spell | None:
    """Until when these rules let a purpose go on. None: none of them, nor of the rules they are `among`,
    speaks of such a record."""
    endings = [
        Ending(rule.until(facts.dates[rule.trigger]), rule.action, rule)
        for rule in rules
        if rule.trigger in facts.dates
    ]
    if endings:
        return _Spell(min(endings, key=lambda ending: (ending.until, -STRICTNESS[ending.action])))
    speaking = [r for r in (*rules, *among) if r.trigger in facts.running or r.trigger in facts.dates]
    return _Spell(None) if speaking else None


def _longest(spells: Iterable[_Spell | None]) -> _Spell | None:
    """The last to end; of those that end on one day the one that leaves most."""
    found = [spell for spell in spells if spell is not None]
    endings = [spell.ending for spell in found if spell.ending is not None]
    if len(endings) < len(found):
        return _Spell(None)
    if not endings:
        return None
    return _Spell(max(endings, key=lambda ending: (ending.until, -STRICTNESS[ending.action])))


def _with_the_rest(fates: Sequence[Fate]) -> tuple[Fate, ...]:
    """What no rule speaks of goes with the last of the others, where each of them has an end."""
    ends = [fate.end for fate in fates if fate.why != Why.NO_RULE]
    known = [end for end in ends if end is not None]
    if not known or len(known) < len(ends):
        return tuple(fates)
    last = max(known, key=lambda end: end.until)
    going = (Ending(last.until, Action.ERASE, last.rule),)
    return tuple(Fate(f.field, going, f.why) if f.why == Why.NO_RULE else f for f in fates)


def _in_time(endings: Iterable[Ending]) -> tuple[Ending, ...]:
    return tuple(sorted(endings, key=lambda ending: (ending.until, STRICTNESS[ending.action])))


def _held(fate: Fate, holds: Sequence[Hold]) -> Fate:
    reasons = tuple(dict.fromkeys(hold.reason for hold in holds if hold.covers(fate.field)))
    return Fate(fate.field, fate.endings, fate.why, reasons) if reasons else fate


def as_plain(rule: Rule) -> dict[str, Any]:
    """A rule as JSON, for versions, events and receipts."""
    return {
        "purpose": rule.purpose,
        "field": rule.field,
        "trigger": str(rule.trigger),
        "months": rule.months,
        "days": rule.days,
        "action": str(rule.action),
    }
