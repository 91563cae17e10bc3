"""Reads of this room: which system a key is of, and how far each one is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from duecause.apps.parties.queries import holder_of
from duecause.apps.systems.models import Change, ChangeStream, System
from duecause.engine.problems import Refused
from duecause.packs.feed import windows


def system_by_key(clear: str) -> System | None:
    """The system that holds this key. None for an unknown one and one of a system that has ended."""
    found: System | None = holder_of(System.objects.all(), clear)
    return found


def system_named(code: str) -> System:
    """Raises Refused with the codes that exist."""
    found = System.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(System.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_system",
            "There is no system “%(given)s”. Known: %(known)s.",
            given=code[:40],
            known=known,
        )
    return found


def silent(now: datetime) -> Iterator[tuple[System, Change]]:
    """Systems that have not acknowledged in time, each with the oldest change that is late."""
    patience = windows(now.date())
    corrects = Q(kind=Change.Kind.CORRECTION)
    late = Q(~corrects, at__lte=now - patience.alarm_after)
    late |= Q(corrects, at__lte=now - patience.correction_alarm_after)
    for system in System.objects.filter(ended_at=None, stream__isnull=False).select_related("stream"):
        waiting = Change.objects.filter(late, system=system, cursor__gt=system.stream.acknowledged)
        oldest = waiting.order_by("cursor").first()
        if oldest is not None:
            yield system, oldest


def states(systems: QuerySet[System] | None = None) -> list[dict[str, Any]]:
    """Each system: what it is told, how far it is, since when the oldest change waits for its word."""
    every = System.objects.all() if systems is None else systems
    return [
        _state(system)
        for system in every.select_related("stream").prefetch_related("sources").order_by("code")
    ]


def _state(system: System) -> dict[str, Any]:
    stream = getattr(system, "stream", None) or ChangeStream(system=system)
    waiting = Change.objects.filter(system=system, cursor__gt=stream.acknowledged).order_by("cursor")
    return {
        "system": system.code,
        "name": system.name,
        "sources": sorted(source.code for source in system.sources.all()),
        "fields": system.fields,
        "ended": system.ended_at is not None,
        "key": bool(system.key_hash),
        "written": stream.written,
        "given": stream.given,
        "acknowledged": stream.acknowledged,
        "acknowledged_at": stream.acknowledged_at,
        "waits_since": waiting.values_list("at", flat=True).first(),
    }
