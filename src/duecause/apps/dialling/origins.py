"""Data of which nobody can say where they came from, or why we may have them, are out of marketing at once:
in screening, at the release and before each call."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from duecause.apps.consent.queries import ConsentQuestion, consenting_people
from duecause.apps.dialling.models import Campaign
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Record
from duecause.apps.register.planning import NO_BASIS, slices
from duecause.packs import law

ORIGIN, BASIS = "origin_unknown", "basis_unknown"


def excluded_kinds(on: date) -> frozenset[str]:
    """Kinds of sources whose data may not be used for marketing on a day."""
    return frozenset({str(Source.Kind.UNKNOWN)}) if law.origin_rules().excludes("source", on) else frozenset()


def unusable(campaign: Campaign, records: Iterable[UUID], on: date) -> dict[UUID, str]:
    """Record → reason code, of records of unknown origin, and of those without a basis whose person has not
    consented. Their person's own consent makes up for a missing basis, for an unknown origin it does not."""
    found: dict[UUID, str] = {}
    without_basis: dict[UUID, UUID] = {}
    kinds = excluded_kinds(on)
    for part in slices(records):
        rows = Record.objects.filter(pk__in=part).values_list("pk", "person_id", "source__kind", "basis")
        for record, person, kind, basis in rows:
            if kind in kinds:
                found[record] = ORIGIN
            elif basis == NO_BASIS:
                without_basis[record] = person
    consenting = _consenting(campaign, set(without_basis.values()), on)
    return found | {record: BASIS for record, person in without_basis.items() if person not in consenting}


def _consenting(campaign: Campaign, people: Collection[UUID], on: date) -> set[object]:
    if not people:
        return set()
    question = ConsentQuestion(campaign.controller, campaign.purpose, campaign.channel, on)
    return {found for part in slices(people) for found in consenting_people(question, among=part)}
