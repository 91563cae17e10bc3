"""Writes one planned chunk. Called by `actions.import_file` alone, inside its transaction; keys and sealed
bytes are made before it, because they live in another database."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Model

from duecause.apps.bulk import insert_rows, stored_uuid
from duecause.apps.register import facts, grouping, link_rows, rewriting, stored_only
from duecause.apps.register.limits import limits
from duecause.apps.register.matching_job import Found
from duecause.apps.register.models import (
    ENDED,
    DialFact,
    ImportRow,
    Lookup,
    Person,
    QuarantinedRow,
    Record,
    RelationFact,
)
from duecause.apps.register.planning import (
    QUARANTINED,
    SHEET_LENGTH,
    STORED,
    UPDATED,
    Outcome,
    Plan,
    Setting,
    slices,
)
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import SealedApart, ToSeal, seal_many, seal_new, text_of
from duecause.apps.vault.models import Compartment
from duecause.apps.vault.token_fields import TokenField
from duecause.engine import tlog
from duecause.engine.ids import many_uuid7, uuid7
from duecause.engine.problems import Problem

QUARANTINE_USE = "register.quarantine"
IDENTITY, CONTRACT = str(Compartment.IDENTITY), str(Compartment.CONTRACT)
USES = {compartment.value: f"register.{compartment}" for compartment in Compartment}
RECORD_COLUMNS = (
    "id", "person_id", "source_id", "batch_id", "sheet", "row", "key_in_source", "content_hash", "fields",
    "field_hashes", "identity", "contract", "language", "basis", "wording_id", "obtained_on", "recorded_at",
    "changed_at", "history",
)  # fmt: skip
ROW_COLUMNS = ("batch_id", "sheet", "row", "outcome", "record_id", "problems", "changes")
NOTHING = "[]"
LOOKUP_COLUMNS = ("record_id", "kind", "token", "key_id", "normaliser")
KEPT = ("id", "person_id", "source_id", "key_in_source", "recorded_at")


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed bytes of one chunk: (owner, compartment) → blob, of rows that are no new records; those have
    theirs in the plan."""

    blobs: dict[tuple[UUID, str], bytes]
    quarantine: list[tuple[Plan, UUID]]

    def of(self, plan: Plan) -> tuple[bytes | None, bytes | None]:
        """The record's identity and contract."""
        if plan.outcome != STORED:
            record = plan.record_id
            return self.blobs.get((record, IDENTITY)), self.blobs.get((record, CONTRACT))
        identity = contract = None
        for sealed in plan.sealed:
            if sealed.compartment == IDENTITY:
                identity = sealed.blob
            elif sealed.compartment == CONTRACT:
                contract = sealed.blob
        return identity, contract


def use_of(compartment: str) -> str:
    return USES[compartment]


def new_keys(plans: Sequence[Plan]) -> list[SealedApart]:
    """What is sealed already, under keys that are to be committed."""
    return [sealed for plan in plans if plan.outcome == STORED for sealed in plan.sealed]


def seal_rest(setting: Setting, plans: Sequence[Plan]) -> Sealed:
    """Seal what only the database could tell, under keys that are committed at once."""
    blobs: dict[tuple[UUID, str], bytes] = {}
    quarantine = [(plan, uuid7()) for plan in plans if plan.outcome == QUARANTINED]
    apart = [
        ToSeal(owner, Compartment.IDENTITY, QUARANTINE_USE, _quarantined_content(plan))
        for plan, owner in quarantine
    ]
    again = [to_seal for plan in plans if plan.outcome == UPDATED for to_seal in to_seal_of(setting, plan)]
    for items, seal in ((apart, seal_new), (again, seal_many)):
        for item, blob in zip(items, seal(items), strict=True):
            blobs[item.owner, item.compartment] = blob
    return Sealed(blobs, quarantine)


def to_seal_of(setting: Setting, plan: Plan) -> list[ToSeal]:
    return [
        ToSeal(plan.record_id, compartment, USES[compartment], text_of(content))
        for compartment, content in plan.contents(setting.declared).items()
    ]


def _quarantined_content(plan: Plan) -> dict[str, str]:
    row = plan.parsed
    return {**row.values, "consent_text": row.consent_text or "", "external_id": row.external_id}


def write_chunk(
    setting: Setting, plans: Sequence[Plan], sealed: Sealed, found: Sequence[Found]
) -> Counter[str]:
    """Everything one chunk becomes. Returns how many links and suggestions were stored."""
    stored = [plan for plan in plans if plan.outcome == STORED]
    updated = [plan for plan in plans if plan.outcome == UPDATED]
    _loosen(setting, updated)
    links = link_rows.within_decisions(link_rows.undecided(found))
    _give_people(setting, plans, links)
    written = [*stored, *updated]
    _as_stored(plans)
    rows = [_record_values(setting, plan, sealed) for plan in stored]
    insert_rows(Record, RECORD_COLUMNS, _in_order(rows, Record, RECORD_COLUMNS, "key_in_source"))
    _update_records(setting, updated, sealed)
    _write_finders(setting, written)
    rewriting.withdraw_bases(setting, plans)
    _write_relations(plans)
    _write_quarantine(setting, sealed)
    insert_rows(ImportRow, ROW_COLUMNS, (_import_row(setting, plan) for plan in plans))
    return link_rows.write_links(links, now=setting.now)


def _write_finders(setting: Setting, written: Sequence[Plan]) -> None:
    """By what a record is found and dialled."""
    key_id, version = indexes.lookup_key_id(), indexes.NORMALISER_VERSION
    lookups: list[tuple[Any, ...]] = [
        (plan.record_stored, kind, token, key_id, version) for plan in written for kind, token in plan.tokens
    ]
    insert_rows(Lookup, LOOKUP_COLUMNS, _in_order(lookups, Lookup, LOOKUP_COLUMNS, "token"))
    dial = list(facts.dial_facts(setting, written))
    insert_rows(DialFact, facts.DIAL_COLUMNS, _in_order(dial, DialFact, facts.DIAL_COLUMNS, "token"))


def rewrite(
    setting: Setting, plan: Plan, sealed: Mapping[str, bytes], *, basis: str, history: list[dict[str, Any]]
) -> bool:
    """Store one record anew, without a file. `sealed`: compartment → blob, of those that changed. False: it
    changed since the plan was made; nothing was written."""
    _as_stored([plan])
    unchanged = Record.objects.filter(pk=plan.record_id, content_hash=plan.before)
    written = unchanged.update(
        fields=sorted(plan.parsed.values),
        field_hashes=plan.field_hashes,
        content_hash=plan.content_hash,
        language=plan.language,
        changed_at=setting.now,
        history=history,
        **sealed,
    )
    if written:
        over = set(DialFact.objects.filter(record=plan.record_id).values_list("basis", flat=True)) == {ENDED}
        for model in (Lookup, DialFact):
            model.objects.filter(record=plan.record_id).delete()
        _write_finders(setting, [plan])
        DialFact.objects.filter(record=plan.record_id).update(basis=ENDED if over else basis)
    return bool(written)


def _loosen(setting: Setting, updated: Sequence[Plan]) -> None:
    """A record with other identifiers than before may be somebody else: what the rule linked is undone."""
    changed = [plan.record for plan in updated if plan.record and _identifiers_changed(plan)]
    touched = link_rows.end_rule_links(changed)
    if touched:
        grouping.regroup(sorted(touched), now=setting.now)


def _give_people(setting: Setting, plans: Sequence[Plan], links: Sequence[Found]) -> None:
    """A new record joins the person of the record it is linked to; otherwise it is a person of its own."""
    stored = [plan for plan in plans if plan.outcome == STORED]
    by_record = {plan.record_id: plan for plan in stored}
    languages: dict[UUID, str] = {}
    for group in grouping.joined_people(link_rows.certain_pairs(links)):
        people = {node for node in group if node not in by_record}
        person = grouping.merge_people(people) if people else uuid7()
        for record in sorted(group - people):
            by_record[record].person = person
            if not people:
                languages.setdefault(person, by_record[record].language)
    alone = [plan for plan in stored if plan.person is None]
    for plan, person in zip(alone, many_uuid7(len(alone)), strict=True):
        plan.person = person
        languages[person] = plan.language
    insert_rows(
        Person,
        ("id", "language", "created_at", "restricted_at", "erased_at"),
        ((person, language, setting.now, None, None) for person, language in languages.items()),
    )
    _learn_people(plans, by_record)


def _learn_people(plans: Sequence[Plan], by_record: dict[UUID, Plan]) -> None:
    """Plans for records that exist, or that repeat an earlier row, follow where those records are now."""
    others = [plan for plan in plans if plan.record is not None and plan.outcome != STORED]
    people = grouping.people_of({plan.record_id for plan in others if plan.record_id not in by_record})
    for plan in others:
        first = by_record.get(plan.record_id)
        plan.person = first.person if first else people.get(plan.record_id)


def _in_order(
    rows: list[tuple[Any, ...]], model: type[Model], columns: Sequence[str], column: str
) -> list[tuple[Any, ...]]:
    """By their token as it will lie, so that each page of its index is visited once per chunk: at millions of
    rows those visits are most of what writing costs."""
    place, field = columns.index(column), model._meta.get_field(column)
    if isinstance(field, TokenField) and field.storing():
        lie = field.stored_many([row[place] for row in rows])
        rows = [(*row[:place], token, *row[place + 1 :]) for row, token in zip(rows, lie, strict=True)]
    rows.sort(key=itemgetter(place))
    return rows


def _as_stored(plans: Sequence[Plan]) -> None:
    as_stored = stored_uuid(Record)
    for plan in plans:
        if plan.record:
            plan.record_stored = as_stored(plan.record)
        if plan.person:
            plan.person_stored = as_stored(plan.person)


def _record_values(setting: Setting, plan: Plan, sealed: Sealed) -> tuple[object, ...]:
    """Values of RECORD_COLUMNS."""
    identity, contract = sealed.of(plan)
    return (
        plan.record_stored,
        plan.person_stored,
        setting.source.pk,
        setting.batch.pk,
        plan.parsed.sheet[:SHEET_LENGTH],
        plan.parsed.row,
        plan.key,
        plan.content_hash,
        _names_text(tuple(plan.parsed.values)),
        _hashes_text(plan.field_hashes),
        identity,
        contract,
        plan.language,
        setting.source.claimed_basis,
        plan.wording,
        plan.obtained_on,
        setting.now,
        None,
        None,
    )


@lru_cache(maxsize=1_024)
def _names_text(names: tuple[str, ...]) -> str:
    """JSON of the sorted names of fields: nearly all rows of a file have the same ones."""
    return json.dumps(sorted(names))


def _hashes_text(hashes: Mapping[str, str]) -> str:
    """JSON of field → hexadecimal digits."""
    return "{" + ",".join([f'{quoted(field)}:"{digits}"' for field, digits in hashes.items()]) + "}"


def _update_records(setting: Setting, updated: Sequence[Plan], sealed: Sealed) -> None:
    before = rewriting.stored_records([plan.record_id for plan in updated])
    for plan in updated:
        values = dict(zip(RECORD_COLUMNS, _record_values(setting, plan, sealed), strict=True))
        values = {name: value for name, value in values.items() if name not in KEPT} | {
            "fields": sorted(plan.parsed.values),
            "field_hashes": plan.field_hashes,
            "changed_at": setting.now,
            "history": rewriting.history_with(setting, plan, before[plan.record_id]),
        }
        Record.objects.filter(pk=plan.record_id).update(**values)
    for part in slices([plan.record for plan in updated]):
        for model in (Lookup, DialFact, RelationFact):
            model.objects.filter(record__in=part).delete()
    stored_only.hide_again([plan.record_id for plan in updated])


def _write_relations(plans: Sequence[Plan]) -> None:
    """The contract of the first row of each record, and of its repeated rows those that are further ones.
    What only an earlier file said of the record goes."""
    first: list[RelationFact] = []
    further: list[RelationFact] = []
    for plan in plans:
        if plan.record and plan.person and plan.outcome != QUARANTINED:
            fact = facts.relation_of(plan, record=plan.record, person=plan.person)
            if fact:
                (further if plan.repeats else first).append(fact)
    _drop_relations({plan.record for plan in plans if plan.record and _keeps_record(plan)}, first)
    known: set[tuple[object, ...]] = set()
    for part in slices({fact.record_id for fact in (*first, *further)}):
        known |= {_same(fact) for fact in RelationFact.objects.filter(record__in=part)}
    new = []
    for fact in (*first, *further):
        if _same(fact) not in known:
            known.add(_same(fact))
            new.append(fact)
    RelationFact.objects.bulk_create(new)


def _keeps_record(plan: Plan) -> bool:
    return plan.outcome == Outcome.UNCHANGED and not plan.repeats


def _drop_relations(records: Collection[UUID], still: Sequence[RelationFact]) -> None:
    said = {_same(fact) for fact in still}
    for part in slices(records):
        old = [fact.pk for fact in RelationFact.objects.filter(record__in=part) if _same(fact) not in said]
        RelationFact.objects.filter(pk__in=old).delete()


def _same(fact: RelationFact) -> tuple[object, ...]:
    return fact.record_id, fact.family, fact.since, fact.until


def _write_quarantine(setting: Setting, sealed: Sealed) -> None:
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            id=owner,
            batch_id=setting.batch.pk,
            sheet=plan.parsed.sheet[:SHEET_LENGTH],
            row=plan.parsed.row,
            reason=plan.reason,
            content=sealed.blobs[owner, Compartment.IDENTITY],
            quarantined_at=setting.now,
            delete_after=setting.now + limits().quarantine,
        )
        for plan, owner in sealed.quarantine
    )


def _import_row(setting: Setting, plan: Plan) -> tuple[object, ...]:
    return (
        setting.batch.pk,
        plan.parsed.sheet[:SHEET_LENGTH],
        plan.parsed.row,
        str(plan.outcome),
        plan.record_stored if plan.outcome != QUARANTINED else None,
        [stored_problem(problem) for problem in plan.parsed.problems] if plan.parsed.problems else NOTHING,
        plan.changes or NOTHING,
    )


def stored_problem(problem: Problem) -> dict[str, object]:
    """Code, place, shape and the template to say it with; never the value."""
    params = dict(problem.params)
    return {
        "code": problem.code,
        "column": str(params.get("column", "")),
        "looks": str(params.get("looks", "")),
        "template": problem.template,
        "params": {name: value for name, value in params.items() if name not in ("column", "looks")},
    }


def chunk_root(plans: Sequence[Plan], sealed: Sealed) -> bytes:
    """Tree hash over SHA-256(record id ‖ SHA-256(identity) ‖ SHA-256(contract)) of the written records."""
    leaves, sha256 = [], hashlib.sha256
    for plan in plans:
        if plan.writes_record and plan.record:
            identity, contract = sealed.of(plan)
            told = plan.record.bytes + sha256(identity or b"").digest() + sha256(contract or b"").digest()
            leaves.append(tlog.leaf_hash(sha256(told).digest()))
    return tlog.root_of(leaves)


def _identifiers_changed(plan: Plan) -> bool:
    telling = {
        "first_name",
        "last_name",
        "birth_date",
        "email",
        "customer_no",
        "company",
        "postcode",
        "street",
    }
    return any(name in telling or name.startswith("phone") for name in plan.changes)
