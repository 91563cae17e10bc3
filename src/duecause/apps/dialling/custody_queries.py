"""Reads about lists in the hands of centres: which, until when, and what their centres have said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from duecause.apps.dialling import feed_wall
from duecause.apps.dialling.models import Custody, Release
from duecause.apps.parties.models import Partner

HANDED_OUT = Q(expires_at__gt=F("released_at")) | Q(dial_list=None)


@dataclass(frozen=True, slots=True)
class Held:
    """A list and its two promises; None: not asked for (yet)."""

    release: Release
    arrival: Custody | None
    end: Custody | None

    @property
    def gone(self) -> bool:
        return self.end is not None and self.end.said_at is not None


def lists_of(partner: Partner) -> list[Held]:
    """What this partner was given and has not destroyed or returned, oldest first, read behind both walls."""
    with feed_wall.walled(partner):
        rows = feed_wall.own(Release.objects.filter(HANDED_OUT), partner, "centre")
        found = list(rows.order_by("released_at"))
    return [held for held in held_of(found) if not held.gone]


def held_of(releases: Iterable[Release]) -> list[Held]:
    found = list(releases)
    rows = Custody.objects.filter(release__in=[release.pk for release in found])
    of = {(row.release_id, row.kind): row for row in rows}
    return [
        Held(release, of.get((release.pk, Custody.Kind.ARRIVAL)), of.get((release.pk, Custody.Kind.END)))
        for release in found
    ]


def waiting(now: datetime) -> QuerySet[Custody]:
    """What centres still have to say, the nearest day first."""
    rows = Custody.objects.filter(said_at=None).select_related("release__campaign", "partner")
    return rows.order_by("due_at")
