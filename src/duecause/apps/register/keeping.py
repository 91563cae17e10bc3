"""What a person put right outlasts the files of a source that repeat what was wrong.

A row is compared by hashes alone. Only where it also brings something new is the stored value opened, by the
job, and sealed again with the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from duecause.apps.gate.actions import open_for_job
from duecause.apps.register import facts
from duecause.apps.register.fields import DATES, numbers_in
from duecause.apps.register.identifiers import changed_fields, tokens_of
from duecause.apps.register.models import Correction, Record
from duecause.apps.register.planning import BASIS, Outcome, Plan, Setting, slices, weigh
from duecause.apps.register.reading import ParsedRow
from duecause.apps.register.texts import problem
from duecause.engine.actor import Actor
from duecause.engine.phone import parse_e164

OPEN = "kept_correction"


def keep_corrections(setting: Setting, plans: Sequence[Plan]) -> list[int]:
    """Put what people corrected back into the rows that repeat, or leave out, what was wrong. Gives the
    corrections that end: the source says something else by now."""
    updated = {plan.record_id: plan for plan in plans if plan.outcome == Outcome.UPDATED}
    kept: dict[UUID, set[str]] = {}
    ended: list[int] = []
    for correction in _standing(updated):
        said = updated[correction.record_id].field_hashes.get(correction.field)
        if said is None or said == correction.before:
            kept.setdefault(correction.record_id, set()).add(correction.field)
        else:
            ended.append(correction.pk)
    if kept:
        _put_back(setting, updated, kept)
    return ended


def end_corrections(ids: Collection[int], *, now: datetime) -> None:
    for part in slices(ids):
        Correction.objects.filter(pk__in=part).update(ended_at=now)


def _standing(records: Iterable[UUID]) -> Iterable[Correction]:
    for part in slices(records):
        yield from Correction.objects.filter(record__in=part, ended_at=None).order_by("pk")


def _put_back(setting: Setting, plans: Mapping[UUID, Plan], kept: Mapping[UUID, set[str]]) -> None:
    known = Record.objects.in_bulk(list(kept))
    opened = open_for_job(
        actor=Actor.job(str(setting.batch.pk), f"open:{OPEN}"),
        kind="record",
        ids=list(known),
        fields=set().union(*kept.values()),
        why=OPEN,
        now=setting.now,
    )
    for record in known.values():
        plan, names = plans[record.pk], kept[record.pk]
        row = plan.parsed
        right = {name: value for name, value in opened.get(record.pk, {}).items() if name in names}
        read_again(row, {**row.values, **right})
        row.problems.append(problem("person_corrected", row=row.row))
        plan.tokens, plan.dial = tokens_of(row.values, row.e164), []
        weigh(plan)
        facts.add_dial_values(setting, [plan])
        plan.changes = changed_fields(record.field_hashes, plan.field_hashes)
        if record.basis != setting.source.claimed_basis:
            plan.changes.append(BASIS)
        elif bytes(record.content_hash) == plan.content_hash:
            plan.outcome = Outcome.UNCHANGED


def read_again(row: ParsedRow, values: Mapping[str, str]) -> None:
    """Give a row these stored values: numbers and dates follow from them."""
    row.values = dict(values)
    row.numbers = [found for found in map(parse_e164, numbers_in(values)) if found]
    row.dates |= {name: date.fromisoformat(values[name]) for name in DATES & values.keys()}
