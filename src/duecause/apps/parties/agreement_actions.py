"""Verbs of agreements: record a contract, note point by point what it says (GDPR Art. 28(3))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from duecause.apps.ledger.upserts import Noun, change, put, require_one_of
from duecause.apps.parties.models import Contract
from duecause.engine.actor import Actor
from duecause.engine.agreements import ANSWERS, NOTHING_TO_CHECK, Point
from duecause.engine.changes import Change
from duecause.engine.problems import Refused
from duecause.packs.law import party_rules
from duecause.web.templatetags.formats import shown_day

# Quotes are long, and who checked what stands in each event anyway.
CONTRACT = Noun(
    name="contract",
    model=Contract,
    event="parties.contract_changed",
    key=("partner", "reference"),
    private=frozenset({"evidence"}),
)
MODULES = ("1", "2", "3", "4")
SHA256 = re.compile(r"[0-9a-f]{64}\Z")
PAGE_LIMIT, QUOTE_LIMIT = 20, 600
Noted = Mapping[str, str]  # answer, page, quote


def apply_contract(
    *,
    actor: Actor,
    now: datetime,
    partner: str,
    reference: str,
    valid_from: date,
    valid_to: date | None,
    kind: str = "dpa",
    module: str = "",
    file_sha256: str = "",
    points: Mapping[str, Noted] | None = None,
) -> Change | None:
    """Record an agreement. `file_sha256`: of the signed document, which stays where it is. `points`: code →
    answer, page, quote; those that are not named stay as they are.

    Raises Refused for an end before its start, a module where there is none, an unknown point or answer.
    """
    _require(actor)
    wanted = _wanted(
        partner=partner,
        reference=reference,
        valid_from=valid_from,
        valid_to=valid_to,
        kind=kind,
        module=module,
        file_sha256=file_sha256,
        points=points,
        by=actor.ref,
        on=shown_day(now),
    )
    return put(CONTRACT, wanted, actor=actor, now=now)


def contract_change(
    *,
    partner: str,
    reference: str,
    valid_from: date,
    valid_to: date | None,
    kind: str = "dpa",
    module: str = "",
    file_sha256: str = "",
    points: Mapping[str, Noted] | None = None,
) -> Change | None:
    """What `apply_contract` would do."""
    wanted = _wanted(
        partner=partner,
        reference=reference,
        valid_from=valid_from,
        valid_to=valid_to,
        kind=kind,
        module=module,
        file_sha256=file_sha256,
        points=points,
        by="",
        on=date.min,
    )
    return change(CONTRACT, wanted)


def note_points(
    *, actor: Actor, contract: Contract, points: Mapping[str, Noted], now: datetime
) -> Change | None:
    """Note how far an agreement says what it must, with page and quote. None: it was noted so already."""
    _require(actor)
    wanted = {"partner": contract.partner.code, "reference": contract.reference}
    checked = _checked(contract, contract.kind, contract.module, points, actor.ref, shown_day(now))
    return put(CONTRACT, {**wanted, **checked}, actor=actor, now=now)


def points_of(kind: str, module: str) -> tuple[Point, ...]:
    return party_rules().checklists.get(kind, NOTHING_TO_CHECK).of(module)


def _require(actor: Actor) -> None:
    require_one_of(actor, "organisation.apply", "parties.manage", "parties.review")


def _wanted(*, points: Mapping[str, Noted] | None, by: str, on: date, **wanted: Any) -> dict[str, Any]:
    _refuse_wrong(wanted)
    row = Contract.objects.filter(partner__code=wanted["partner"], reference=wanted["reference"]).first()
    if points is None:
        return wanted
    return wanted | _checked(row or Contract(), wanted["kind"], wanted["module"], points, by, on)


def _refuse_wrong(wanted: Mapping[str, Any]) -> None:
    reference, end = wanted["reference"], wanted["valid_to"]
    if end is not None and end < wanted["valid_from"]:
        raise Refused(
            "agreement_ends_first",
            "%(reference)s ends on %(end)s, before it starts. Correct one of the two days.",
            reference=reference,
            end=end,
        )
    if (wanted["kind"] == "scc") != (wanted["module"] in MODULES):
        raise Refused(
            "agreement_module",
            "%(reference)s: standard clauses have a module from 1 to 4, and nothing else has one.",
            reference=reference,
        )
    if wanted["file_sha256"] and not SHA256.match(wanted["file_sha256"]):
        raise Refused(
            "agreement_hash",
            "%(reference)s: the hash of the document is its SHA-256, 64 digits and letters a to f. Make it"
            " with: sha256sum FILE",
            reference=reference,
        )


def _checked(
    row: Contract, kind: str, module: str, points: Mapping[str, Noted], by: str, on: date
) -> dict[str, Any]:
    """Answers and evidence after noting. Who checked and when stays where nothing changes."""
    known = {point.code: point for point in points_of(kind, module)}
    answers, evidence = dict(row.answers), dict(row.evidence)
    for code, noted in points.items():
        _refuse_unknown(code, noted, known)
        seen = {"page": noted.get("page", ""), "quote": noted.get("quote", "")}
        before = evidence.get(code, {})
        same = answers.get(code) == noted["answer"] and all(before.get(k, "") == v for k, v in seen.items())
        if not same:
            answers[code] = noted["answer"]
            evidence[code] = {**seen, "by": by, "on": on.isoformat()}
    return {"answers": answers, "evidence": evidence}


def _refuse_unknown(code: str, noted: Noted, known: Mapping[str, Point]) -> None:
    point = known.get(code)
    if point is None:
        raise Refused(
            "agreement_point",
            "There is no point “%(point)s” in this kind of agreement. There are: %(known)s.",
            point=code[:40],
            known=", ".join(known) or "-",
        )
    allowed = [each for each in ANSWERS if each != "not_applicable" or point.optional]
    if noted["answer"] not in allowed:
        raise Refused(
            "agreement_answer",
            "Point “%(point)s” is one of %(allowed)s.",
            point=code,
            allowed=", ".join(allowed),
        )
    if len(noted.get("page", "")) > PAGE_LIMIT or len(noted.get("quote", "")) > QUOTE_LIMIT:
        raise Refused(
            "agreement_quote",
            "Point “%(point)s”: at most %(page)s characters fit for the page and %(quote)s for the quote.",
            point=code,
            page=PAGE_LIMIT,
            quote=QUOTE_LIMIT,
        )
