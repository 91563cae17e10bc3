"""Who is told of what inside the product: the employee of what concerns them, always; the employer of alarms
about an employee once that measure may run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.gate.activation import activated
from duecause.apps.gate.models import Alarm, Case, StaffNotice
from duecause.apps.gate.policies import engine
from duecause.apps.staff.models import Employee
from duecause.apps.staff.queries import colleagues

EMPLOYER = "employer_alarms"
LEAD = "team_lead"
HANDLES = "alarms.handle"


def tell(
    *,
    employee: UUID,
    kind: str,
    now: datetime,
    alarm: Alarm | None = None,
    case: Case | None = None,
    facts: Mapping[str, Any] | None = None,
) -> StaffNotice:
    """Put a notice on the employee's next page, in the caller's transaction."""
    return StaffNotice.objects.create(
        employee_id=employee, kind=kind, alarm=alarm, case=case, facts=dict(facts or {}), raised_at=now
    )


def tell_employer(*, alarm: Alarm, concerned: Employee, now: datetime) -> int:
    """Tell the leads of the team and the privacy officers, never the one concerned. Gives how many."""
    if not activated(EMPLOYER, now):
        return 0
    told = {person.pk for person in officers(but=concerned)}
    if concerned.team_id is not None:
        told |= {lead.pk for lead in colleagues(team=concerned.team_id, profile=LEAD, but=[concerned.pk])}
    for person in sorted(told):
        tell(employee=person, kind=StaffNotice.Kind.ALARM, alarm=alarm, case=alarm.case, now=now)
    return len(told)


def officers(*, but: Employee | None = None) -> list[Employee]:
    """Who handles alarms."""
    kept_out = [but.pk] if but else []
    profiles = [
        profile for profile in engine().vocabulary.profiles if HANDLES in engine().functions_of(profile)
    ]
    return [each for profile in profiles for each in colleagues(team=None, profile=profile, but=kept_out)]


def unread(employee: UUID) -> QuerySet[StaffNotice]:
    rows = StaffNotice.objects.filter(employee_id=employee, read_at=None)
    return rows.select_related("alarm__employee__team", "case").order_by("-raised_at")
