"""What each row of a chunk will become, decided by reads alone before anything is sealed or written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from duecause.apps.bulk import rows_among
from duecause.apps.parties.models import Source
from duecause.apps.register.claimed_consent import ConsentTexts
from duecause.apps.register.fields import Declared
from duecause.apps.register.identifiers import (
    Token,
    changed_fields,
    content_hashes,
    guards_of,
    row_key,
    tokens_of,
)
from duecause.apps.register.limits import limits
from duecause.apps.register.models import GuardToken, ImportBatch, ImportRow, Record
from duecause.apps.register.reading import NO_IDENTIFIER, ParsedRow
from duecause.apps.register.texts import problem
from duecause.apps.vault.actions import SealedApart
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day
from duecause.engine.problems import Problem

Outcome = ImportRow.Outcome
# As they lie in a plan; a member of an enumeration costs ten times as much to name.
STORED, UPDATED, QUARANTINED = (
    Outcome.STORED.value,
    Outcome.UPDATED.value,
    Outcome.QUARANTINED.value,
)
IDS_PER_QUERY = 900
SHEET_LENGTH = 80
NO_BASIS = "unknown"  # screening holds back such a row unless the person's own consent is known
BASIS = "basis"  # named among the changed fields of a row
T = TypeVar("T")

DialValues = tuple[int, bytes, str, str, str, bool, str, date | None]
"""Of one number: ordinal, token, country, region, zone, natural, minor_band, adult_from"""


def slices(items: Iterable[T], size: int = IDS_PER_QUERY) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that is the same for all rows of one import."""

    batch: ImportBatch
    source: Source
    declared: Declared
    consent: ConsentTexts
    now: datetime
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", local_day(self.now, self.source.controller.country))

    @property
    def claims_consent(self) -> bool:
        return self.source.claimed_basis == "consent"


@dataclass(frozen=True, slots=True)
class Existing:
    """A record of an earlier file, or of an earlier row of this one."""

    id: UUID
    person: UUID
    basis: str
    content_hash: bytes
    field_hashes: Mapping[str, str]


@dataclass(slots=True)
class Plan:
    """One row and what it becomes."""

    parsed: ParsedRow
    outcome: str
    key: bytes = b""
    record: UUID | None = None
    person: UUID | None = None
    record_stored: Any = None  # both as the database keeps them, set when rows are written
    person_stored: Any = None
    tokens: list[Token] = field(default_factory=list)
    content_hash: bytes = b""
    field_hashes: dict[str, str] = field(default_factory=dict)
    before: bytes = b""  # the content hash of the record that this is to replace
    wording: int | None = None
    obtained_on: date | None = None
    language: str = ""
    changes: list[str] = field(default_factory=list)
    reason: str = ""
    dial: list[DialValues] = field(default_factory=list)
    sealed: list[SealedApart] = field(default_factory=list)  # under new keys that are not committed yet
    repeats: bool = False  # an earlier row of the same file became the record
    withdraws: UUID | None = None  # record of an earlier file whose basis this row no longer shows

    @property
    def record_id(self) -> UUID:
        """Of a row that has a record."""
        if self.record is None:
            raise ValueError(f"row {self.parsed.row} has no record")
        return self.record

    @property
    def person_id(self) -> UUID:
        """Of a row whose record has been given a person."""
        if self.person is None:
            raise ValueError(f"row {self.parsed.row} has no person")
        return self.person

    @property
    def writes_record(self) -> bool:
        return self.outcome == STORED or self.outcome == UPDATED

    def contents(self, declared: Declared) -> dict[str, dict[str, Any]]:
        """compartment → {field: value} to seal."""
        parts: dict[str, dict[str, Any]] = {}
        for name, value in self.parsed.values.items():
            parts.setdefault(declared.compartments[name], {})[name] = value
        return parts


def plan_chunk(
    setting: Setting, rows: Sequence[ParsedRow], *, seen: dict[bytes, Plan] | None = None
) -> list[Plan]:
    """Plans in the order of the rows. `seen` carries earlier rows of the file along where nothing of them is
    stored (a preview); an import finds them in the database."""
    return settle_chunk(setting, [first_look(setting, row) for row in rows], seen=seen)


def judge_rows(setting: Setting, rows: Sequence[ParsedRow]) -> list[Plan]:
    """Plans that say which rows would be refused or put aside, and nothing of what is stored already."""
    plans = [first_look(setting, row) for row in rows]
    open_plans = [plan for plan in plans if plan.outcome == STORED]
    guards = _guard_hits(open_plans)
    for plan in open_plans:
        _refuse_or_quarantine(setting, plan, guards)
    return plans


def settle_chunk(setting: Setting, plans: list[Plan], *, seen: dict[bytes, Plan] | None = None) -> list[Plan]:
    """The same for rows that `first_look` has seen: what the database knows decides the rest."""
    open_plans = [plan for plan in plans if plan.outcome == STORED]
    existing = _existing(setting, {plan.key for plan in open_plans})
    first_rows = _rows_of_this_batch(setting, [record.id for record in existing.values()])
    guards = _guard_hits(open_plans)
    seen = {} if seen is None else seen
    for plan in open_plans:
        _refuse_or_quarantine(setting, plan, guards)
        if plan.outcome != STORED:
            continue
        earlier = seen.get(plan.key)
        if earlier is not None:
            _repeats(plan, earlier.record, earlier.person, earlier.parsed.row)
            continue
        known = existing.get(plan.key)
        if known and known.id in first_rows:
            _repeats(plan, known.id, known.person, first_rows[known.id])
            continue
        _settle(plan, known, setting.source.claimed_basis)
        seen[plan.key] = plan
    _withdraw(open_plans, existing, first_rows)
    return plans


def first_look(setting: Setting, row: ParsedRow) -> Plan:
    """What a row says by itself, before any look at the database."""
    if row.broken:
        return Plan(row, Outcome.REFUSED)
    key = row_key(setting.source.code, row.external_id, row.values, row.e164)
    tokens = tokens_of(row.values, row.e164)
    if key is None or not any(kind != "name_postcode" for kind, _ in tokens):
        row.problems.append(Problem("no_identifier", NO_IDENTIFIER, {"row": row.row}))
        return Plan(row, Outcome.REFUSED)
    plan = Plan(row, STORED, key=key, tokens=tokens)
    plan.obtained_on = (
        row.dates.get("obtained_on") or row.dates.get("consent_on") or setting.source.obtained_on
    )
    plan.language = row.values.get("language", setting.source.default_language)
    if setting.claims_consent:
        plan.wording, plan.reason = setting.consent.wording_for(
            row.consent_text, on=plan.obtained_on, today=setting.today, language=plan.language
        )
    weigh(plan)
    return plan


def weigh(plan: Plan) -> None:
    """Hash what the row says, so that a change shows."""
    content = {
        **plan.parsed.values,
        "obtained_on": str(plan.obtained_on or ""),
        "consent_text": str(plan.wording or ""),
    }
    plan.content_hash, plan.field_hashes = content_hashes(plan.key, content)


def _existing(setting: Setting, keys: set[bytes]) -> dict[bytes, Existing]:
    ids = rows_among(Record, ("id",), column="key_in_source", values=keys, source_id=setting.source.pk)
    found: dict[bytes, Existing] = {}
    for part in slices([record for (record,) in ids]):
        rows = Record.objects.filter(pk__in=part).values_list(
            "key_in_source", "id", "person_id", "basis", "content_hash", "field_hashes"
        )
        for key, record, person, basis, content_hash, field_hashes in rows:
            found[bytes(key)] = Existing(record, person, basis, bytes(content_hash), field_hashes)
    return found


def _rows_of_this_batch(setting: Setting, records: list[UUID]) -> dict[UUID, int]:
    """The first row of this file that already became the record, for rows read before a crash or a chunk."""
    found: dict[UUID, int] = {}
    for part in slices(records):
        rows = ImportRow.objects.filter(batch=setting.batch, record__in=part).order_by("-id")
        found.update(rows.values_list("record_id", "row"))
    return found


def _repeats(plan: Plan, record: UUID | None, person: UUID | None, first_row: int) -> None:
    plan.outcome, plan.record, plan.person, plan.repeats = Outcome.UNCHANGED, record, person, True
    plan.parsed.problems.append(problem("duplicate_in_file", row=plan.parsed.row, first=first_row))


def _settle(plan: Plan, known: Existing | None, basis: str) -> None:
    if known is None:
        plan.record = plan.record or uuid7()
        return
    plan.record, plan.person = known.id, known.person
    if (known.content_hash, known.basis) == (plan.content_hash, basis):
        plan.outcome = Outcome.UNCHANGED
    else:
        plan.outcome = Outcome.UPDATED
        plan.changes = changed_fields(known.field_hashes, plan.field_hashes)
        if known.basis != basis:
            plan.changes.append(BASIS)


def _withdraw(
    plans: Sequence[Plan], existing: Mapping[bytes, Existing], first_rows: Collection[UUID]
) -> None:
    """Where the corrected row of a record shows no basis any more, that of the earlier file must not go on
    counting, unless another row of this file shows one."""
    aside = [plan for plan in plans if plan.outcome == QUARANTINED]
    if not aside:
        return
    shown = {plan.key for plan in plans if plan.record}
    for plan in aside:
        known = existing.get(plan.key)
        if known is None or plan.key in shown or known.id in first_rows:
            continue
        plan.withdraws = known.id
        plan.parsed.problems.append(problem("basis_withdrawn", row=plan.parsed.row))


def _guard_hits(plans: Sequence[Plan]) -> dict[Token, datetime]:
    """Guard tokens of erased persons among the rows' identifiers, with the time they were made."""
    if not GuardToken.objects.exists():
        return {}
    tokens = {token for plan in plans for token in guards_of(plan.parsed.values, plan.parsed.e164)}
    hits: dict[Token, datetime] = {}
    for part in slices({token for _, token in tokens}):
        rows = GuardToken.objects.filter(token__in=part).values_list("kind", "token", "made_at")
        hits.update({(kind, bytes(token)): made_at for kind, token, made_at in rows})
    return {token: hits[token] for token in tokens if token in hits}


def _refuse_or_quarantine(setting: Setting, plan: Plan, guards: Mapping[Token, datetime]) -> None:
    row = plan.parsed
    if guards:
        made = [guards[token] for token in guards_of(row.values, row.e164) if token in guards]
        if made and not _consented_since(setting, plan, max(made)):
            plan.outcome, plan.record = Outcome.REFUSED, None
            row.problems.append(problem("erased_guard", row=row.row))
            return
    if plan.reason:
        plan.outcome = Outcome.QUARANTINED
        row.problems.append(problem(plan.reason, row=row.row, days=limits().quarantine.days))


def _consented_since(setting: Setting, plan: Plan, made_at: datetime) -> bool:
    """A person who was erased may come back by a fresh consent of their own, never through a list."""
    own_word = setting.source.kind == Source.Kind.DATA_SUBJECT and setting.claims_consent
    erased_on = local_day(made_at, setting.source.controller.country)
    fresh = plan.obtained_on is not None and plan.obtained_on > erased_on
    return own_word and fresh and not plan.reason
