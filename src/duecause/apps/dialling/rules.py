"""The dated law as screening and the pre-call check use it: which rules hold for a campaign on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from duecause.apps.dialling.models import Campaign
from duecause.apps.register.limits import limits
from duecause.engine.screening import CampaignFacts, Rule, RuleSet
from duecause.packs import law

DEFAULT_QUIET = "limits-refusal-quiet"


def pack_version() -> str:
    return law.book().version


def rule_sets(countries: Iterable[str], on: date) -> dict[str, RuleSet]:
    """Rules in force per country; a country without a pack gets an empty set: nothing is released there."""
    return {country: RuleSet.for_country(country, on, book=law.book()) for country in countries}


def registers_for(rules: Iterable[RuleSet]) -> set[str]:
    """Codes of the national registers that these rules ask for."""
    return {rule.subject for rule_set in rules for rule in rule_set.of_kind("register")}


def bans(campaign: Campaign, on: date) -> list[Rule]:
    """Rules that forbid this campaign's sector in its countries on a day, whatever the person."""
    found = (rules.ban(campaign.sector) for rules in rule_sets(campaign.countries, on).values())
    return [rule for rule in found if rule is not None]


def banned_everywhere(campaign: Campaign, on: date) -> list[Rule]:
    """The bans when they leave no country to call in; else nothing."""
    absolute = [rule for rule in bans(campaign, on) if not rule.text("unless")]
    return absolute if len(absolute) == len(set(campaign.countries)) else []


def quiet_after_refusal(countries: Iterable[str], on: date) -> tuple[str, int]:
    """Id and days of the rule for somebody who says not to call again; of several countries the longest. A
    country without a rule of its own has that of the product (packs/law/limits.yaml)."""
    found = []
    for rules in rule_sets(countries, on).values():
        own = [(rule.number("days"), rule.id) for rule in rules.of_kind("quiet_period")]
        found.append(max(own) if own else (limits().refusal_quiet.days, DEFAULT_QUIET))
    days, rule = max(found, default=(limits().refusal_quiet.days, DEFAULT_QUIET))
    return rule, days


def campaign_facts(campaign: Campaign) -> CampaignFacts:
    return CampaignFacts(
        code=campaign.code,
        controller=campaign.controller.code,
        purpose=campaign.purpose.code,
        sector=campaign.sector,
        countries=tuple(campaign.countries),
        offer_families=tuple(campaign.offer_families),
    )
