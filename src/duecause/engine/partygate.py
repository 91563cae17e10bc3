"""May personal data go to this party on a day? A pure function of facts, a date and the dated rules: every
reason against it, and the last day before a date closes the gate by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from duecause.engine.partyfacts import Block, Override, PartyFacts, Policy, Rules
from duecause.engine.partyreasons import contract, standing, sub_processor, transfers
from duecause.engine.problems import Problem

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ending:
    """After `last_day` these reasons stand in the way that did not before."""

    last_day: date
    blocks: tuple[Block, ...]


def blocks(facts: PartyFacts, *, on: date, rules: Rules) -> tuple[Block, ...]:
    """Every reason against a release on a day, those that two persons have overridden included."""
    found = [*standing(facts, on), *contract(facts.party, on, rules)]
    found += transfers(facts.party, facts.exporter, on, rules)
    for sub in facts.chain:
        found += sub_processor(sub, on)
        found += transfers(sub.party, "processor", on, rules)
    unique = {block.key: block for block in found}.values()
    return tuple(_overridden(block, facts.overrides, on, rules.policy) for block in unique)


def blocking_reasons(facts: PartyFacts, *, on: date, rules: Rules) -> tuple[Problem, ...]:
    """What stands in the way on a day, in words; empty when the gate is open."""
    return tuple(block.problem for block in blocks(facts, on=on, rules=rules) if block.stops)


def closes_after(facts: PartyFacts, *, on: date, rules: Rules) -> date | None:
    """The last day on which the gate is open; None if no date closes it or it is closed already."""
    if blocking_reasons(facts, on=on, rules=rules):
        return None
    for end in _ends(facts, on, rules):
        if blocking_reasons(facts, on=end + DAY, rules=rules):
            return end
    return None


def ends_lists_after(facts: PartyFacts, *, on: date, rules: Rules) -> date | None:
    """The last day for which lists that were released may stay with this party: what only pauses its calls
    does not count. The day before `on` when that is over; None if no date ends it."""

    def ended(day: date) -> bool:
        found = blocks(facts, on=day, rules=rules)
        return any(block.stops and block.problem.code not in rules.policy.pauses for block in found)

    if ended(on):
        return on - DAY
    return next((end for end in _ends(facts, on, rules) if ended(end + DAY)), None)


def endings(facts: PartyFacts, *, on: date, until: date, rules: Rules) -> tuple[Ending, ...]:
    """What comes to stand in the way by itself after a day from `on` to `until`, the nearest first."""
    found = []
    for end in _ends(facts, on, rules):
        if end > until:
            break
        before = {block.key for block in blocks(facts, on=end, rules=rules) if block.stops}
        after = [block for block in blocks(facts, on=end + DAY, rules=rules) if block.stops]
        new = tuple(block for block in after if block.key not in before)
        if new:
            found.append(Ending(end, new))
    return tuple(found)


def covers(override: str, key: str) -> bool:
    """An override of two clauses still covers one of them when the other has been mended; never another."""
    code, party, about = key.split(":", 2)
    own_code, own_party, own_about = override.split(":", 2)
    return (code, party) == (own_code, own_party) and set(about.split(",")) <= set(own_about.split(","))


def _ends(facts: PartyFacts, on: date, rules: Rules) -> list[date]:
    """Last days of everything that is known, from `on`, in order."""
    ends = {override.until for override in facts.overrides}
    if facts.suspended_on is not None:
        ends.add(facts.suspended_on - DAY)
    for party in (facts.party, *(sub.party for sub in facts.chain)):
        ends |= {end for agreement in party.agreements if (end := agreement.valid_to)}
        ends |= {end for basis in party.bases for end in (basis.assessed_to, basis.listed_to) if end}
        decided = (rules.adequacy.decisions.get(country, ()) for country in party.countries)
        ends |= {decision.valid_to for held in decided for decision in held if decision.valid_to}
    ends |= {sub.decide_by for sub in facts.chain if sub.decide_by}
    return sorted(end for end in ends if on <= end < date.max)


def _overridden(block: Block, overrides: Iterable[Override], on: date, policy: Policy) -> Block:
    if block.problem.code in policy.never:
        return block
    held = [each.until for each in overrides if each.until >= on and covers(each.key, block.key)]
    return Block(block.problem, block.key, block.party, max(held)) if held else block
