"""The policy set in force in this process, loaded once from the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from duecause.engine.policy import CedarPolicies


@cache
def engine() -> CedarPolicies:
    folder = files("duecause.packs") / "policies"
    return CedarPolicies.from_texts(
        policies=(folder / "policies.cedar").read_text(),
        schema=(folder / "schema.cedarschema").read_text(),
        vocabulary=(folder / "vocabulary.yaml").read_text(),
    )
