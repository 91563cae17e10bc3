"""Reads of this room: which system a key is of, and what links an employee with a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from duecause.apps.interactions.actions import SIGNING
from duecause.apps.interactions.models import ContactSystem, Interaction
from duecause.apps.parties.queries import holder_of
from duecause.apps.staff.models import Employee
from duecause.apps.statements import Statement
from duecause.apps.vault import covers, derived
from duecause.engine.lookups.templates import Traits
from duecause.engine.problems import Refused

FAMILIES = ("lookup",)


def system_by_key(clear: str) -> ContactSystem | None:
    """The system that holds this key. None for an unknown one and one of a system that has ended."""
    found: ContactSystem | None = holder_of(ContactSystem.objects.all(), clear)
    return found


def signing_system(code: str) -> tuple[ContactSystem | None, str]:
    """The system that may sign under this code and its secret; None, and a secret nobody has, where there is
    none: the signature is compared in every case."""
    found = ContactSystem.objects.filter(code=code, ended_at=None).exclude(salt="").first()
    return found, derived.secret(SIGNING, found.salt if found else "")


def system_named(code: str) -> ContactSystem:
    """Raises Refused with the codes that exist."""
    found = ContactSystem.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(ContactSystem.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_contact_system",
            "There is no system “%(given)s” that tells of contacts. Known: %(known)s.",
            given=code[:40],
            known=known,
        )
    return found


def states() -> list[dict[str, Any]]:
    """Each system: how many contacts it told, the last when."""
    found = []
    for system in ContactSystem.objects.order_by("code"):
        own = Interaction.objects.filter(system=system)
        last = own.order_by("-begun_at").values_list("told_at", flat=True).first()
        found.append(
            {
                "system": system.code,
                "name": system.name,
                "ended": system.ended_at is not None,
                "key": bool(system.key_prefix),
                "signs": bool(system.salt),
                "contacts": own.count(),
                "last_told_at": last.isoformat() if last else None,
            }
        )
    return found


@dataclass(frozen=True, slots=True)
class Link:
    """One contact or piece of work that links an employee with a person. `row`: "<system>:<reference>".
    `traits` say of it what explanation templates ask. A call that nobody is bound to links whoever is looked
    up meanwhile."""

    row: str
    begun_at: datetime
    ended_at: datetime | None
    traits: Traits

    @property
    def kind(self) -> str:
        return self.traits.kind


Provider = Callable[[Employee, UUID, datetime], Iterator[Link]]
Tokens = Callable[[UUID], Sequence[bytes]]
_providers: list[Provider] = []
_tokens: list[Tokens] = []


def provides_links(provider: Provider) -> Provider:
    """Register a room whose own rows link employees with persons."""
    _providers.append(provider)
    return provider


def provides_tokens(provider: Tokens) -> Tokens:
    """Register who knows the look-up tokens of a person's numbers, addresses and customer numbers."""
    _tokens.append(provider)
    return provider


def tokens_of(person: UUID) -> list[bytes]:
    return [token for provider in _tokens for token in provider(person)]


def links_between(
    employee: Employee, person: UUID, *, now: datetime, before: timedelta, after: timedelta
) -> list[Link]:
    """What links them at `now`, the newest first: begun at most `before` ahead, and not over for longer than
    `after`. Calls of the employee with nobody known are among them."""
    stored = covers.candidates(FAMILIES, tokens_of(person))
    latest, earliest = now + before, now - after
    asked: dict[str, Any] = {"employee": employee.pk, "latest": latest, "earliest": earliest}
    found = _OF_EMPLOYEE.rows(**asked, person=person, tokens=stored or None)
    if employee.team_id is not None:
        del asked["employee"]
        found += _OF_TEAM.rows(**asked, team=employee.team_id, person=person, tokens=stored or None)
    links = [_link(row) for row in found]
    for provider in _providers:
        links += [
            each
            for each in provider(employee, person, now)
            if each.begun_at <= latest and (each.ended_at is None or each.ended_at >= earliest)
        ]
    return sorted(links, key=lambda each: each.begun_at, reverse=True)


COLUMNS = (
    "kind", "system__code", "reference", "begun_at", "ended_at", "team_id", "person", "bound", "contact",
    "drawn", "self_made",
)  # fmt: skip
SAID = {None: "unknown", True: "yes", False: "no"}
MADE_BY = {None: "unknown", True: "self", False: "other"}


def _in_time(rows: QuerySet[Interaction], latest: Any, earliest: Any) -> QuerySet[Interaction]:
    return rows.filter(Q(ended_at=None) | Q(ended_at__gte=earliest), begun_at__lte=latest)


def _of_employee(*, employee: Any, latest: Any, earliest: Any, person: Any, tokens: Any = None) -> Any:
    own = _in_time(Interaction.objects.filter(employee=employee), latest, earliest).order_by()
    nobody = own.filter(token=None, person=None, kind__in=("call", "chat"), begun_at__gte=earliest)
    asked = [own.filter(person=person), nobody]
    if tokens is not None:
        asked.append(own.filter(token__in=tokens))
    return [rows.values_list(*COLUMNS) for rows in asked]


def _of_team(*, team: Any, latest: Any, earliest: Any, person: Any, tokens: Any = None) -> Any:
    own = _in_time(Interaction.objects.filter(team=team), latest, earliest).order_by()
    asked = [own.filter(person=person)]
    if tokens is not None:
        asked.append(own.filter(token__in=tokens))
    return [rows.values_list(*COLUMNS) for rows in asked]


# Every look-up asks these.
_OF_EMPLOYEE = Statement(_of_employee)
_OF_TEAM = Statement(_of_team)


def _link(row: tuple[Any, ...]) -> Link:
    kind, system, reference, begun_at, ended_at, team, person, bound, contact, drawn, self_made = row
    traits = Traits(
        kind=kind,
        assigned="employee" if team is None else "team",
        bound="identified" if person is not None else bound,
        made_by=MADE_BY[self_made],
        contact=SAID[contact],
        drawn=SAID[drawn],
    )
    return Link(f"{system}:{reference}", begun_at, ended_at, traits)
