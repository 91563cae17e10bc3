"""Under which conditions a list was released, for its certificate: what registers answered, in which hours
and how often people may be called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from duecause.apps.dialling import rules
from duecause.apps.dialling.models import Campaign, DialList
from duecause.apps.dialling.register_answers import standing
from duecause.engine.screening import Rule
from duecause.engine.screening.calling_times import WINDOW

OFTEN = ("attempt_cap", "quiet_period")


def conditions(dial_list: DialList, on: date) -> dict[str, Any]:
    """Plain JSON, by the rules of the day of the release. `register_answers`: registers that give out no
    file, with the days of the answers that serve."""
    campaign = dial_list.campaign
    found = rules.rule_sets(campaign.countries, on).values()
    return {
        "register_answers": _answers(dial_list, on),
        "calling_hours": [_plain(rule) for each in found for rule in each.of_kind(WINDOW)],
        "attempt_rules": [
            _plain(rule)
            for each in found
            for kind in ("attempt_cap", "quiet_period")
            for rule in each.of_kind(kind)
        ],
        "campaign_caps": _own(campaign),
    }


def _answers(dial_list: DialList, on: date) -> list[dict[str, Any]]:
    answered = []
    for asked in standing(dial_list, on):
        days = sorted(answer.on for answer in asked.answers.values())
        answered.append(
            {
                "register": asked.register,
                "rule": asked.rule.id,
                "numbers": len(asked.answers),
                "oldest_answer": days[0].isoformat() if days else None,
                "newest_answer": days[-1].isoformat() if days else None,
                "usable_until": asked.until.isoformat() if asked.until else None,
            }
        )
    return answered


def _plain(rule: Rule) -> dict[str, Any]:
    return {
        "country": rule.country,
        "rule": rule.id,
        "kind": rule.kind,
        "law": rule.law,
        "since": rule.valid_from.isoformat(),
        "confidence": rule.confidence,
        "reviewed_by": rule.reviewed_by,
        **{name: _json(value) for name, value in rule.detail.items()},
    }


def _json(value: object) -> object:
    """Rules hold tuples, days and read-only mappings."""
    if isinstance(value, Mapping):
        return {str(name): _json(part) for name, part in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return [_json(part) for part in value]


def _own(campaign: Campaign) -> dict[str, int]:
    """Caps that the campaign has on top of those of the law."""
    own = {
        "most_attempts": campaign.most_attempts,
        "attempt_days": campaign.attempt_days,
        "quiet_days": campaign.quiet_days,
    }
    return {name: value for name, value in own.items() if value is not None}
