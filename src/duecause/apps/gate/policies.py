"""The policy set in force in this process, loaded once from the package."""

from __future__ import annotations

from functools import cache

from duecause.engine.policy import CedarPolicies, Facts
from duecause.packs import policies as packed


@cache
def engine() -> CedarPolicies:
    return CedarPolicies.from_texts(**packed.texts())


@cache
def links_for(profile: str) -> tuple[str, ...]:
    """The reasons with which this profile can see anything at all, in the order of the vocabulary."""
    vocabulary = engine().vocabulary
    return tuple(
        link
        for link in vocabulary.links
        if any(
            engine().allow_set(profile=profile, action="view", facts=untroubled(link, workplace)).groups
            for workplace in vocabulary.workplaces
        )
    )


def untroubled(link: str, workplace: str = "office") -> Facts:
    """Facts of a look-up with nothing against it."""
    return Facts(
        purpose=engine().vocabulary.usual_purpose.get(link, "customer_care"),
        link=link,
        status="active",
        relation="none",
        workplace=workplace,
        trained=True,
        reason_ok=True,
        restricted=False,
        objected=False,
        legal_hold=False,
        break_glass=False,
        mfa_fresh=False,
        assigned=True,
    )
