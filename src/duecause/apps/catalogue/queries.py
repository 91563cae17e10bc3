"""Reads of the catalogue: the law on a day, and what may be stored and said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from duecause.apps.catalogue.models import Activity, Field, Wording
from duecause.engine.screening import LawPack, Rule
from duecause.packs.law import book


@dataclass(frozen=True, slots=True)
class LawOnDay:
    """One country's rules in force on a day. `changed_on` and `changes_on` are the days on which the rules
    became what they are and will become others; `begin` and `end` are the rules that do so then."""

    pack: LawPack
    rules: tuple[Rule, ...]
    changed_on: date | None
    changes_on: date | None
    begin: tuple[Rule, ...]
    end: tuple[Rule, ...]


def law_on(on: date) -> list[LawOnDay]:
    """Every country there is a pack for."""
    return [_law_of(pack, on) for pack in book().packs.values()]


def _law_of(pack: LawPack, on: date) -> LawOnDay:
    starts = {rule.valid_from for rule in pack.rules}
    changes = starts | {rule.valid_to + timedelta(days=1) for rule in pack.rules if rule.valid_to}
    following = min((day for day in changes if day > on), default=None)
    return LawOnDay(
        pack=pack,
        rules=tuple(rule for rule in pack.rules if rule.in_force(on)),
        changed_on=max((day for day in changes if day <= on), default=None),
        changes_on=following,
        begin=tuple(rule for rule in pack.rules if rule.valid_from == following),
        end=tuple(
            rule for rule in pack.rules if rule.valid_to and rule.valid_to + timedelta(days=1) == following
        ),
    )


def fields() -> list[Field]:
    return list(Field.objects.prefetch_related("purposes").order_by("group", "code"))


def activities() -> list[Activity]:
    """With everything they name; what we do ourselves first, what was retired last."""
    rows = Activity.objects.select_related("controller")
    rows = rows.prefetch_related("purposes__fields", "fields", "processors")
    order = {Activity.Status.RETIRED: 1}
    return sorted(rows, key=lambda row: (order.get(Activity.Status(row.status), 0), row.role, row.code))


def fields_of(activity: Activity) -> list[Field]:
    """The fields that its purposes have, narrowed to those it names where it names any."""
    named = {field.pk for field in activity.fields.all()}
    found = {field.pk: field for purpose in activity.purposes.all() for field in purpose.fields.all()}
    return sorted(
        (field for pk, field in found.items() if not named or pk in named), key=lambda f: (f.group, f.code)
    )


def wordings() -> list[Wording]:
    rows = Wording.objects.select_related("source", "purpose").prefetch_related("controllers")
    return list(rows.order_by("code", "-valid_from", "version", "language"))
