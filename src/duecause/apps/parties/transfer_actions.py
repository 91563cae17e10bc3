"""Verbs of transfers: from which countries a partner reaches data, and why they may go there (GDPR Art.
44-49)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from duecause.apps.ledger.upserts import Noun, put, require_one_of
from duecause.apps.parties.actions import PARTNER, ordered
from duecause.apps.parties.models import Partner, TransferBasis
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Refused

TRANSFER = Noun(
    name="transfer", model=TransferBasis, event="parties.transfer_changed", key=("partner", "country")
)
WAYS = ("storage", "processing", "remote_access", "support")


def apply_transfer(
    *,
    actor: Actor,
    now: datetime,
    partner: str,
    country: str,
    mechanism: str,
    assessed_on: date | None = None,
    assessment_valid_to: date | None = None,
    law_risk: str = "",
    measures: str = "",
    conclusion: str = "",
    listed_on: date | None = None,
    listed_to: date | None = None,
) -> Change | None:
    """Why data may go to a partner in a country. `law_risk`, `measures`, `conclusion`: of the transfer impact
    assessment (clause 14). Raises Refused for an end before its start or measures that are not named."""
    require_one_of(actor, "organisation.apply", "parties.manage", "parties.review")
    wanted = {
        "partner": partner,
        "country": country,
        "mechanism": mechanism,
        "assessed_on": assessed_on,
        "assessment_valid_to": assessment_valid_to,
        "law_risk": law_risk,
        "measures": measures,
        "conclusion": conclusion,
        "listed_on": listed_on,
        "listed_to": listed_to,
    }
    for start, end in ((assessed_on, assessment_valid_to), (listed_on, listed_to)):
        if end is not None and (start is None or end < start):
            raise Refused(
                "transfer_ends_first",
                "The transfer to %(country)s: something ends on %(end)s that did not start before. Correct"
                " it.",
                country=country,
                end=end,
            )
    if conclusion == TransferBasis.Conclusion.SUFFICIENT_WITH_MEASURES and not measures.strip():
        raise Refused(
            "transfer_measures",
            "The assessment for %(country)s rests on measures. Name them.",
            country=country,
        )
    return put(TRANSFER, wanted, actor=actor, now=now)


def note_access(
    *, actor: Actor, partner: Partner, country: str, ways: Collection[str], now: datetime
) -> Change | None:
    """Note from which country a partner reaches data and how; without ways the country goes off the list.
    Raises NotPermitted, Refused for a way that is none."""
    require_one_of(actor, "parties.manage", "parties.review")
    if not set(ways) <= set(WAYS):
        raise Refused("access_way", "A way of access is one of %(allowed)s.", allowed=", ".join(WAYS))
    others = [each for each in partner.accesses if each["country"] != country]
    added = [{"country": country, "ways": sorted(ways)}] if ways else []
    wanted = {"code": partner.code, "accesses": ordered([*others, *added])}
    return put(PARTNER, wanted, actor=actor, now=now)
