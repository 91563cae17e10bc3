"""Turn dated rules into one line per country and kind of person, and into the expiry of what they allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from duecause.engine.phone import zone_of
from duecause.engine.problems import Problem, gettext_noop
from duecause.engine.screening.calling_times import WINDOW
from duecause.engine.screening.facts import AppliedRule, CampaignFacts, RegisterState, RegisterUsed
from duecause.engine.screening.reasons import REGISTER_PREFIX, register_code
from duecause.engine.screening.rules import CONSENT, DECIDING, Rule, RuleSet

CONSENT_OF_PERSON = 1
CONSENT_OF_NUMBER = 2
_FIRST_EXCEPTION = 4


@dataclass(frozen=True, slots=True)
class Relation:
    """Which relations hold: with a related product family only, and how long after their end."""

    related_offer: bool
    earliest_end: date


@dataclass(slots=True)
class Situations:
    """Masks per (country, natural person): bits of reasons to deny, and of facts that allow."""

    bits: Mapping[str, int]
    campaign: CampaignFacts
    rules: Mapping[str, RuleSet]
    on: date
    loaded: Mapping[str, RegisterState]
    relations: dict[Relation, int] = field(default_factory=dict)

    def line(self, country: str, natural: bool) -> dict[str, object]:
        rules = self.rules.get(country) or RuleSet(country, self.on, (), None)
        regime = rules.regime(natural=natural)
        registers = rules.registers(natural=natural)
        ban = rules.ban(self.campaign.sector)
        deny = 0
        if regime is None:
            deny |= self.bits["no_rule"]
        if country not in self.campaign.countries:
            deny |= self.bits["campaign_country"]
        if any(self.is_stale(rule) for rule in registers):
            deny |= self.bits["register_stale"]
        if self._hours_unknown(rules):
            deny |= self.bits["zone_unknown"]
        return {
            "country": country,
            "is_natural": natural,
            "deny": deny,
            "token_filter": self._token_filter(registers),
            "ban": self.bits["sector_ban"] if ban else 0,
            "ban_unless": self._unless(rules, ban),
            "no_consent": self.bits["no_consent"] if regime and regime.text("regime") == "opt_in" else 0,
            "consent": self._consent(rules),
            "accepts": self._consent(rules) | self._exceptions(rules.of_kind("exception")),
        }

    def _hours_unknown(self, rules: RuleSet) -> bool:
        """Calling hours hold there, and nobody knows what time it is: no call could be in them."""
        return bool(rules.of_kind(WINDOW)) and not (zone_of(rules.country) or rules.zone)

    def is_stale(self, rule: Rule) -> bool:
        """A register that numbers are submitted to has no file that could be old: what it was not asked about
        is for the release to refuse."""
        if rule.text("access") == "submit":
            return False
        used = register_used(rule, self.loaded)
        return used.usable_until is None or used.usable_until < self.on

    def _token_filter(self, registers: Iterable[Rule]) -> int:
        """All bits except those of registers that do not apply here."""
        applies = {register_code(rule.subject) for rule in registers}
        return sum(
            bit
            for code, bit in self.bits.items()
            if code in applies or code == "register_stale" or not code.startswith(REGISTER_PREFIX)
        )

    def banned_everywhere(self) -> bool:
        """Every country of the campaign bans its sector without exception: then no row needs a country."""
        found = [self.rules.get(country) for country in self.campaign.countries]
        bans = [rules.ban(self.campaign.sector) if rules else None for rules in found]
        return bool(bans) and all(ban is not None and not ban.text("unless") for ban in bans)

    def _consent(self, rules: RuleSet) -> int:
        of_person = any(rule.text("linked_to") == "person" for rule in rules.of_kind("consent"))
        return CONSENT_OF_PERSON if of_person else CONSENT_OF_PERSON | CONSENT_OF_NUMBER

    def _unless(self, rules: RuleSet, ban: Rule | None) -> int:
        if ban is None:
            return 0
        if ban.text("unless") == CONSENT:
            return self._consent(rules)
        exception = rules.exception(ban.text("unless"))
        return self._exceptions((exception,)) if exception else 0

    def _exceptions(self, exceptions: Iterable[Rule]) -> int:
        mask = 0
        for rule in exceptions:
            organisations = rule.texts("organisations")
            if organisations and self.campaign.organisation not in organisations:
                continue
            relation = Relation(
                rule.flag("related_offer"), _years_before(self.on, rule.number("years_after_end"))
            )
            mask |= self.relations.setdefault(relation, _FIRST_EXCEPTION << len(self.relations))
        return mask


def register_used(rule: Rule, loaded: Mapping[str, RegisterState]) -> RegisterUsed:
    state = loaded.get(rule.subject)
    if state is None:
        return RegisterUsed(rule.subject, None, None, 0)
    until = state.version_date + timedelta(days=rule.number("max_file_age_days"))
    return RegisterUsed(rule.subject, state.version_date, until, state.count)


def registers_used(
    countries: Iterable[str], rules: Mapping[str, RuleSet], loaded: Mapping[str, RegisterState]
) -> tuple[RegisterUsed, ...]:
    return tuple(
        register_used(rule, loaded)
        for country in sorted(set(countries) & set(rules))
        for rule in rules[country].of_kind("register")
    )


def rules_applied(
    countries: Iterable[str], rules: Mapping[str, RuleSet], campaign: CampaignFacts
) -> tuple[AppliedRule, ...]:
    """The deciding rules of these countries; a sector ban only where it is this campaign's sector."""
    return tuple(
        AppliedRule(country, rule.id, rule.kind, rule.law, rule.confidence, rule.reviewed_by)
        for country in sorted(set(countries) & set(rules))
        for rule in rules[country].rules
        if rule.kind in DECIDING and (rule.kind != "sector_ban" or rule.subject == campaign.sector)
    )


def expiry(
    countries: Iterable[str],
    *,
    rules: Mapping[str, RuleSet],
    loaded: Mapping[str, RegisterState],
    party_open_until: date | None,
) -> tuple[date | None, Problem | None]:
    """The last day on which a list for these countries may be used, and which date ends it."""
    known = sorted(set(countries) & set(rules))
    ends: list[tuple[date, Problem]] = []
    for used in registers_used(known, rules, loaded):
        if used.usable_until:
            template = gettext_noop("Register %(register)s of %(version)s may be used until %(until)s.")
            params = {"register": used.register, "version": used.version_date, "until": used.usable_until}
            ends.append((used.usable_until, Problem("expiry_register", template, params)))
    for country in known:
        until = rules[country].unchanged_until
        if until:
            template = gettext_noop("The rules of %(country)s change after %(until)s.")
            ends.append((until, Problem("expiry_rule", template, {"country": country, "until": until})))
    if party_open_until:
        template = gettext_noop("The call centre's contract or transfer basis ends on %(until)s.")
        ends.append((party_open_until, Problem("expiry_party", template, {"until": party_open_until})))
    return min(ends, key=lambda end: end[0], default=(None, None))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
