"""Verbs of sub-processors: announced, authorised or objected to, ended (GDPR Art. 28(2), (4))."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from duecause.apps.ledger.upserts import Noun, put, require_one_of
from duecause.apps.parties.chains import below
from duecause.apps.parties.models import Engagement, Partner
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Refused

ENGAGEMENT = Noun(
    name="sub-processor", model=Engagement, event="parties.sub_processor_changed", key=("processor", "sub")
)


def apply_engagement(
    *,
    actor: Actor,
    now: datetime,
    processor: str,
    sub: str,
    service: str,
    announced_on: date,
    state: str = "announced",
    decide_by: date | None = None,
    terms_agreed_on: date | None = None,
    ended_on: date | None = None,
) -> Change | None:
    """A processor lets another work for us. `decide_by`: last day on which we may object.

    Raises Refused where the chain would come back to where it began.
    """
    require_one_of(actor, "organisation.apply", "parties.manage", "parties.review")
    wanted = {
        "processor": processor,
        "sub": sub,
        "service": service,
        "announced_on": announced_on,
        "state": state,
        "decide_by": decide_by,
        "terms_agreed_on": terms_agreed_on,
        "ended_on": ended_on,
    }
    with transaction.atomic():
        _refuse_circle(processor, sub)
        return put(ENGAGEMENT, wanted, actor=actor, now=now)


def decide(
    *,
    actor: Actor,
    engagement: Engagement,
    state: str,
    terms_agreed_on: date | None,
    ended_on: date | None,
    now: datetime,
) -> Change | None:
    """Authorise a sub-processor or object; note that it took on the same duties, or that it is gone."""
    require_one_of(actor, "parties.manage", "parties.review")
    wanted = {
        "processor": engagement.processor.code,
        "sub": engagement.sub.code,
        "state": state,
        "terms_agreed_on": terms_agreed_on,
        "ended_on": ended_on,
    }
    return put(ENGAGEMENT, wanted, actor=actor, now=now)


def _refuse_circle(processor: str, sub: str) -> None:
    # Everybody who could close a circle waits here for whoever is adding an edge.
    parties = {partner.code: partner.pk for partner in Partner.objects.select_for_update().order_by("pk")}
    if sub not in parties or processor not in parties:
        return  # `put` says which code is unknown
    reached = {parties[sub], *(edge.sub for edge in below(parties[sub]))}
    if parties[processor] in reached:
        raise Refused(
            "sub_processor_circle",
            "%(sub)s cannot work for %(processor)s: %(processor)s works for it, directly or through others."
            " Correct the chain.",
            processor=processor,
            sub=sub,
        )
