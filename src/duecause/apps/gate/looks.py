"""Who looked at whom, in words: for the person whose record it is, and for the employee who looked.

What was shown stands in the ledger and is opened from there; the rows beside it (`Access`) find it and say
what became of the reason. The person is told what kind of colleague looked, what for and at what, not a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from duecause.apps.gate.models import Access
from duecause.apps.gate.policies import engine
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.staff.models import Employee
from duecause.web.templatetags.formats import number, shown_day

MOST_TOLD = 2_000
MOST_OF_AN_EMPLOYEE = 200
SHOWN_BY = {
    Access.State.VERIFIED: gettext_lazy("shown by our systems"),
    Access.State.CONFIRMED: gettext_lazy("confirmed by our systems afterwards"),
    Access.State.PENDING: gettext_lazy("as the employee said; still to be checked"),
    Access.State.UNCONFIRMED: gettext_lazy("as the employee said; our systems show no contact"),
    Access.State.FOLLOWS: gettext_lazy("during the same contact"),
}
MEANINGS = {
    Access.State.VERIFIED: "ok",
    Access.State.CONFIRMED: "ok",
    Access.State.PENDING: "watch",
    Access.State.UNCONFIRMED: "act",
    Access.State.FOLLOWS: "info",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """All looks of one day by one kind of colleague (`who`) of one team for one reason. `what`: the groups of
    data that were shown; `times` in words."""

    day: date
    who: str
    team: str
    what: str
    why: str
    shown_by: str
    meaning: str
    times: str
    order: datetime


def looked_at(person: UUID) -> list[Looked]:
    """Who was shown data of this person, the newest day first; like looks of a day are one."""
    rows = list(
        Access.objects.filter(person=person).select_related("employee__team").order_by("-at")[:MOST_TOLD]
    )
    return _merged(_with_records(rows))


@dataclass(frozen=True, slots=True)
class OwnLook:
    """One look of an employee. The person is named by the end of a number only."""

    at: datetime
    person: UUID
    short: str
    what: str
    action: str
    why: str
    shown_by: str
    meaning: str
    row: str


def looks_of(employee: Employee, *, since: datetime, until: datetime) -> list[OwnLook]:
    """What this employee was shown in a time, the newest first."""
    rows = list(
        Access.objects.filter(employee=employee, at__gte=since, at__lt=until)
        .select_related("employee")
        .order_by("-at")[:MOST_OF_AN_EMPLOYEE]
    )
    return [
        OwnLook(
            at=row.at,
            person=row.person,
            short=str(row.person)[-6:],
            what=_groups(said.get("groups", ())),
            action=_label("actions", row.action),
            why=_label("links", row.link),
            shown_by=str(SHOWN_BY[Access.State(row.state)]),
            meaning=MEANINGS[Access.State(row.state)],
            row=row.row,
        )
        for row, said in _with_records(rows)
    ]


def day_of(text: str, today: date) -> date:
    """A day that somebody chose; today where there is none."""
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


def _with_records(rows: Sequence[Access]) -> list[tuple[Access, dict[str, Any]]]:
    """Each row with what the ledger says; empty where the key of its month is gone."""
    events = {event.uid: event for event in Event.objects.filter(uid__in=[row.event for row in rows])}
    known = [row for row in rows if row.event in events]
    said = records_of([events[row.event] for row in known])
    by_event = {row.event: each or {} for row, each in zip(known, said, strict=True)}
    return [(row, by_event.get(row.event, {})) for row in rows]


def _merged(rows: Sequence[tuple[Access, dict[str, Any]]]) -> list[Looked]:
    together: dict[tuple[Any, ...], list[tuple[Access, dict[str, Any]]]] = {}
    for row, said in rows:
        profile = said.get("profile") or row.employee.profile
        team = row.employee.team.name if row.employee.team else ""
        # What follows an earlier reason belongs to it, not to a line of its own.
        key = (shown_day(row.at), profile, team, row.link)
        together.setdefault(key, []).append((row, said))
    found = []
    for (on, profile, team, link), looks in together.items():
        state = _worst(row.state for row, _ in looks)
        times = len(looks)
        found.append(
            Looked(
                day=on,
                who=_label("profiles", profile),
                team=team,
                what=_groups(sorted({group for _, said in looks for group in said.get("groups", ())})),
                why=_label("links", link),
                shown_by=str(SHOWN_BY[state]),
                meaning=MEANINGS[state],
                times=ngettext("once", "%(n)s times", times) % {"n": number(times)},
                order=max(row.at for row, _ in looks),
            )
        )
    return sorted(found, key=lambda each: each.order, reverse=True)


_FROM_WORST = (
    Access.State.UNCONFIRMED,
    Access.State.PENDING,
    Access.State.CONFIRMED,
    Access.State.VERIFIED,
    Access.State.FOLLOWS,
)


def _worst(states: Any) -> Access.State:
    known = set(states)
    return next(state for state in _FROM_WORST if state in known)


def _groups(groups: Sequence[str]) -> str:
    labels = engine().vocabulary.labels["groups"]
    return ", ".join(_(labels[group]) for group in groups if group in labels) or _("nothing that is stored")


def _label(kind: str, code: str) -> str:
    """In the reader's language; the code itself where the vocabulary no longer has it."""
    labels = engine().vocabulary.labels[kind]
    return _(labels[code]) if code in labels else code
