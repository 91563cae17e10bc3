"""What is known of a partner and of everybody who works for it, as the facts of the gate.

A call waits for this: one query for a partner that engages nobody.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import CharField, DateField, Expression, F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from duecause.apps.parties.chains import below
from duecause.apps.parties.models import Contract, Engagement, Override, Partner, TransferBasis
from duecause.apps.statements import Statement
from duecause.engine.partyfacts import Agreement, Basis, Party, PartyFacts, SubProcessor
from duecause.engine.partyfacts import Override as Overridden

Overdue = Callable[[Partner, datetime], Collection[str]]
FEED = "feed"
CORRECTIONS = "corrections"
LISTS = "lists"
_overdue: list[Overdue] = []


def provides_overdue(provider: Overdue) -> Overdue:
    """Register who knows what a partner has not done in time: FEED, acknowledge what it must stop;
    CORRECTIONS, acknowledge what it must put right; LISTS, confirm that lists which ended are destroyed or
    returned."""
    _overdue.append(provider)
    return provider


@dataclass(slots=True)
class _Known:
    """What is recorded about one partner."""

    agreements: list[Agreement] = field(default_factory=list)
    bases: list[Basis] = field(default_factory=list)
    overrides: list[Overridden] = field(default_factory=list)
    engages: bool = False


def party_facts(partner: Partner, on: date, *, now: datetime | None = None) -> PartyFacts:
    """Everything that decides on a day whether data may go to a partner."""
    known = _known([partner.pk])
    own = known[partner.pk]
    moment = now or datetime.now(UTC)
    overdue = {word for provider in _overdue for word in provider(partner, moment)}
    return PartyFacts(
        party=_party(partner, own),
        exporter="processor" if partner.our_role == Partner.Role.PROCESSOR else "controller",
        suspended_on=partner.suspended_on,
        feed_overdue=FEED in overdue,
        corrections_overdue=CORRECTIONS in overdue,
        lists_overdue=LISTS in overdue,
        chain=_chain(partner, on) if own.engages else (),
        overrides=tuple(own.overrides),
    )


def _chain(partner: Partner, on: date) -> tuple[SubProcessor, ...]:
    edges = below(partner.pk, on)
    people = Partner.objects.in_bulk({pk for edge in edges for pk in (edge.processor, edge.sub)})
    known = _known(list({edge.sub for edge in edges})) if edges else {}
    return tuple(
        SubProcessor(
            party=_party(people[edge.sub], known[edge.sub]),
            engaged_by=people[edge.processor].name,
            rank=edge.rank,
            state=edge.state,
            decide_by=edge.decide_by,
            terms_agreed=edge.terms_agreed,
        )
        for edge in edges
    )


def _party(partner: Partner, known: _Known) -> Party:
    return Party(
        code=partner.code,
        name=partner.name,
        countries=(partner.country, *(each["country"] for each in partner.accesses)),
        role="controller" if partner.role == Partner.Role.CONTROLLER else "processor",
        agreements=tuple(known.agreements),
        bases=tuple(known.bases),
    )


def _known(partners: list[int]) -> dict[int, _Known]:
    found: dict[int, _Known] = defaultdict(_Known)
    for word, partner, kind, more, start, end, start2, end2, text in _RECORDED.rows(partners=partners):
        of = found[partner]
        if word == "agreement":
            of.agreements.append(Agreement(kind, start, end, more, json.loads(text)))
        elif word == "basis":
            of.bases.append(Basis(kind, more, start, end, text, start2, end2))
        elif word == "override":
            of.overrides.append(Overridden(text, end))
        else:
            of.engages = True
    return found


def _recorded(*, partners: list[int]) -> list[QuerySet[Any, Any]]:
    """Agreements, bases for transfers, overrides that hold, and whether somebody is engaged."""
    return [
        _columns(
            Contract.objects.filter(partner__in=partners),
            "agreement",
            kind="kind",
            more="module",
            days=("valid_from", "valid_to"),
            text="answers",
        ),
        _columns(
            TransferBasis.objects.filter(partner__in=partners),
            "basis",
            kind="country",
            more="mechanism",
            days=("assessed_on", "assessment_valid_to", "listed_on", "listed_to"),
            text="conclusion",
        ),
        _columns(
            Override.objects.filter(partner__in=partners, approved_at__isnull=False, ended_at=None),
            "override",
            days=(None, "until"),
            text="key",
        ),
        _columns(Engagement.objects.filter(processor__in=partners), "engages", of="processor_id"),
    ]


def _columns(
    rows: QuerySet[Any, Any],
    word: str,
    *,
    of: str = "partner_id",
    kind: str = "",
    more: str = "",
    days: Iterable[str | None] = (),
    text: str = "",
) -> QuerySet[Any, Any]:
    """Each kind of fact in the same columns."""
    start, end, start2, end2 = [*days, None, None, None, None][:4]
    answers: QuerySet[Any, Any] = (
        rows.order_by()
        .annotate(
            a_word=Cast(Value(word), CharField(max_length=10)),
            a_partner=Cast(F(of), IntegerField()),
            a_kind=Cast(F(kind) if kind else Value(""), CharField(max_length=20)),
            a_more=Cast(F(more) if more else Value(""), CharField(max_length=20)),
            a_start=_day(start),
            an_end=_day(end),
            another_start=_day(start2),
            another_end=_day(end2),
            a_text=Cast(F(text) if text else Value(""), TextField()),
        )
        .values_list(
            "a_word",
            "a_partner",
            "a_kind",
            "a_more",
            "a_start",
            "an_end",
            "another_start",
            "another_end",
            "a_text",
        )
    )
    return answers


def _day(name: str | None) -> Expression:
    return Cast(F(name) if name else Value(None), DateField())


_RECORDED = Statement(_recorded)
