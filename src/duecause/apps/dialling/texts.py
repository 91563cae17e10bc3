"""What the pages of this room say: states, reasons, rules, sectors, problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from duecause.apps.dialling.models import DialList
from duecause.engine.problems import Problem
from duecause.engine.screening import Rule
from duecause.engine.screening.reasons import describe, label
from duecause.web.templatetags.formats import day, locale

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")

# state -> meaning and word
STATES = {
    "screening": ("waiting", lazy("Being screened")),
    "screened": ("info", lazy("Screened")),
    "released": ("ok", lazy("Released")),
    "expired": ("watch", lazy("Expired")),
    "recalled": ("stopped", lazy("Recalled")),
    "failed": ("act", lazy("Failed")),
}
NOBODY = ("stopped", lazy("Releases nobody"))

# The codes of packs/sectors.yaml; a test keeps the two in step.
SECTORS = {
    "energy": lazy("Energy and heating"),
    "energy_renovation": lazy("Renovation that saves energy"),
    "housing_adaptation": lazy("Adaptation of homes to age or disability"),
    "telecom": lazy("Telephone, internet and television"),
    "insurance": lazy("Insurance"),
    "finance": lazy("Loans, savings and investments"),
    "training": lazy("Training paid from a personal account"),
    "press": lazy("Newspapers and magazines"),
    "charity": lazy("Charity"),
    "lottery": lazy("Lotteries"),
    "travel": lazy("Travel"),
    "retail": lazy("Other goods"),
    "services": lazy("Other services"),
}
KINDS = {
    "regime": lazy("Regime"),
    "sector_ban": lazy("Sector ban"),
    "register": lazy("National register"),
    "exception": lazy("Exception"),
    "consent": lazy("Consent"),
}
CONFIDENCE = {"S": lazy("Read at the source"), "M": lazy("From memory, to be checked")}
# What a call centre hears from the check before a call.
ANSWERS = {
    "allow": lazy("May call"),
    "denied": lazy("Denied"),
    "expired": lazy("Its list has expired"),
    "not_on_your_list": lazy("Not on its list"),
}
EXCEPTIONS = {
    "ongoing_contract": lazy("a running contract"),
    "customer_relation": lazy("a customer relation"),
    "charity_relation": lazy("a relation with the charity"),
}


def spoken(problem: Problem) -> str:
    """A problem in the reader's language, with its days and countries as the reader writes them."""
    params = {name: _said(name, value) for name, value in problem.params.items()}
    return _(problem.template) % params if params else _(problem.template)


def _said(name: str, value: object) -> object:
    if isinstance(value, date):
        return day(value)
    return country(str(value)) if name == "country" else value


def told(plain: Mapping[str, Any]) -> str:
    """A problem that was stored as JSON (screening.plain), where days became text."""
    params = {
        name: date.fromisoformat(value) if ISO_DAY.fullmatch(str(value)) else value
        for name, value in (plain.get("params") or {}).items()
    }
    return spoken(Problem(plain["code"], plain["template"], params))


def reason_label(code: str) -> str:
    return spoken(label(code))


def reason_sentence(code: str) -> str:
    return spoken(describe(code))


def state_words(dial_list: DialList, state: str) -> tuple[str, str]:
    """Meaning and word of a list's state."""
    if state == "screened" and not dial_list.report.get("released"):
        meaning, word = NOBODY
    else:
        meaning, word = STATES[state]
    return meaning, str(word)


def sector(code: str) -> str:
    return str(SECTORS.get(code, code))


def country(code: str) -> str:
    return str(locale().territories.get(code, code))


def answer(code: str) -> str:
    return str(ANSWERS.get(code, code))


def kind(code: str) -> str:
    return str(KINDS.get(code, code))


def confidence(code: str) -> str:
    return str(CONFIDENCE.get(code, code))


def rule_words(rule: Rule) -> str:
    """What a dated rule asks for, in one line."""
    match rule.kind:
        case "regime" if rule.text("regime") == "opt_in":
            return _("Consent is needed before the call.")
        case "regime":
            return _("Calls are allowed unless the person objected or is in the national register.")
        case "sector_ban":
            return _ban_words(rule)
        case "register":
            return _("Numbers in %(name)s are not called; its file may be %(days)d days old.") % {
                "name": rule.text("name"),
                "days": rule.number("max_file_age_days"),
            }
        case "exception":
            return _exception_words(rule)
        case "consent" if rule.text("linked_to") == "number":
            return _("The consent counts for the number it was given for.")
        case "consent":
            return _("The consent counts for the person who gave it.")
    return ""


def _ban_words(rule: Rule) -> str:
    words = {"sector": sector(rule.subject)}
    if not rule.text("unless"):
        return _("Nobody may be called to sell: %(sector)s.") % words
    words["unless"] = str(EXCEPTIONS.get(rule.text("unless"), rule.text("unless")))
    return _("Nobody may be called to sell: %(sector)s. Exception: %(unless)s.") % words


def _exception_words(rule: Rule) -> str:
    words = {"what": str(EXCEPTIONS.get(rule.subject, rule.subject)), "years": rule.number("years_after_end")}
    if rule.flag("related_offer"):
        text = _("With %(what)s no consent is needed for a related offer.") % words
    else:
        text = _("With %(what)s no consent is needed.") % words
    if words["years"]:
        text += " " + _("It counts up to %(years)s years after its end.") % words
    return text


def nobody_because(campaign_name: str, bans: list[Rule]) -> str:
    """Why a campaign releases nobody whatever its list holds."""
    return " ".join(
        _(
            "%(campaign)s releases nobody in %(country)s: calls to sell “%(sector)s” are banned there since "
            "%(since)s (%(law)s)."
        )
        % {
            "campaign": campaign_name,
            "country": country(ban.country),
            "sector": sector(ban.subject),
            "since": day(ban.valid_from),
            "law": ban.law,
        }
        for ban in bans
    )


def from_where(candidates_from: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The file or the sources a list was made of. `names`: source code to name."""
    if "file" in candidates_from:
        return str(candidates_from["file"])
    return ", ".join(names.get(code, code) for code in candidates_from.get("sources", []))


def on_day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
