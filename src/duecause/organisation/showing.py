"""A plan in lines of text: what is new, what changes from what to what."""

from __future__ import annotations

from collections.abc import Iterator

from duecause.engine.changes import Change, FieldChange
from duecause.organisation.applying import Plan

LONGEST = 60


def lines(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        yield from _change(change)
    if not plan.changes:
        yield f"Nothing to change: all {plan.same} entries are as the file says."
        return
    created = sum(change.created for change in plan.changes)
    yield f"{created} new, {len(plan.changes) - created} changed, {plan.same} unchanged."


def _change(change: Change) -> Iterator[str]:
    if change.created:
        yield f"+ {change.noun} {change.key}"
        return
    yield f"~ {change.noun} {change.key}"
    for field in change.fields:
        yield f"    {_field(field)}"


def _field(field: FieldChange) -> str:
    if field.private:
        return f"{field.name}: changes (not shown)"
    if isinstance(field.before, dict) and isinstance(field.after, dict):
        differing = [
            f"{name}: {_value(field.before.get(name))} → {_value(field.after.get(name))}"
            for name in sorted({*field.before, *field.after})
            if field.before.get(name) != field.after.get(name)
        ]
        return f"{field.name}: {', '.join(differing)}"
    return f"{field.name}: {_value(field.before)} → {_value(field.after)}"


def _value(value: object) -> str:
    if value is None or value == "" or value == []:
        return "(none)"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
