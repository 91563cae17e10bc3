"""Why an employee looks at a person, found by machine: contacts and work that link the two, weighed by the
explanation templates (packs/lookups/explanations.yaml).

Only a reason with which the employee's profile may see anything counts, and only a strong one is filled in
without asking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from duecause.apps.gate.facts import Explained, Reason
from duecause.apps.gate.policies import engine, links_for
from duecause.apps.interactions.queries import Link, links_between
from duecause.apps.staff.models import Employee
from duecause.engine.lookups.templates import EXPLAINING, STRENGTHS, Templates
from duecause.packs.interactions import terms
from duecause.packs.lookups import explanations


def explained(employee: Employee, person: UUID, at: datetime) -> list[Explained]:
    """Everything that explains a look-up at that moment, the strongest first, then in the order in which
    reasons are offered."""
    templates = explanations(at.date())
    before, after = _reach(templates)
    links = links_between(employee, person, now=at, before=before, after=after)
    offered = links_for(employee.profile)
    proves = terms(at.date()).proves
    found = [
        each
        for link in links
        if (code := proves.get(link.kind)) in offered
        for each in _explanations(templates, link, code, at)
    ]
    return sorted(found, key=lambda each: (STRENGTHS.index(each.strength), offered.index(each.link)))


def _explanations(templates: Templates, link: Link, code: str, at: datetime) -> Iterator[Explained]:
    for template in templates.fitting(link.traits):
        first, last = template.window(link.begun_at, link.ended_at)
        if first <= at <= last:
            yield Explained(template.code, link.row, template.strength, code)


def _reach(templates: Templates) -> tuple[timedelta, timedelta]:
    """How far ahead a link may begin, and how long it may be over, to explain anything at all."""
    return max(each.before for each in templates.all), max(each.after for each in templates.all)


def found_reason(employee: Employee, person: UUID, now: datetime) -> Reason | None:
    """The reason that needs no question, because a strong link shows it. None: ask."""
    for each in explained(employee, person, now):
        if each.strength == "strong":
            return Reason(
                link=each.link, purpose=engine().vocabulary.usual_purpose[each.link], explained=each
            )
    return None


def checked(employee: Employee, person: UUID, reason: Reason, now: datetime) -> Reason:
    """The reason that an employee gives, with what shows it if anything does."""
    found = backing(explained(employee, person, now), reason.link)
    return replace(reason, explained=found) if found else reason


def backing(found: list[Explained], link: str) -> Explained | None:
    """What backs this claim: a link of its kind, or a strong one of any kind."""
    return next(
        (
            each
            for each in found
            if each.strength in EXPLAINING and (each.link == link or each.strength == "strong")
        ),
        None,
    )
