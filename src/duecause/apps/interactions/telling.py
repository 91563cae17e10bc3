"""What a system tells of one contact: read, checked, and brought to how it lies in the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from duecause.apps.interactions.models import Interaction
from duecause.apps.staff.models import Employee, Team
from duecause.apps.vault import indexes
from duecause.engine.phone import parse_e164
from duecause.engine.problems import Problem, gettext_noop
from duecause.engine.tabular import normal_customer_no, normalise_email
from duecause.packs.interactions import KINDS

AHEAD = timedelta(minutes=5)  # two clocks may differ
PLANNED_AHEAD = timedelta(days=400)
PLANNED = frozenset({"callback", "appointment", "visit", "order", "work_order"})
SENT_AS = {"phone": "number", "email": "email", "customer_no": "customer_no"}  # kind of token: name
MAY_CHANGE = ("ended_at", "token", "bound", "contact", "drawn", "self_made")
_REFERENCE = re.compile(r"[\x21-\x7e]{1,64}")
_LOOKS_PERSONAL = re.compile(r"@|^(\+|00)\d{7,}$")

_TEMPLATES = {
    "kind": gettext_noop("kind is one of %(known)s."),
    "reference": gettext_noop(
        "reference is the system's own name of this contact: 1 to 64 printable characters without spaces."
    ),
    "personal_reference": gettext_noop(
        "reference looks like a telephone number or an e-mail address. Send the identifier of the call or"
        " ticket instead: references are shown."
    ),
    "whose": gettext_noop("Name either the employee or the team whose contact it was, not both."),
    "employee": gettext_noop(
        "There is no such employee here. Send the user name with which the employee signs in to Duecause."
    ),
    "team": gettext_noop("There is no such team here. Send its code of the organisation file."),
    "number": gettext_noop("number is no telephone number with + and country code, as +32470000011."),
    "email": gettext_noop("email is no e-mail address. Leave it out where it is not known."),
    "several": gettext_noop("Send one of number, email and customer_no: the one by which the contact came."),
    "begin": gettext_noop("begun_at lies in the future. Check the clock of the system and the zone sent."),
    "end": gettext_noop("ended_at lies before begun_at, or in the future."),
    "otherwise": gettext_noop(
        "This contact was told before with another kind, begin or person. It stays as it was; send another"
        " reference for another contact."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """As a system sends it. `employee` and `made_by` are user names, `team` a code, `number` +E.164."""

    reference: str
    kind: str
    begun_at: datetime
    employee: str = ""
    team: str = ""
    ended_at: datetime | None = None
    number: str = ""
    email: str = ""
    customer_no: str = ""
    contact: bool | None = None
    drawn: bool | None = None
    made_by: str = ""


class NotTaken(Exception):
    def __init__(self, code: str, **params: object) -> None:
        self.problem = Problem(f"interaction_{code}", _TEMPLATES[code], params)


@dataclass(frozen=True, slots=True)
class Whose:
    """Those that a batch names: user name → id, team code → id."""

    employees: Mapping[str, UUID]
    teams: Mapping[str, int]

    @classmethod
    def named_in(cls, told: Sequence[Told]) -> Whose:
        names = {each.employee.casefold() for each in told if each.employee}
        known = Employee.objects.filter(username__in={each.employee for each in told} | names)
        employees = {name.casefold(): pk for name, pk in known.values_list("username", "pk")}
        teams = Team.objects.filter(code__in={each.team for each in told if each.team})
        return cls(employees, dict(teams.values_list("code", "pk")))


def read(told: Told, whose: Whose, now: datetime) -> Interaction:
    """As it will lie, without its system. Raises NotTaken."""
    if told.kind not in KINDS:
        raise NotTaken("kind", known=", ".join(KINDS))
    if not _REFERENCE.fullmatch(told.reference):
        raise NotTaken("reference")
    if _LOOKS_PERSONAL.search(told.reference):
        raise NotTaken("personal_reference")
    ahead = PLANNED_AHEAD if told.kind in PLANNED else AHEAD
    if told.begun_at > now + ahead:
        raise NotTaken("begin")
    if told.ended_at is not None and not told.begun_at <= told.ended_at <= now + ahead:
        raise NotTaken("end")
    return Interaction(
        reference=told.reference,
        kind=told.kind,
        **_whose(told, whose),
        **_identified(told),
        begun_at=told.begun_at,
        ended_at=told.ended_at,
        contact=told.contact,
        drawn=told.drawn,
        self_made=told.made_by.casefold() == told.employee.casefold() if told.made_by else None,
        told_at=now,
    )


def _whose(told: Told, whose: Whose) -> dict[str, Any]:
    if bool(told.employee) == bool(told.team):
        raise NotTaken("whose")
    if told.team:
        if told.team not in whose.teams:
            raise NotTaken("team")
        return {"team_id": whose.teams[told.team]}
    employee = whose.employees.get(told.employee.casefold())
    if employee is None:
        raise NotTaken("employee")
    return {"employee_id": employee}


def _identified(told: Told) -> dict[str, Any]:
    """The token of whom it was with, and by what that is known."""
    given = [kind for kind, name in SENT_AS.items() if getattr(told, name)]
    if not given:
        return {}
    if len(given) > 1:
        raise NotTaken("several")
    [kind] = given
    bound = Interaction.Bound.NUMBER if kind == "phone" else Interaction.Bound.IDENTIFIED
    return {"token": indexes.lookup_token(kind, _normalised(told, kind)), "bound": bound}


def _normalised(told: Told, kind: str) -> str:
    if kind == "phone":
        number = parse_e164(told.number)
        if number is None:
            raise NotTaken("number")
        return str(number.e164)
    if kind == "email":
        address, _ = normalise_email(told.email)
        if address is None:
            raise NotTaken("email")
        return address
    return normal_customer_no(told.customer_no)


def changed(known: Interaction, said: Interaction) -> bool:
    """Bring what is known to what is said now: a later end, an identifier that was unknown, a contact leg.
    Whether anything changed. Raises NotTaken where it contradicts."""
    same = known.kind == said.kind and known.begun_at == said.begun_at
    held = None if known.token is None else bytes(known.token)
    if not same or (held is not None and said.token is not None and held != said.token):
        raise NotTaken("otherwise")
    before = _standing(known)
    known.ended_at = said.ended_at or known.ended_at
    if held is None and said.token is not None:  # a caller nobody knew passed the questions
        known.token, known.bound = said.token, Interaction.Bound.IDENTIFIED
    for name in ("contact", "drawn", "self_made"):
        if getattr(known, name) is None:
            setattr(known, name, getattr(said, name))
    return before != _standing(known)


def _standing(each: Interaction) -> tuple[Any, ...]:
    return (*(getattr(each, name) for name in MAY_CHANGE),)
