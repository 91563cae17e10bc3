"""What the pages of this room say: states, reasons, answers, rules in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from duecause.apps.catalogue import texts as catalogue_texts
from duecause.apps.dialling.models import DialList
from duecause.engine.problems import Problem
from duecause.engine.screening import Rule
from duecause.engine.screening.reasons import describe, label
from duecause.web.templatetags.formats import day
from duecause.web.words import country_name, spoken

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

# What a call centre hears from the check before a call.
ANSWERS = {
    "allow": lazy("May call"),
    "denied": lazy("Denied"),
    "expired": lazy("Its list has expired"),
    "not_on_your_list": lazy("Not on its list"),
    "too_often": lazy("Called often enough"),
    "outside_hours": lazy("Outside calling hours"),
    "zone_unknown": lazy("Time zone unknown"),
}


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


def answer(code: str) -> str:
    return str(ANSWERS.get(code, code))


def rule_words(rule: Rule) -> str:
    """What a dated rule asks for, in one line."""
    return " ".join(catalogue_texts.rule_words(rule))


def nobody_because(campaign_name: str, bans: list[Rule]) -> str:
    """Why a campaign releases nobody whatever its list holds."""
    return " ".join(
        _(
            "%(campaign)s releases nobody in %(country)s: calls to sell “%(sector)s” are banned there since "
            "%(since)s (%(law)s)."
        )
        % {
            "campaign": campaign_name,
            "country": country_name(ban.country),
            "sector": catalogue_texts.sector(ban.subject),
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
