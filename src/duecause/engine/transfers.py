"""May personal data go to this party today? Contract, clauses and transfer basis (GDPR Art. 28, 44-49)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from duecause.engine import yaml_reader
from duecause.engine.problems import Problem, Refused, gettext_noop

Mechanism = Literal["none", "scc", "bcr", "adequacy", "derogation"]

# (EU) 2021/914: module 2 controller to processor, 3 processor to its sub-processor.
PROCESSOR_MODULES = ("2", "3")


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """What is known about a party. Last days are inclusive; `contract_valid_from` None means no contract.

    `scope_listed`: the importer is inside the scope of a limited adequacy decision (for the United States,
    on the active Data Privacy Framework list). `tia_*`: transfer impact assessment (clause 14).
    """

    code: str
    name: str
    country: str
    contract_valid_from: date | None = None
    contract_valid_to: date | None = None
    contract_clauses_missing: tuple[str, ...] = ()
    mechanism: Mechanism = "none"
    scc_module: str = ""
    tia_on: date | None = None
    tia_valid_to: date | None = None
    scope_listed: bool = False
    suspended: bool = False
    feed_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """An adequacy decision (Art. 45). `scope` is empty where it covers every importer in the country."""

    country: str
    ref: str
    valid_from: date
    valid_to: date | None
    scope: str
    sources: tuple[str, ...]
    confidence: str
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class AdequacyTable:
    as_of: date
    note: str
    eea: frozenset[str]
    decisions: Mapping[str, tuple[Decision, ...]]

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
            scope=node.text("scope") if node.has("scope") else "",
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


def blocking_reasons(facts: PartyFacts, *, on: date, adequacy: AdequacyTable) -> tuple[Problem, ...]:
    """Every reason why nothing may be released to this party on a day; empty when the gate is open."""
    return (*_standing(facts), *_contract(facts, on), *_transfer(facts, on, adequacy))


def gate_open_until(facts: PartyFacts, *, on: date, adequacy: AdequacyTable) -> date | None:
    """The last day on which the gate is open; None if no date closes it or it is closed already."""
    if blocking_reasons(facts, on=on, adequacy=adequacy):
        return None
    ends = {facts.contract_valid_to, facts.tia_valid_to}
    ends |= {decision.valid_to for decision in adequacy.decisions.get(facts.country, ())}
    for end in sorted(end for end in ends if end is not None and end >= on):
        if end < date.max and blocking_reasons(facts, on=end + timedelta(days=1), adequacy=adequacy):
            return end
    return None


def _standing(facts: PartyFacts) -> tuple[Problem, ...]:
    problems = []
    if facts.suspended:
        template = gettext_noop("%(party)s is suspended. Lift the suspension or choose another centre.")
        problems.append(Problem("party_suspended", template, {"party": facts.name}))
    if facts.feed_overdue:
        template = gettext_noop(
            "%(party)s has not acknowledged objections in time. Releases resume when it has "
            "(GDPR Art. 19, 28)."
        )
        problems.append(Problem("party_feed_overdue", template, {"party": facts.name}))
    return tuple(problems)


def _contract(facts: PartyFacts, on: date) -> tuple[Problem, ...]:
    start, end = facts.contract_valid_from, facts.contract_valid_to
    problems = []
    if start is None:
        template = gettext_noop("%(party)s has no processor contract. Record one (GDPR Art. 28(3)).")
        return (Problem("party_no_contract", template, {"party": facts.name}),)
    if on < start:
        template = gettext_noop("The contract with %(party)s starts only on %(start)s (GDPR Art. 28(3)).")
        problems.append(
            Problem("party_contract_not_started", template, {"party": facts.name, "start": start})
        )
    if end is not None and end < on:
        template = gettext_noop("The contract with %(party)s ended on %(end)s. Renew it (GDPR Art. 28(3)).")
        problems.append(Problem("party_contract_expired", template, {"party": facts.name, "end": end}))
    if facts.contract_clauses_missing:
        template = gettext_noop(
            "The contract with %(party)s lacks %(clauses)s. Add what is missing (GDPR Art. 28(3))."
        )
        clauses = ", ".join(facts.contract_clauses_missing)
        problems.append(Problem("party_clauses_missing", template, {"party": facts.name, "clauses": clauses}))
    return tuple(problems)


def _transfer(facts: PartyFacts, on: date, adequacy: AdequacyTable) -> tuple[Problem, ...]:
    if facts.country in adequacy.eea:
        return ()
    decision = adequacy.decision(facts.country, on)
    if decision and (facts.scope_listed or not decision.scope):
        return ()
    if facts.mechanism == "scc" and facts.scc_module in PROCESSOR_MODULES:
        return _assessment(facts, on)
    if facts.mechanism == "bcr":
        return _assessment(facts, on)
    params: dict[str, object] = {"party": facts.name, "country": facts.country}
    ended = adequacy.ended(facts.country, on)
    if decision:
        template = gettext_noop(
            "%(party)s is not listed within the adequacy decision for %(country)s, which covers %(scope)s. "
            "Record the listing or agree standard clauses (GDPR Art. 45, 46)."
        )
        return (Problem("party_no_transfer_basis", template, {**params, "scope": decision.scope}),)
    if ended:
        template = gettext_noop(
            "The adequacy decision for %(country)s ended on %(end)s, and %(party)s has no other basis. "
            "Agree standard clauses with an assessment (GDPR Art. 45, 46)."
        )
        return (Problem("party_adequacy_ended", template, {**params, "end": ended.valid_to}),)
    if facts.mechanism == "derogation":
        template = gettext_noop(
            "%(party)s works in %(country)s under a derogation, which never carries systematic releases "
            "(GDPR Art. 49). Agree standard clauses with an assessment (Art. 46)."
        )
    elif facts.mechanism == "scc":
        template = gettext_noop(
            "The standard clauses with %(party)s in %(country)s use a module that is not for processors. "
            "Agree module 2 or 3 ((EU) 2021/914)."
        )
    else:
        template = gettext_noop(
            "%(party)s works in %(country)s and there is no basis for the transfer. "
            "Agree standard clauses with an assessment (GDPR Art. 46)."
        )
    return (Problem("party_no_transfer_basis", template, params),)


def _assessment(facts: PartyFacts, on: date) -> tuple[Problem, ...]:
    params: dict[str, object] = {"party": facts.name, "country": facts.country}
    if facts.tia_on is None or facts.tia_on > on:
        template = gettext_noop(
            "The assessment of the law of %(country)s for %(party)s is missing. Record it (clause 14)."
        )
        return (Problem("party_transfer_assessment_missing", template, params),)
    if facts.tia_valid_to is not None and facts.tia_valid_to < on:
        template = gettext_noop(
            "The assessment of the law of %(country)s for %(party)s was valid until %(end)s. "
            "Renew it (clause 14)."
        )
        return (
            Problem("party_transfer_assessment_expired", template, {**params, "end": facts.tia_valid_to}),
        )
    return ()
