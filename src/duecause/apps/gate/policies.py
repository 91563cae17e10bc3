"""The policy set in force in this process, loaded once from the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from duecause.engine.policy import CedarPolicies, Facts


@cache
def engine() -> CedarPolicies:
    folder = files("duecause.packs") / "policies"
    return CedarPolicies.from_texts(
        policies=(folder / "policies.cedar").read_text(),
        schema=(folder / "schema.cedarschema").read_text(),
        vocabulary=(folder / "vocabulary.yaml").read_text(),
    )


@cache
def links_for(profile: str) -> tuple[str, ...]:
    """The reasons with which this profile can see anything at all, in the order of the vocabulary."""
    vocabulary = engine().vocabulary
    return tuple(
        link
        for link in vocabulary.links
        if engine().allow_set(profile=profile, action="view", facts=untroubled(link)).groups
    )


def untroubled(link: str) -> Facts:
    """Facts of a look-up with nothing against it."""
    return Facts(
        purpose=engine().vocabulary.usual_purpose.get(link, "customer_care"),
        link=link,
        status="active",
        relation="none",
        workplace="office",
        trained=True,
        reason_ok=True,
        restricted=False,
        objected=False,
        legal_hold=False,
        break_glass=False,
        mfa_fresh=False,
        assigned=True,
    )
