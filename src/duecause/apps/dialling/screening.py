"""Judge candidates for one campaign, one centre and one day: facts in, verdicts and a report out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from duecause.apps.consent.models import RegisterVersion
from duecause.apps.dialling import columns, notices, rules
from duecause.apps.dialling.candidates import Candidates
from duecause.apps.dialling.facts import table as facts_table
from duecause.apps.dialling.gathering import Facts, Question
from duecause.apps.parties.queries import PartyState, gate_of
from duecause.apps.vault import covers
from duecause.engine.partyfacts import Block
from duecause.engine.phone import METADATA_VERSION
from duecause.engine.problems import Problem
from duecause.engine.screening import (
    AppliedRule,
    RuleSet,
    ScreeningInput,
    Verdicts,
    build_certificate,
    screen,
)
from duecause.engine.screening.facts import Columns
from duecause.engine.screening.reasons import label

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    verdicts: Verdicts
    report: dict[str, Any]


def judge(question: Question, candidates: Candidates, *, progress: Progress | None = None) -> Judged:
    countries = {number.country for row in candidates.rows for number in row.numbers}
    rows, numbers = columns.of_candidates(candidates.rows)

    def gather() -> tuple[Facts, dict[str, pa.Table]]:
        facts = Facts(question, countries)
        return facts, facts.about(numbers)

    facts, tables = covers.steadily(gather)
    guard = facts_table("guard", [(token,) for token in candidates.guard])
    return judged(
        question, facts, {**tables, "rows": rows, "numbers": numbers, "guard": guard}, progress=progress
    )


def judged(
    question: Question,
    facts: Facts,
    inputs: Mapping[str, Columns],
    *,
    progress: Progress | None = None,
    **to_files: Any,
) -> Judged:
    """The verdicts on inputs of a screening, and the report. `to_files`: as `screen` takes them, for a list
    that is judged from files."""
    gate = gate_of(question.centre, question.on)
    given = ScreeningInput(
        **inputs,
        in_order=bool(to_files),
        party_reasons=gate.reasons,
        registers_loaded=facts.registers(),
    )
    verdicts = screen(
        given,
        campaign=rules.campaign_facts(question.campaign),
        rules=facts.rule_sets,
        on=question.on,
        party_open_until=gate.closes_after,
        progress=progress,
        **to_files,
    )
    return Judged(verdicts, _report(question, verdicts, gate, facts.rule_sets, facts.versions))


def _report(
    question: Question,
    verdicts: Verdicts,
    gate: PartyState,
    rule_sets: dict[str, RuleSet],
    versions: Iterable[RegisterVersion],
) -> dict[str, Any]:
    """Plain JSON: everything a page, a file or an auditor wants to know of this screening, no row of it."""
    sources = {rule.id: list(rule.sources) for rule_set in rule_sets.values() for rule in rule_set.rules}
    because = verdicts.expiry_because
    told = notices.applied(question.campaign, question.on)
    return {
        "campaign": question.campaign.code,
        "centre": question.centre.code,
        "on": question.on.isoformat(),
        "pack_version": rules.pack_version(),
        "numbering_plans": METADATA_VERSION,
        "candidates": verdicts.candidates,
        "released": verdicts.released,
        "waterfall": [
            {"code": s.code, "label": label(s.code).text, "rows": s.count, "remaining": s.remaining}
            for s in verdicts.waterfall
        ],
        "totals": dict(verdicts.totals),
        "rules": [_rule(rule, sources) for rule in verdicts.rules_applied],
        "bans": [_rule(rule, sources) for rule in verdicts.bans],
        "registers": [
            {
                "register": used.register,
                "version": _iso(used.version_date),
                "age_days": (question.on - used.version_date).days if used.version_date else None,
                "usable_until": _iso(used.usable_until),
                "entries": used.count,
            }
            for used in verdicts.registers_used
        ],
        "register_versions": {version.register.code: version.pk for version in versions},
        "register_days": {version.register.code: _iso(version.version_date) for version in versions},
        "party_gate": [plain(problem) for problem in gate.reasons],
        "party_overrides": [overridden(block) for block in gate.overridden],
        "expires_on": _iso(verdicts.expires_on),
        "expires_because": plain(because) if because else None,
        "notice": told,
        "certificate": build_certificate(
            verdicts,
            campaign=rules.campaign_facts(question.campaign),
            centre=question.centre.code,
            on=question.on,
            pack_version=rules.pack_version(),
            list_sha256="",
        )
        | {"notice": told},
    }


def _rule(rule: AppliedRule, sources: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "country": rule.country,
        "id": rule.rule_id,
        "kind": rule.kind,
        "law": rule.law,
        "sources": sources.get(rule.rule_id, []),
        "confidence": rule.confidence,
        "reviewed_by": rule.reviewed_by,
    }


def plain(problem: Problem) -> dict[str, Any]:
    """A problem as JSON: code, English template and parameters as text, for translation where it is shown."""
    params = {name: str(value) for name, value in problem.params.items()}
    return {"code": problem.code, "template": problem.template, "params": params, "text": problem.text}


def overridden(block: Block) -> dict[str, Any]:
    """A reason that two persons let not count, and until when."""
    return {**plain(block.problem), "key": block.key, "until": _iso(block.until)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
