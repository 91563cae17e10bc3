"""Carry out what is due of the records of one person. Called by `retention_actions` alone, inside its
transaction and under its lock on the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.register.fields import CONTRACT, SEALED_IN, declared, is_phone, numbers_in
from duecause.apps.register.identifiers import tokens_of
from duecause.apps.register.models import (
    ENDED,
    Correction,
    DialFact,
    Lookup,
    Record,
    RelationFact,
    StoredField,
)
from duecause.apps.register.writing import use_of
from duecause.apps.rights import removing
from duecause.apps.rights.models import AnonymousCount
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import ToSeal, seal_many
from duecause.engine.retention import ENDING, Action, Ending
from duecause.packs.law import retention


@dataclass(slots=True)
class Order:
    """What is due of one record. `values`: what its seal holds. `whole`: nothing is left, the record goes."""

    row: Record
    due: Mapping[str, Ending]
    values: Mapping[str, Any]
    every: frozenset[str]  # its fields, those that are only stored among them

    @property
    def gone(self) -> set[str]:
        return {name for name, ending in self.due.items() if ending.action in ENDING}

    @property
    def whole(self) -> bool:
        return self.gone >= self.every

    @property
    def numbers_gone(self) -> list[str]:
        """Numbers that no list may take up any more, because none of the fields they stand in may."""
        out = {name for name in self.due if is_phone(name)}
        stay = {k: v for k, v in self.values.items() if is_phone(k) and k not in out}
        going = numbers_in({k: v for k, v in self.values.items() if k in out})
        return [number for number in going if number not in numbers_in(stay)]


def released_rows(order: Order) -> list[ReleaseRow]:
    """Rows in call centres' hands that must go there too."""
    rows = ReleaseRow.objects.filter(record=order.row)
    if order.whole:
        return list(rows)
    tokens = [indexes.dial_token(int(number[1:])) for number in order.numbers_gone]
    return list(rows.filter(token__in=tokens)) if tokens else []


def carry_out(order: Order, *, now: datetime) -> Counter[str]:
    """Rows per table."""
    _count_anonymous(order, now)
    if order.whole:
        return Counter(removing.remove_records([order.row.pk]))
    done: Counter[str] = Counter()
    if order.numbers_gone:
        done.update(_numbers(order))
    if order.gone:
        done.update(_blank(order))
    restricted = [name for name, ending in order.due.items() if ending.action == Action.RESTRICT]
    if restricted:
        _store_only(order, restricted, now)
        done["register.StoredField"] += len(restricted)
    return done


def _numbers(order: Order) -> Counter[str]:
    """Out of every list; from the look-ups only where the field itself goes."""
    tokens = [indexes.dial_token(int(number[1:])) for number in order.numbers_gone]
    done: Counter[str] = Counter()
    facts = DialFact.objects.filter(record=order.row, token__in=tokens)
    erased = [n for n in order.numbers_gone if _only_in(n, order.values, order.gone)]
    gone = facts.filter(token__in=[indexes.dial_token(int(number[1:])) for number in erased])
    done["register.DialFact"] += removing.deleted(gone) + facts.update(basis=ENDED)
    rows = ListRow.objects.filter(record=order.row, token__in=tokens)
    done["dialling.ListRow"] += rows.update(record=None, person=None, token=None)
    return done


def _only_in(number: str, values: Mapping[str, Any], names: set[str]) -> bool:
    return all(name in names for name in values if is_phone(name) and number in values[name].split())


def _blank(order: Order) -> Counter[str]:
    """The fields out of the seal, and everything that was made of them."""
    row, gone = order.row, order.gone
    left = {name: value for name, value in order.values.items() if name not in gone}
    compartments = declared().compartments
    parts: dict[str, dict[str, Any]] = {name: {} for name in SEALED_IN}
    for name, value in left.items():  # a field that left the catalogue is nobody's to lose
        place = compartments.get(name, SEALED_IN[0])
        parts[place if place in parts else SEALED_IN[0]][name] = value
    items = [ToSeal(row.pk, each, use_of(each), part) for each, part in parts.items() if part]
    for compartment in SEALED_IN:
        setattr(row, compartment, None)
    for item, blob in zip(items, seal_many(items), strict=True):
        setattr(row, item.compartment, blob)
    row.fields = [name for name in row.fields if name not in gone]
    row.field_hashes = {name: value for name, value in row.field_hashes.items() if name not in gone}
    row.save(update_fields=[*SEALED_IN, "fields", "field_hashes"])
    StoredField.objects.filter(record=row, field__in=gone).delete()
    _forget_corrections(row, gone)
    done: Counter[str] = Counter({"register.Record": 1})
    keep = set(tokens_of(left, [int(number[1:]) for number in numbers_in(left)]))
    lost = [
        each.pk for each in Lookup.objects.filter(record=row) if (each.kind, bytes(each.token)) not in keep
    ]
    done["register.Lookup"] += removing.deleted(Lookup.objects.filter(pk__in=lost))
    if not any(left.get(name) for name in CONTRACT):
        done["register.RelationFact"] += removing.deleted(RelationFact.objects.filter(record=row))
    if "birth_date" in gone:  # this day is the day of birth in another dress
        DialFact.objects.filter(record=row, minor_band="adult").update(adult_from=None)
    return done


def _forget_corrections(row: Record, gone: set[str]) -> None:
    """What a field held before it was corrected is sealed with all that the same act corrected."""
    own = Correction.objects.filter(record=row)
    acts = set(own.filter(field__in=gone).values_list("act", flat=True))
    own.filter(act__in=acts).update(previous=None)
    own.filter(field__in=gone).delete()


def _store_only(order: Order, names: Sequence[str], now: datetime) -> None:
    row = order.row
    row.fields = [name for name in row.fields if name not in names]
    row.save(update_fields=["fields"])
    StoredField.objects.bulk_create(
        [StoredField(record=row, field=name, since=now) for name in names], ignore_conflicts=True
    )


def _count_anonymous(order: Order, now: datetime) -> None:
    kinds = retention().anonymous
    for name, ending in order.due.items():
        value = str(order.values.get(name, ""))
        if ending.action != Action.ANONYMISE or name not in kinds or not value:
            continue
        row, _ = AnonymousCount.objects.get_or_create(
            source=order.row.source.code,
            field=name,
            group=group_of(value, kinds[name]),
            month=date(now.year, now.month, 1),
        )
        AnonymousCount.objects.filter(pk=row.pk).update(records=F("records") + 1)


def group_of(value: str, keeps: str) -> str:
    """`1984-03-02` → `1980-1989`; `9000` → `90`."""
    if keeps == "decade":
        decade = int(value[:4]) // 10 * 10
        return f"{decade}-{decade + 9}"
    return "".join(value.split()).upper()[:2]


def bring_back(back: Mapping[UUID, set[str]]) -> int:
    """Fields of these records into use again: shown, and numbers in lists. Returns how many fields."""
    fields = 0
    for row in Record.objects.filter(pk__in=back):
        names = back[row.pk]
        stored = StoredField.objects.filter(record=row, field__in=names)
        row.fields = sorted({*row.fields, *stored.values_list("field", flat=True)})
        row.save(update_fields=["fields"])
        stored.delete()
        if any(map(is_phone, names)):
            DialFact.objects.filter(record=row, basis=ENDED).update(basis=row.basis)
        fields += len(names)
    return fields
