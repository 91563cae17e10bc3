"""The retention rules: those in force, those that wait, and what they say of a purpose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from duecause.apps.catalogue.models import Field, RetentionRule, RetentionVersion
from duecause.engine.retention import ENDING, Action, Book, Rule, Trigger, as_plain

State = RetentionVersion.State
PlainRule = Mapping[str, Any]  # the keys of engine.retention.as_plain


def in_force() -> RetentionVersion | None:
    return RetentionVersion.objects.filter(state=State.IN_FORCE).first()


def waiting() -> RetentionVersion | None:
    """The version that waits for somebody else to agree."""
    return RetentionVersion.objects.filter(state=State.PROPOSED).first()


def rules_of(version: RetentionVersion | None) -> list[Rule]:
    if version is None:
        return []
    rows = RetentionRule.objects.filter(version=version).select_related("purpose", "field")
    return [_rule(row) for row in rows.order_by("purpose__code", "field__code", "trigger", "action")]


def book_of(version: RetentionVersion | None) -> Book | None:
    return None if version is None else Book(tuple(rules_of(version)), version.purposes)


def purposes_now() -> dict[str, list[str]]:
    """Which purposes each field has as it is configured."""
    found: dict[str, list[str]] = {code: [] for code in Field.objects.values_list("code", flat=True)}
    for code, purpose in Field.objects.filter(purposes__isnull=False).values_list("code", "purposes__code"):
        found[code].append(purpose)
    return {code: sorted(purposes) for code, purposes in sorted(found.items())}


def fingerprint(rules: Iterable[PlainRule], purposes: Mapping[str, Sequence[str]]) -> str:
    """SHA-256 of rules and purposes in one spelling, as hexadecimal digits."""
    content = [sorted((dict(rule) for rule in rules), key=_order), dict(purposes)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def longest_months(purpose: str) -> int:
    """The longest time for which a rule of a purpose keeps anything, in months, begun ones whole."""
    rules = [rule for rule in rules_of(in_force() or waiting()) if rule.purpose == purpose]
    return max((rule.months or -(-rule.days // 30) for rule in rules if rule.action in ENDING), default=0)


def plain_rules(version: RetentionVersion | None) -> list[dict[str, Any]]:
    return [as_plain(rule) for rule in rules_of(version)]


def by_purpose(version: RetentionVersion | None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in plain_rules(version):
        found.setdefault(rule["purpose"], []).append(rule)
    return found


def changes(version: RetentionVersion) -> list[dict[str, Any]]:
    """What a version says that differs from what it replaces: each with `before` and `after`, one of which
    may be None; rules are the same where purpose, field, trigger and action are."""
    earlier = RetentionVersion.objects.filter(number__lt=version.number)
    base = earlier.exclude(state__in=[State.PROPOSED, State.REFUSED]).order_by("-number").first()
    before = {_order(rule)[:4]: rule for rule in plain_rules(base)}
    after = {_order(rule)[:4]: rule for rule in plain_rules(version)}
    return [
        {"before": before.get(key), "after": after.get(key)}
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def moved_fields(version: RetentionVersion) -> dict[str, tuple[list[str], list[str]]]:
    """Fields whose purposes a version takes up as they are by now: before and after."""
    base = in_force()
    before = base.purposes if base is not None and base.pk != version.pk else {}
    if not before:
        return {}
    names = sorted(before.keys() | version.purposes.keys())
    pairs = {name: (before.get(name, []), version.purposes.get(name, [])) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _order(rule: PlainRule) -> tuple[str, str, str, str, int, int]:
    return (
        rule["purpose"], rule["field"], rule["trigger"], rule["action"], rule["months"], rule["days"]
    )  # fmt: skip


def _rule(row: RetentionRule) -> Rule:
    return Rule(
        purpose=row.purpose.code,
        trigger=Trigger(row.trigger),
        action=Action(row.action),
        months=row.months,
        days=row.days,
        field=row.field.code if row.field else "",
        marketing=row.purpose.marketing,
    )
