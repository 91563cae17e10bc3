"""Reads for the pages of retention: the forecast, the nights and what they took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from duecause.apps.catalogue.models import RetentionVersion
from duecause.apps.catalogue.retention_queries import in_force
from duecause.apps.ledger import queries as ledger
from duecause.apps.ledger.models import Event
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.register.models import Record
from duecause.apps.rights.models import RetentionCertificate, RetentionForecast
from duecause.apps.rights.retention_counting import forecast

NIGHTLY = "rights.retention"
# A page counts by itself while that takes about a second; the night counts larger registers.
PAGE_COUNTS = 20_000
NIGHTS = 14


@dataclass(frozen=True, slots=True)
class Counted:
    """`content` as `retention_counting.forecast` gives it; None where no rules are in force, or where those
    of `version` were not counted since they came into force."""

    version: RetentionVersion | None
    content: dict[str, Any] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Night:
    """`run` names its certificates. `persons` and more are what it took; None while it is not done."""

    run: UUID
    at: datetime
    state: str
    done: dict[str, Any] | None


def countable() -> bool:
    """Whether a page may wait for a count."""
    return Record.objects.count() <= PAGE_COUNTS


def counted(now: datetime) -> Counted:
    version = in_force()
    if version is None:
        return Counted(None, None, now)
    if countable():
        return Counted(version, forecast(now), now)
    kept = RetentionForecast.objects.filter(version=version.number).order_by("-at").first()
    return Counted(version, kept.content if kept else None, kept.at if kept else now)


def nights() -> list[Night]:
    """The last nights, newest first."""
    rows = Step.objects.filter(obligation__kind=NIGHTLY).select_related("obligation")
    return [
        Night(
            step.pk,
            step.obligation.opened_at,
            step.state,
            step.receipt if step.state == Step.State.DONE else None,
        )
        for step in rows.order_by("-obligation__opened_at")[:NIGHTS]
    ]


def certificates(run: UUID) -> list[RetentionCertificate]:
    return list(RetentionCertificate.objects.filter(run=run).order_by("pk"))


def with_proof(certificate: RetentionCertificate) -> dict[str, Any]:
    """The certificate and where its event stands in the ledger."""
    event = Event.objects.select_related("leaf").filter(uid=certificate.event or UUID(int=0)).first()
    standing = ledger.standing(event) if event else None
    proof = str(standing.proof) if standing and standing.proof and standing.holds else None
    return {
        "certificate": certificate.content,
        "ledger": {
            "event": str(certificate.event) if certificate.event else None,
            "leaf": bytes(event.leaf_bytes).decode() if event else None,
            "index": standing.index if standing else None,
            "proof": proof,
            "state": "logged" if proof else "waiting",
        },
    }


def under_way(version: RetentionVersion) -> bool:
    """Whether a worker counts what this version would do."""
    return Obligation.objects.filter(
        kind="catalogue.retention_count", facts__version=version.number, state=Obligation.State.OPEN
    ).exists()
