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


@dataclass(frozen=True)
class Book:
    """The rules in force and which purposes each field has. Hold it as long as rules stay: it remembers what
    it worked out for records that are alike."""

    rules: tuple[Rule, ...]
    purposes: Mapping[str, Collection[str]]
    _known: dict[Key, tuple[Fate, ...]] = field(default_factory=dict, repr=False, compare=False)

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
            found = _with_the_rest([self._fate(name, facts) for name in facts.fields])
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return tuple(_held(fate, holds) for fate in found) if holds else found

    def _fate(self, name: str, facts: Facts) -> Fate:
        claims = [self._rules_of(purpose, name) for purpose in self.purposes.get(name, ())]
        used = _longest(_spell(rules, facts) for rules in claims)
        kept = _longest(_spell([r for r in rules if r.action in ENDING], facts, rules) for rules in claims)
        called = _longest(_spell(rules, facts) for rules in claims if rules and rules[0].marketing)
        if used is None or kept is None:
            return Fate(name, (), Why.NO_RULE)
        endings: list[Ending] = []
        if called is not None and called.ending is not None:
            endings.append(Ending(called.ending.until, Action.LEAVE_MARKETING, called.ending.rule))
        if used.ending is not None and used.ending.action == Action.RESTRICT:
            endings.append(used.ending)
        if kept.ending is not None:
            endings = [ending for ending in endings if ending.until < kept.ending.until]
            return Fate(name, (*_in_time(endings), kept.ending), Why.PERIOD)
        return Fate(name, _in_time(endings), Why.RUNNING if used.ending is None else Why.RESTRICTED)

    def _rules_of(self, purpose: str, name: str) -> list[Rule]:
        of_purpose = [rule for rule in self.rules if rule.purpose == purpose]
        return [r for r in of_purpose if r.field == name] or [r for r in of_purpose if not r.field]


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
