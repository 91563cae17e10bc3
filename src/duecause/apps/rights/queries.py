"""Requests to be erased and their cases, as pages show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from duecause.apps.consent.actions import ERASURE_REQUEST
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.rights import texts
from duecause.apps.rights.delivering import acknowledged
from duecause.apps.rights.models import ErasureCase


def request_of(pk: UUID) -> Obligation | None:
    return Obligation.objects.filter(pk=pk, kind=ERASURE_REQUEST, person__isnull=False).first()


def case_of(request: Obligation) -> ErasureCase | None:
    return ErasureCase.objects.filter(obligation=request).first()


def steps_of(case: ErasureCase) -> list[dict[str, str]]:
    """Every stage with how it stands: done, under way or still to come."""
    reached = list(ErasureCase.Stage.values).index(case.stage)
    names = list(ErasureCase.Stage.values)[:-1]
    return [
        {
            "name": texts.label(texts.STAGES, name),
            "meaning": "ok" if at < reached else "watch" if at == reached else "waiting",
        }
        for at, name in enumerate(names)
    ]


def job_of(case: ErasureCase) -> Step | None:
    return Step.objects.filter(obligation=case.job).first() if case.job else None


def plan_of(case: ErasureCase) -> dict[str, Any]:
    """The plan with its codes in words."""
    plan = case.plan
    return {
        "tables": [
            {
                "table": texts.label(texts.TABLES, row["table"]),
                "rows": row["rows"],
                "becomes": texts.label(texts.BECOMES, row["becomes"]),
                "meaning": "watch" if row["becomes"] == "kept" else "ok",
                "because": texts.label(texts.BECAUSE, row["because"]) if row["because"] else "",
            }
            for row in plan["tables"]
        ],
        "records": plan["keys"]["records"],
        "events": plan["events"],
        "kept": [kept_in_words(kept) for kept in plan["kept"]],
        "guards": [(texts.label(texts.IDENTIFIERS, k), n) for k, n in plan["guards"].items() if n],
        "guards_until": plan["guards_until"],
        "holders": holders_of(case, case.work.get("partners", plan["holders"])),
        "blockers": [texts.label(texts.BLOCKERS, code) for code in plan["blockers"]],
    }


def kept_in_words(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        **kept,
        "what": texts.label(texts.COMPARTMENTS, kept["compartment"]),
        "why": texts.label(texts.BECAUSE, kept["because"]),
    }


def holders_of(case: ErasureCase, holders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who was given the number, and how far the order to erase it is by now."""
    confirmed = acknowledged(case.pk)
    found = []
    for holder in holders:
        order = "acknowledged" if holder["centre"] in confirmed else holder.get("order", "")
        told = texts.label(texts.ORDERS, order) if order else ""
        found.append({**holder, "standing": texts.label(texts.RELEASES, holder["state"]), "told": told})
    return found
