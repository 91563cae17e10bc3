"""Bring a campaign to what the organisation file says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import QuerySet

from duecause.apps.catalogue.models import Field, Wording
from duecause.apps.dialling.models import Campaign
from duecause.apps.ledger.upserts import Noun, put
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Refused

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
    notice: str = "",
    notice_version: str = "",
    most_attempts: int | None = None,
    attempt_days: int | None = None,
    quiet_days: int | None = None,
) -> Change | None:
    """`controller`, `brand` and `purpose` are codes; `release_fields` are catalogue fields, the only ones a
    released row may carry besides its number. `notice` and `notice_version` name the wording of kind notice
    that the script of the campaign says at the first contact (GDPR Art. 14(3)(b)). `most_attempts` calls in
    `attempt_days` days, and `quiet_days` of peace after a refusal, are caps of its own, on top of the law's.

    Raises Refused for a field that the purpose does not need, for a notice that does not exist or does not
    name the controller, and for half a cap."""
    actor.require("organisation.apply")
    _refuse_unneeded(code, purpose, release_fields)
    if (notice or notice_version) and not texts_of(notice, notice_version, controller).exists():
        raise Refused(
            "unknown_notice",
            "There is no notice “%(notice)s” %(version)s that names %(controller)s. Add it under wordings,"
            " with “kind: notice”, in each language the campaign is called in.",
            notice=notice,
            version=notice_version,
            controller=controller,
        )
    if (most_attempts is None) != (attempt_days is None):
        raise Refused(
            "half_a_cap",
            "%(campaign)s: most_attempts and attempt_days belong together, as in 3 calls in 30 days. Give"
            " both or neither.",
            campaign=code,
        )
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
        "notice": notice,
        "notice_version": notice_version,
        "most_attempts": most_attempts,
        "attempt_days": attempt_days,
        "quiet_days": quiet_days,
    }
    return put(CAMPAIGN, wanted, actor=actor, now=now)


def _refuse_unneeded(campaign: str, purpose: str, release_fields: Sequence[str]) -> None:
    declared = Field.objects.filter(code__in=release_fields)
    needed = set(declared.filter(purposes__code=purpose).values_list("code", flat=True))
    unneeded = sorted(set(release_fields) - needed)
    if unneeded:
        raise Refused(
            "release_field_unneeded",
            "Campaign %(campaign)s would hand out %(fields)s, which the catalogue does not need for"
            " %(purpose)s. Leave them out of release_fields, or add the purpose to the field with a reason"
            " (GDPR Art. 5(1)(c)).",
            campaign=campaign,
            fields=", ".join(unneeded),
            purpose=purpose,
        )


def texts_of(notice: str, version: str, controller: str) -> QuerySet[Wording]:
    """The short notice of a campaign, per language."""
    return Wording.objects.filter(
        kind=Wording.Kind.NOTICE, code=notice, version=version, controllers__code=controller
    )
