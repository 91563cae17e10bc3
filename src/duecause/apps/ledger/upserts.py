"""Bring one row of the organisation to what is wanted, and write the event that says what changed.

Only the `actions` of the rooms call this. Rows name each other by code, so that what is wanted can be
compared with what is, shown as a plan and written into the ledger in the same plain words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from duecause.apps.ledger.actions import record
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.changes import Change, differences
from duecause.engine.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A kind of row that the organisation file describes. `key` finds a row; `private` fields are never
    shown; `frozen` fields stay as they were first written."""

    name: str
    model: type[models.Model]
    event: str
    key: tuple[str, ...] = ("code",)
    private: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    names_person: bool = False  # the key is somebody's name: events hold the row's id instead


def require_one_of(actor: Actor, *functions: str) -> None:
    """Raise NotPermitted, for the first of them, unless the actor may do one of `functions`."""
    if not any(actor.may(function) for function in functions):
        raise NotPermitted(actor, functions[0])


def current(noun: Noun, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row that `wanted` is about, as plain values of the same names; None: there is none yet."""
    wanted = _normal(noun, wanted)
    row = _find(noun, wanted, lock=False)
    return None if row is None else {name: plain(row, name) for name in wanted}


def change(noun: Noun, wanted: Mapping[str, Any]) -> Change | None:
    """What `put` would do. None: nothing. Raises Refused for a change of what is frozen."""
    return _change(noun, _normal(noun, wanted), current(noun, wanted))


def put(noun: Noun, wanted: Mapping[str, Any], *, actor: Actor, now: datetime) -> Change | None:
    """Create or alter the row in the caller's transaction and record the event. None: it was so already.

    Raises Refused for an unknown code, a value that is not allowed, or a change of what is frozen.
    """
    wanted = _normal(noun, wanted)
    with transaction.atomic():
        row = _find(noun, wanted, lock=True)
        before = None if row is None else {name: plain(row, name) for name in wanted}
        changed = _change(noun, wanted, before)
        if changed is None:
            return None
        target = row or noun.model()
        _write(noun, target, wanted, names=changed.names if row else tuple(wanted))
        key = str(target.pk) if noun.names_person else changed.key
        record(actor=actor, kind=noun.event, now=now, payload=_payload(changed, noun, key))
    return changed


def key_of(noun: Noun, wanted: Mapping[str, Any]) -> str:
    return " ".join(str(wanted[name]) for name in noun.key)


def plain(row: models.Model, name: str) -> Any:
    """One field as the organisation file would write it: other rows by their code."""
    field = row._meta.get_field(name)
    if isinstance(field, models.ManyToManyField):
        return sorted(getattr(row, name).values_list("code", flat=True))
    if isinstance(field, models.ForeignKey):
        related = getattr(row, name)
        return None if related is None else related.code
    return _plain_value(getattr(row, name))


def _normal(noun: Noun, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """`wanted` as `plain` would give it: lists for tuples, sets of codes in order."""
    many = {field.name for field in noun.model._meta.many_to_many}
    return {name: sorted(value) if name in many else _plain_value(value) for name, value in wanted.items()}


def _plain_value(value: Any) -> Any:
    return [_plain_value(item) for item in value] if isinstance(value, tuple | list) else value


def _change(noun: Noun, wanted: Mapping[str, Any], before: Mapping[str, Any] | None) -> Change | None:
    fields = differences(before, wanted, private=noun.private)
    frozen = [field.name for field in fields if field.name in noun.frozen] if before is not None else []
    if frozen:
        raise Refused(
            "frozen_field",
            "%(noun)s %(key)s: %(fields)s cannot change, because people have seen it as it is. Add a new"
            " version instead.",
            noun=noun.name,
            key=key_of(noun, wanted),
            fields=", ".join(frozen),
        )
    if before is not None and not fields:
        return None
    return Change(noun.name, key_of(noun, wanted), before is None, fields)


def _find(noun: Noun, wanted: Mapping[str, Any], *, lock: bool) -> models.Model | None:
    lookup = {}
    for name in noun.key:
        related = isinstance(noun.model._meta.get_field(name), models.ForeignKey)
        lookup[f"{name}__code" if related else name] = wanted[name]
    rows = noun.model._default_manager.filter(**lookup)
    return (rows.select_for_update(of=("self",)) if lock else rows).first()


def _write(noun: Noun, row: models.Model, wanted: Mapping[str, Any], *, names: Collection[str]) -> None:
    many: dict[str, list[models.Model]] = {}
    for name in names:
        field = noun.model._meta.get_field(name)
        if isinstance(field, models.ManyToManyField):
            many[name] = [_related(noun, wanted, field, code) for code in wanted[name]]
        elif isinstance(field, models.ForeignKey):
            code = wanted[name]
            setattr(row, name, None if code is None else _related(noun, wanted, field, code))
        else:
            _check_choice(noun, wanted, field)
            setattr(row, name, wanted[name])
    row.save()
    for name, related in many.items():
        getattr(row, name).set(related)


def _related(noun: Noun, wanted: Mapping[str, Any], field: Any, code: str) -> models.Model:
    found: models.Model | None = field.related_model._default_manager.filter(code=code).first()
    if found is None:
        raise Refused(
            "unknown_code",
            "%(noun)s %(key)s: there is no %(field)s with the code “%(given)s”. Create it first.",
            noun=noun.name,
            key=key_of(noun, wanted),
            field=field.name,
            given=code,
        )
    return found


def _check_choice(noun: Noun, wanted: Mapping[str, Any], field: Any) -> None:
    allowed = [value for value, _ in field.choices or ()]
    if allowed and wanted[field.name] not in allowed:
        raise Refused(
            "unknown_choice",
            "%(noun)s %(key)s: %(field)s must be one of %(allowed)s.",
            noun=noun.name,
            key=key_of(noun, wanted),
            field=field.name,
            allowed=", ".join(map(str, allowed)),
        )


def _payload(changed: Change, noun: Noun, key: str) -> dict[str, Any]:
    """Codes and settings only. A private field, and the key of a person, appear by name alone."""
    hidden = {field.name for field in changed.fields if field.private}
    if noun.names_person:
        hidden |= set(noun.key) & set(changed.names)
    shown = {
        field.name: [_json(field.before), _json(field.after)]
        for field in changed.fields
        if field.name not in hidden
    }
    return {"key": key, "created": changed.created, "changed": shown, "private": sorted(hidden)}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
