"""Bring a campaign to what the organisation file says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from duecause.apps.dialling.models import Campaign
from duecause.apps.ledger.upserts import Noun, put
from duecause.engine.actor import Actor
from duecause.engine.changes import Change

CAMPAIGN = Noun(name="campaign", model=Campaign, event="dialling.campaign_changed")


def apply_campaign(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    name: str,
    controller: str,
    brand: str | None,
    purpose: str,
    channel: str,
    sector: str,
    offer_families: Sequence[str],
    countries: Sequence[str],
    release_fields: Sequence[str],
    valid_days: int,
    ended_on: date | None,
) -> Change | None:
    """`controller`, `brand` and `purpose` are codes; `release_fields` are catalogue fields, the only ones a
    released row may carry besides its number."""
    actor.require("organisation.apply")
    wanted = {
        "code": code,
        "name": name,
        "controller": controller,
        "brand": brand,
        "purpose": purpose,
        "channel": channel,
        "sector": sector,
        "offer_families": offer_families,
        "countries": countries,
        "release_fields": release_fields,
        "valid_days": valid_days,
        "ended_on": ended_on,
    }
    return put(CAMPAIGN, wanted, actor=actor, now=now)
