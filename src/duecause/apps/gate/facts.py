"""Facts for a decision. Rooms above the gate know most of them and register a provider each; the gate never
imports upward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import DateField, F, QuerySet, Value
from django.db.models.functions import Cast

from duecause.apps.gate.emergencies import EMERGENCY, is_open
from duecause.apps.gate.in_hand import is_in_hand
from duecause.apps.staff.models import Employee
from duecause.apps.statements import Statement
from duecause.engine.actor import Actor
from duecause.engine.policy import Facts
from duecause.web.templatetags.formats import shown_day

SHORTEST_WORDS = 15


@dataclass(frozen=True, slots=True)
class Explained:
    """What shows by machine why somebody looks: which `row` (`<system>:<reference>`) by which `template`, how
    strongly, and as which `link` of the policies."""

    template: str
    row: str
    strength: str
    link: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person is looked up. `link` is a code of the vocabulary; `reference` a ticket or campaign code;
    `words` what the employee wrote when no link fits; `earlier` the look-up event at which a reason was given
    that still holds for this contact; `explained` what shows it, without anybody's word."""

    link: str
    purpose: str
    reference: str = ""
    words: str = ""
    earlier: str = ""
    explained: Explained | None = None

    @property
    def sufficient(self) -> bool:
        return self.link != "other" or bool(self.earlier) or len(self.words.strip()) >= SHORTEST_WORDS


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the rooms above know of a person for one employee."""

    relation: str = "none"
    restricted: bool = False
    objected: bool = False
    legal_hold: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks about whom, for fact providers."""

    actor: Actor
    person: UUID
    reason: Reason
    now: datetime


RelationOf = Callable[[Asking], str]
AssignedTo = Callable[[UUID, int, datetime], bool]
Flag = Callable[..., QuerySet[Any, Any]]

NO_REASON = Reason(link="none", purpose="customer_care")

_relation: list[RelationOf] = []
_assigned: list[AssignedTo] = []
FLAGS = ("restricted", "objected", "legal_hold")
_flags: list[Callable[[UUID], QuerySet[Any, Any]]] = []


def provides_relation(provider: RelationOf) -> RelationOf:
    """Register who knows whether a person is the employee or a colleague: none, self or colleague."""
    _relation.append(provider)
    return provider


def provides_assignment(provider: AssignedTo) -> AssignedTo:
    """Register who knows whether a person is in the hands of a partner: person, partner's key, now."""
    _assigned.append(provider)
    return provider


def provides_flag(name: str, *, until: str | None = None) -> Callable[[Flag], Flag]:
    """Register the rows that make a person `restricted`, `objected` or under `legal_hold`: a function of
    `person` (its id) that answers a queryset. They are all asked in one statement. `until`: the column with a
    row's last day, where it has one."""
    if name not in FLAGS:
        raise ValueError(name)
    last_day = F(until) if until else Cast(Value(None), DateField())

    def register(rows: Flag) -> Flag:
        _flags.append(lambda person: rows(person=person).order_by().values_list(Value(name), last_day))
        return rows

    return register


# Every look-up asks these.
_FLAGGED = Statement(lambda *, person: [rows(person) for rows in _flags])


def person_facts(asking: Asking) -> PersonFacts:
    relations = {provider(asking) for provider in _relation} - {"none"}
    today, flagged = shown_day(asking.now), _FLAGGED.rows(person=asking.person)
    holding = {name for name, last_day in flagged if last_day is None or last_day >= today}
    return PersonFacts(
        relation="self" if "self" in relations else next(iter(relations), "none"),
        **{name: name in holding for name in FLAGS},
    )


def facts_for(asking: Asking, employee: Employee) -> Facts:
    """Everything the policies may ask, bucketed. No identifier gets in."""
    known = person_facts(asking)
    reason = asking.reason
    return Facts(
        purpose=reason.purpose,
        link=reason.link,
        status=_status(employee, asking),
        relation=known.relation,
        workplace=employee.workplace,
        trained=employee.trained_until is None or employee.trained_until >= shown_day(asking.now),
        reason_ok=reason.sufficient,
        restricted=known.restricted,
        objected=known.objected,
        legal_hold=known.legal_hold,
        break_glass=reason.link == EMERGENCY and is_open(employee.pk, asking.person, asking.now),
        mfa_fresh=False,
        assigned=_assigned_to(asking, employee),
    )


def _assigned_to(asking: Asking, employee: Employee) -> bool:
    """Whether the person was released to the partner whose agent asks; of our own staff no policy asks it."""
    partner = employee.partner_id
    if partner is None:
        return False
    return any(provider(asking.person, partner, asking.now) for provider in _assigned)


def _status(employee: Employee, asking: Asking) -> str:
    """A locked account may finish the contact in hand, and nothing else."""
    if not employee.is_active:
        return "leaver"
    if employee.locked_at is None:
        return "active"
    spared = is_in_hand(
        earlier=asking.reason.earlier, person=asking.person, since=employee.locked_at, now=asking.now
    )
    return "active" if spared else "locked"
