"""Rows of the list of requests lead to their case, and link who handles them with the person. Imported once
at start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from duecause.apps.consent.actions import ERASURE_REQUEST
from duecause.apps.gate.policies import engine
from duecause.apps.interactions.queries import Link, provides_links
from duecause.apps.obligations.linking import leads_to
from duecause.apps.obligations.models import Obligation
from duecause.apps.staff.models import Employee
from duecause.apps.statements import Statement
from duecause.engine.actor import Actor
from duecause.engine.lookups.templates import Traits


@leads_to(ERASURE_REQUEST)
def case_page(obligation: Obligation, actor: Actor) -> str:
    return reverse("rights:case", args=[obligation.pk]) if actor.may("rights.read") else ""


@provides_links
def case_links(employee: Employee, person: UUID, now: datetime) -> Iterator[Link]:
    """A request of the person is work of whoever handles requests."""
    if not engine().may_use(profile=employee.profile, function="rights.read"):
        return
    for pk, opened_at, closed_at in _REQUESTS.rows(person=person):
        traits = Traits("request_case", assigned="team", bound="identified", contact="yes", drawn="yes")
        yield Link(f"duecause:request-{pk}", opened_at, closed_at, traits)


_REQUESTS = Statement(
    lambda *, person: Obligation.objects.filter(kind=ERASURE_REQUEST, person=person).values_list(
        "pk", "opened_at", "closed_at"
    )
)
