"""Reads of lists and releases that other rooms and the command line ask for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.consent.reach import Reach, provides_reach
from duecause.apps.dialling.models import Campaign, DialList, Release, ReleaseRow
from duecause.apps.parties.models import Partner
from duecause.apps.register.link_value import changes_with_a_link
from duecause.apps.register.planning import slices
from duecause.apps.statements import Statement
from duecause.engine.problems import Refused

LIST_RELATIONS = ("campaign__controller", "campaign__purpose", "centre")


@provides_reach
def centres_holding(person: UUID, now: datetime) -> list[Reach]:
    """Centres that hold a number of this person in a release that still runs."""
    found = (Reach(*row) for row in _HOLDING.rows(person=person, now=now))
    return list({(reach.centre_code, reach.campaign_code): reach for reach in found}.values())


def _holding(*, person: UUID, now: datetime) -> QuerySet[ReleaseRow, Any]:
    rows = ReleaseRow.objects.filter(
        person=person, release__recalled_at=None, release__expires_at__gt=now
    ).order_by("release__released_at")
    return rows.values_list(
        "release__centre__code",
        "release__centre__name",
        "release__campaign__code",
        "release__campaign__name",
        "release__released_at",
    )


_HOLDING = Statement(_holding)


@changes_with_a_link("open_list", weight=2, one_sided=False)
def on_open_lists(people: Collection[UUID], now: datetime) -> set[UUID]:
    """Persons whom a centre may be calling now."""
    found: set[UUID] = set()
    for part in slices(people):
        rows = ReleaseRow.objects.filter(
            person__in=part, release__recalled_at=None, release__expires_at__gt=now
        )
        found.update(person for person in rows.values_list("person_id", flat=True) if person)
    return found


def running_releases(now: datetime) -> QuerySet[Release]:
    found = Release.objects.filter(recalled_at=None, expires_at__gt=now, dial_list__isnull=False)
    return found.select_related("campaign", "centre")


def campaign_named(code: str) -> Campaign:
    """Raises Refused with the codes that exist."""
    found = Campaign.objects.select_related("controller", "purpose").filter(code=code).first()
    if found is None:
        known = ", ".join(Campaign.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_campaign", "There is no campaign “%(given)s”. Known: %(known)s.", given=code, known=known
        )
    return found


def centre_named(code: str) -> Partner:
    centres = Partner.objects.filter(kind=Partner.Kind.CALL_CENTRE)
    found = centres.filter(code=code).first()
    if found is None:
        known = ", ".join(centres.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_centre",
            "There is no call centre “%(given)s”. Known: %(known)s.",
            given=code,
            known=known,
        )
    return found


def list_named(given: str) -> DialList:
    """A list by its id, or the newest of CAMPAIGN@CENTRE. Raises Refused."""
    lists = DialList.objects.select_related(*LIST_RELATIONS).order_by("-created_at")
    campaign, at, centre = given.partition("@")
    if at:
        found = lists.filter(campaign__code=campaign, centre__code=centre).first()
    else:
        key = _uuid(given)
        found = lists.filter(pk=key).first() if key is not None else None
    if found is None:
        raise Refused(
            "unknown_list",
            "There is no list “%(given)s”. Give its id, or CAMPAIGN@CENTRE for the newest one.",
            given=given[:80],
        )
    return found


def release_named(given: str) -> Release:
    """A release by its id, by its list's id, by its watermark, or the newest of CAMPAIGN@CENTRE."""
    releases = Release.objects.select_related("campaign", "centre").order_by("-released_at")
    campaign, at, centre = given.partition("@")
    key = _uuid(given)
    if at:
        found = releases.filter(campaign__code=campaign, centre__code=centre).first()
    elif key is not None:
        found = releases.filter(pk=key).first() or releases.filter(dial_list=key).first()
    else:
        found = releases.filter(watermark=given.upper()).first()
    if found is None:
        raise Refused(
            "unknown_release",
            "There is no release “%(given)s”. Give its id, its watermark, or CAMPAIGN@CENTRE.",
            given=given[:80],
        )
    return found


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
