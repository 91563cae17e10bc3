"""Screening of dial lists: facts and dated rules in, a verdict with all reasons per row out."""

from duecause.engine.screening.certificate import build_certificate
from duecause.engine.screening.facts import (
    SCHEMAS,
    AppliedRule,
    CampaignFacts,
    Limits,
    RegisterState,
    RegisterUsed,
    ScreeningInput,
    Step,
    Verdicts,
    no_rows,
)
from duecause.engine.screening.rules import LawBook, LawPack, Rule, RuleSet
from duecause.engine.screening.run import screen

__all__ = [
    "SCHEMAS",
    "AppliedRule",
    "CampaignFacts",
    "LawBook",
    "LawPack",
    "Limits",
    "RegisterState",
    "RegisterUsed",
    "Rule",
    "RuleSet",
    "ScreeningInput",
    "Step",
    "Verdicts",
    "build_certificate",
    "no_rows",
    "screen",
]
