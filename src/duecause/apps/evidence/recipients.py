"""Who receives data under an activity: call centres that were given lists for its purposes, and the
processors it names. With contract, transfer and what stands against them today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, Sum

from duecause.apps.catalogue.models import Activity
from duecause.apps.dialling.models import Release
from duecause.apps.parties.models import Contract, Controller, Partner
from duecause.apps.parties.queries import gate_of
from duecause.engine.agreements import NOTHING_TO_CHECK
from duecause.engine.partyfacts import Party, SubProcessor
from duecause.engine.problems import Problem
from duecause.packs.law import adequacy, party_rules


@dataclass(frozen=True, slots=True)
class Recipient:
    """`content` is what is configured; `rows` were released to it in `lists` lists; `against`: why nothing
    may go there today."""

    code: str
    content: dict[str, Any]
    lists: int
    rows: int
    against: tuple[Problem, ...]


def recipients(activity: Activity, controller: Controller, *, on: date) -> list[Recipient]:
    """Ordered by code. Drafts that were never handed out do not count; lists of former times do."""
    purposes = list(activity.purposes.all())
    named = {partner.pk for partner in activity.processors.all()}
    given: dict[int, tuple[int, int]] = {}
    if activity.role != Activity.Role.PROCESSOR:
        handed = Release.objects.filter(
            campaign__controller=controller,
            campaign__purpose__in=purposes,
        ).filter(Q(expires_at__gt=F("released_at")) | Q(dial_list=None))
        for row in handed.values("centre").annotate(lists=Count("pk"), numbers=Sum("rows")):
            given[row["centre"]] = row["lists"], row["numbers"]
    rows = Partner.objects.filter(pk__in=named | set(given)).order_by("code")
    return [_recipient(row, given.get(row.pk, (0, 0)), row.pk in named, on) for row in rows]


def _recipient(partner: Partner, given: tuple[int, int], named: bool, on: date) -> Recipient:
    state = gate_of(partner, on)
    party = state.facts.party
    content = {
        "name": partner.name,
        "kind": partner.kind,
        "country": partner.country,
        "how": [*(["released"] if given[0] else []), *(["named"] if named else [])],
        "agreements": [
            _agreement(row)
            for row in partner.contracts.order_by("kind", "valid_from", "reference")
            if row.valid_to is None or on <= row.valid_to
        ],
        "transfers": [_transfer(party, country, on) for country in dict.fromkeys(party.countries)],
        "sub_processors": [_sub_processor(one) for one in state.facts.chain],
    }
    return Recipient(partner.code, content, *given, against=state.reasons)


def _agreement(row: Contract) -> dict[str, Any]:
    """`open`: codes of points of its checklist that are lacking or that nobody checked."""
    lacking, unchecked = (
        party_rules().checklists.get(row.kind, NOTHING_TO_CHECK).open(row.answers, row.module)
    )
    return {
        "kind": row.kind,
        "reference": row.reference,
        "module": row.module,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "open": sorted(point.code for point in (*lacking, *unchecked)),
    }


def _transfer(party: Party, country: str, on: date) -> dict[str, Any]:
    """`inside`: no transfer to a third country, so that no mechanism is needed."""
    basis = next((one for one in party.bases if one.country == country), None)
    inside = country in adequacy().eea
    decision = None if inside else adequacy().decision(country, on)
    until = basis.assessed_to if basis else None
    return {
        "country": country,
        "inside": inside,
        "mechanism": "" if inside else basis.mechanism if basis else "none",
        "decision": decision.ref if decision else "",
        "conclusion": basis.conclusion if basis else "",
        "assessed_to": until.isoformat() if until else None,
    }


def _sub_processor(one: SubProcessor) -> dict[str, Any]:
    return {
        "name": one.party.name,
        "countries": list(dict.fromkeys(one.party.countries)),
        "engaged_by": one.engaged_by,
        "state": one.state,
    }
