"""A list's report as a page shows it: chart, rules, registers, what stands against a release."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from duecause.apps.catalogue import texts as catalogue_texts
from duecause.apps.consent.models import RegisterVersion
from duecause.apps.consent.queries import active_versions
from duecause.apps.dialling import register_answers, release_actions, rules, scripts, texts
from duecause.apps.dialling.list_queries import rule_of, rules_on, state_of
from duecause.apps.dialling.models import Campaign, DialList
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import PartyState, blocking_reasons_of, gate_of
from duecause.apps.parties.texts import override_row
from duecause.engine.periods import local_day
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.engine.screening import Rule
from duecause.web import charts
from duecause.web.templatetags.formats import day, duration, number
from duecause.web.words import country_name, language_name, spoken

NOBODY_LEFT = Problem(
    "nobody_to_release", gettext_noop("No row of this list may be called. The chart says why.")
)


def rows_url(dial_list: DialList, **query: str) -> str:
    return reverse("dialling:rows", args=[dial_list.pk]) + ("?" + urlencode(query) if query else "")


def steps(dial_list: DialList) -> list[tuple[str, int]]:
    """Reason and rows taken by it, in order; what a release held back afterwards counts in."""
    held = Counter(dial_list.report.get("held_back_at_release") or {})
    found = [
        (step["code"], step["rows"] + held.pop(step["code"], 0)) for step in dial_list.report["waterfall"]
    ]
    return [(code, count) for code, count in [*found, *sorted(held.items())] if count]


def released_count(dial_list: DialList) -> int:
    """Rows that may be called, or were released."""
    held = sum((dial_list.report.get("held_back_at_release") or {}).values())
    return int((dial_list.report.get("released") or 0) - held)


def waterfall(dial_list: DialList, title: str = "") -> charts.Chart:
    """From the rows offered to the rows that may be called; each bar leads to its rows."""
    return charts.waterfall(
        title or _("From the rows offered to the numbers that may be called"),
        start=charts.Bar(_("Rows offered"), dial_list.report["candidates"], href=rows_url(dial_list)),
        removed=[
            charts.Bar(texts.reason_label(code), count, href=rows_url(dial_list, reason=code))
            for code, count in steps(dial_list)
        ],
        end_label=_("May be called"),
        end_href=rows_url(dial_list, released="1"),
    )


def line(dial_list: DialList, now: datetime) -> dict[str, Any]:
    """One list in a table of lists."""
    state = state_of(dial_list, now)
    meaning, word = texts.state_words(dial_list, state)
    reported = bool(dial_list.report)
    count = released_count(dial_list) if reported else None
    return {
        "list": dial_list,
        "state": state,
        "meaning": meaning,
        "word": word,
        "candidates": dial_list.report.get("candidates"),
        "released": count,
        "expires": release_actions.last_day(dial_list) if count else None,
    }


def rules_applied(dial_list: DialList) -> list[dict[str, Any]]:
    found = []
    for applied in dial_list.report.get("rules", []):
        rule = rule_of(applied["country"], applied["id"])
        found.append(
            {
                "country": country_name(applied["country"]),
                "kind": str(catalogue_texts.KINDS[applied["kind"]]),
                "words": texts.rule_words(rule) if rule else "",
                "law": applied["law"],
                "id": applied["id"],
                "since": rule.valid_from if rule else None,
                "until": rule.valid_to if rule else None,
                "sources": applied["sources"],
                "confidence": str(catalogue_texts.CONFIDENCE[applied["confidence"]]),
                "reviewed_by": applied["reviewed_by"],
            }
        )
    return found


def registers_used(dial_list: DialList) -> list[dict[str, Any]]:
    asked = {
        rule.subject for rule in register_answers.submit_rules(dial_list.campaign.countries, dial_list.on)
    }
    return [
        {
            **used,
            "asked": used["register"] in asked,
            "version": texts.on_day(used["version"]),
            "usable_until": texts.on_day(used["usable_until"]),
            "meaning": "act" if used["register"] not in asked and _is_stale(used, dial_list.on) else "ok",
        }
        for used in dial_list.report.get("registers", [])
    ]


def _is_stale(used: dict[str, Any], on: date) -> bool:
    until = texts.on_day(used["usable_until"])
    return until is None or until < on


def expiry(dial_list: DialList) -> tuple[date, str]:
    """Last day on which the list may be called, and why then."""
    last = release_actions.last_day(dial_list)
    because = dial_list.report.get("expires_because")
    if because and texts.on_day(dial_list.report["expires_on"]) == last:
        return last, texts.told(because)
    days = dial_list.campaign.valid_days
    return last, _("Lists of this campaign hold %(days)d days.") % {"days": days}


def against_release(dial_list: DialList, now: datetime) -> list[Problem]:
    """Everything that stands against a release now; empty when it may go out."""
    today = local_day(now, dial_list.campaign.controller.country)
    blocking = list(blocking_reasons_of(dial_list.centre, today))
    if blocking:
        return blocking
    try:
        release_actions.refuse_unless_releasable(dial_list, now)
    except Refused as refused:
        return [refused.problem]
    return [] if released_count(dial_list) else [NOBODY_LEFT]


def without_script(dial_list: DialList, now: datetime) -> str:
    """The languages of this list in which nobody knows what to say; empty where each has a script."""
    on = max(dial_list.on, local_day(now, dial_list.campaign.controller.country))
    return ", ".join(map(language_name, scripts.missing_languages(dial_list, on)))


def nobody_because(campaign: Campaign, on: date) -> str:
    """Why a campaign releases nobody on a day, whoever is on the list. Empty if it can."""
    bans = rules.banned_everywhere(campaign, on)
    return texts.nobody_because(campaign.name, bans) if bans else ""


@dataclass(frozen=True, slots=True)
class RegisterNow:
    """A national register that the rules ask for, as it is loaded."""

    name: str
    version: date | None
    words: str
    meaning: str


def pace(dial_list: DialList, step: Step | None, *, seen: tuple[float, int], now: datetime) -> dict[str, Any]:
    """How far the screening is, how quick, and how long it takes. `seen`: an earlier moment (seconds of the
    epoch) and the rows done then; (0, 0) at the first look."""
    done, total = (step.progress_done, step.progress_total) if step else (0, 0)
    at, rows = seen
    passed = now.timestamp() - at
    rate = (done - rows) / passed if at and passed > 0 else 0.0
    if not at and done:
        at, rows = now.timestamp(), done
    query = urlencode({"at": f"{at:.0f}", "rows": rows})
    return {
        "done": done,
        "total": total,
        "poll": f"{reverse('dialling:progress', args=[dial_list.pk])}?{query}",
        "rate": _("%(rows)s rows per second") % {"rows": number(round(rate))} if rate >= 1 else "",
        "left": _("about %(time)s left") % {"time": duration((total - done) / rate)} if rate > 0 else "",
    }


def _register_now(rule: Rule, version: RegisterVersion | None, on: date) -> RegisterNow:
    allowed = rule.number("max_file_age_days")
    if rule.text("access") == "submit":
        words = _("Numbers are submitted before a release; an answer serves for %(days)d days")
        return RegisterNow(rule.text("name"), None, words % {"days": allowed}, "info")
    if version is None:
        return RegisterNow(rule.text("name"), None, _("Never loaded: nobody is released until it is."), "act")
    age = (on - version.version_date).days
    words = _("Version of %(day)s, %(age)d of %(allowed)d days old") % {
        "day": day(version.version_date),
        "age": age,
        "allowed": allowed,
    }
    return RegisterNow(rule.text("name"), version.version_date, words, "act" if age > allowed else "ok")


def about(campaign: Campaign, centre: Partner | None, on: date) -> dict[str, Any]:
    """What a screening of this campaign for this centre would apply on a day."""
    applied = rules_on(campaign, on)
    registers = [rule for rule in applied if rule.kind == "register"]
    versions = active_versions(rule.subject for rule in registers)
    return {
        "campaign": campaign,
        "centre": centre,
        "on": on,
        "nobody": nobody_because(campaign, on),
        "countries": ", ".join(country_name(code) for code in campaign.countries),
        "sector": catalogue_texts.sector(campaign.sector),
        "rules": [_rule_row(rule, name_country=len(campaign.countries) > 1) for rule in applied],
        "without_rules": [
            country_name(code)
            for code, found in rules.rule_sets(campaign.countries, on).items()
            if not found.rules
        ],
        "registers": list(
            {rule.subject: _register_now(rule, versions.get(rule.subject), on) for rule in registers}.values()
        ),
        **gate_rows(gate_of(centre, on) if centre else None),
    }


def gate_rows(state: PartyState | None) -> dict[str, list[dict[str, str]]]:
    """What stands in the way of a partner, and what two persons have overridden, for <c-reason-list>."""
    return {
        "blocking": [reason_row(problem) for problem in state.reasons] if state else [],
        "overridden": [override_row(block) for block in state.overridden] if state else [],
    }


def reason_row(problem: Problem) -> dict[str, str]:
    """A problem for <c-reason-list>."""
    return {"text": spoken(problem), "meaning": "stopped"}


def _rule_row(rule: Rule, *, name_country: bool) -> dict[str, str]:
    """A rule for <c-reason-list>: what it says, then its law, its day and who read it."""
    words = texts.rule_words(rule)
    proof = [rule.law, _("since %(day)s") % {"day": day(rule.valid_from)}]
    if not rule.reviewed_by:
        proof.append(_("not reviewed by counsel"))
    return {
        "text": f"{country_name(rule.country)}: {words}" if name_country else words,
        "mend": " · ".join(proof),
        "meaning": "stopped" if rule.kind == "sector_ban" else "info",
    }
