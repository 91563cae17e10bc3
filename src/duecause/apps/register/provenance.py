"""Where each datum of a person came from, what was done to it, who received it (GDPR Art. 15(1)(c), (g)).

A datum is a field of a record. Read from what imports and releases noted; nothing sealed is opened, and no
value is in the answer. Asking is not ledgered here: `provenance_actions` and the desk do that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from duecause.apps.catalogue.models import Wording
from duecause.apps.parties.models import Source
from duecause.apps.register.fields import SEALED_IN, declared, is_phone
from duecause.apps.register.handling import Handled, Handling
from duecause.apps.register.history import Statement, by_person, had, source_of, statements_of, touched_after
from duecause.apps.register.models import DialFact, ImportBatch, ImportRow, Record
from duecause.apps.register.planning import slices
from duecause.apps.register.recipients import Handing, handed_out
from duecause.engine.origins import KnownOrigin, Missing
from duecause.engine.periods import local_day

Told = Literal["row", "source", ""]
Value = Literal["same", "older"]


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text that was agreed to, by its version."""

    code: str
    version: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Origin:
    """How one datum came to us. `obtained_on` is None where nobody knows; `told_by`: who says that day.
    `noted_at` is when we wrote the datum down, which is another thing. `missing`: what is not known of it.
    `by_person`: the person said it to put a source right; then the names of that source are empty."""

    by_person: bool
    source: str
    source_name: str
    source_kind: str
    party: str
    party_name: str
    contract_reference: str
    obtained_on: date | None
    told_by: Told
    noted_at: datetime
    batch: UUID | None
    file: str
    sheet: str
    row: int
    basis: str
    consent: ConsentText | None
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The datum was written down, or got another value: from a file, or from what the person said."""

    at: datetime
    batch: UUID | None
    file: str
    row: int
    by_person: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who received the datum in which release. `value`: the one we hold now, or an older one. `sure` is False
    for what is not on record: columns of a list of before Duecause, or which of several numbers was given."""

    release: UUID
    code: str
    name: str
    campaign: str
    campaign_name: str
    at: datetime
    expires_at: datetime
    recalled_at: datetime | None
    former: bool
    value: Value
    sure: bool


@dataclass(frozen=True, slots=True)
class Datum:
    """`group` is the field group that policies name. `handled`: what the import did to it, in order.
    `changes`: each time it got a value, the oldest first; the last is its origin."""

    record: UUID
    field: str
    group: str
    origin: Origin
    handled: tuple[Handled, ...]
    changes: tuple[Change, ...]
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """The source of a record. `dropped`: columns of its newest file that nothing in the field catalogue has a
    purpose for; their content was never kept."""

    source: str
    source_name: str
    source_kind: str
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Of all records of one person, the oldest first."""

    person: UUID
    records: Mapping[UUID, KnownRecord]
    data: tuple[Datum, ...]


def provenance_of(person: UUID, *, now: datetime) -> Provenance:
    """What is unknown is judged for today, as the controller of each record counts days."""
    records = list(
        Record.objects.filter(person=person)
        .select_related("source__party", "source__controller", "batch")
        .defer(*SEALED_IN)
        .order_by("recorded_at", "pk")
    )
    reader = _Reader(records, now)
    data = tuple(datum for record in records for datum in reader.data_of(record))
    return Provenance(person, {record.pk: reader.record(record) for record in records}, data)


class _Reader:
    """What is the same for all records of one answer, read once."""

    def __init__(self, records: Sequence[Record], now: datetime) -> None:
        self._now = now
        self._groups = declared().groups
        self._statements = {record.pk: statements_of(record) for record in records}
        said = [statement for found in self._statements.values() for statement in found]
        self._batches = ImportBatch.objects.in_bulk([each.batch for each in said if each.batch])
        self._wordings = Wording.objects.in_bulk([each.wording for each in said if each.wording])
        ids = [record.pk for record in records]
        self._handings: dict[UUID, list[Handing]] = {}
        for handing in handed_out(ids):
            self._handings.setdefault(handing.record, []).append(handing)
        self._numbers: dict[UUID, int] = dict.fromkeys(ids, 0)
        self._problems: dict[tuple[UUID, str, int], list[dict[str, Any]]] = {}
        for part in slices(ids):
            for (record,) in DialFact.objects.filter(record__in=part).values_list("record_id"):
                self._numbers[record] += 1
            rows = ImportRow.objects.filter(record__in=part).exclude(problems=[])
            for batch, sheet, row, problems in rows.values_list("batch_id", "sheet", "row", "problems"):
                self._problems[batch, sheet, row] = problems

    def data_of(self, record: Record) -> Iterable[Datum]:
        statements = self._statements[record.pk]
        for field in record.fields:
            origin = source_of(field, statements)
            yield Datum(
                record=record.pk,
                field=field,
                group=self._groups.get(field, ""),
                origin=self._origin(record.source, origin),
                handled=() if by_person(origin) else tuple(self._handling(record, origin).of(field)),
                changes=tuple(self._changes(field, statements)),
                recipients=tuple(self._recipients(field, record, statements)),
            )

    def record(self, record: Record) -> KnownRecord:
        from_files = [said for said in self._statements[record.pk] if said.batch]
        dropped = self._handling(record, from_files[-1]).dropped() if from_files else ()
        return KnownRecord(record.source.code, record.source.name, record.source.kind, dropped)

    def _handling(self, record: Record, said: Statement) -> Handling:
        batch = self._batches.get(said.batch) if said.batch else None
        problems = self._problems.get((said.batch, said.sheet, said.row), []) if said.batch else []
        return Handling.of_batch(batch, said.sheet, record.source.default_country, problems)

    def _origin(self, source: Source, said: Statement) -> Origin:
        batch, spoken = self._batches.get(said.batch) if said.batch else None, by_person(said)
        kind = str(Source.Kind.DATA_SUBJECT) if spoken else source.kind
        known = KnownOrigin(kind, source.party_id is not None, said.basis, said.obtained_on)
        missing = known.missing(local_day(self._now, source.controller.country))
        day = None if "date" in missing else said.obtained_on
        party = None if spoken else source.party
        return Origin(
            by_person=spoken,
            source="" if spoken else source.code,
            source_name="" if spoken else source.name,
            source_kind=kind,
            party=party.code if party else "",
            party_name=party.name if party else "",
            contract_reference="" if spoken else source.contract_reference,
            obtained_on=day,
            told_by="" if day is None else "source" if day == source.obtained_on and not spoken else "row",
            noted_at=said.at,
            batch=said.batch,
            file=batch.file_name if batch else "",
            sheet=said.sheet,
            row=said.row,
            basis=said.basis,
            consent=self._consent(said),
            missing=missing,
        )

    def _consent(self, said: Statement) -> ConsentText | None:
        wording = self._wordings.get(said.wording) if said.wording and said.basis == "consent" else None
        if wording is None:
            return None
        return ConsentText(wording.code, wording.version, wording.language, wording.text)

    def _changes(self, field: str, statements: Sequence[Statement]) -> Iterable[Change]:
        for said in statements:
            if field in said.added | said.changed:
                batch = self._batches.get(said.batch) if said.batch else None
                name = batch.file_name if batch else ""
                yield Change(said.at, said.batch, name, said.row, by_person(said))

    def _recipients(self, field: str, record: Record, statements: Sequence[Statement]) -> Iterable[Recipient]:
        for handing in self._handings.get(record.pk, ()):
            got = (
                self._number_got(field, record, statements, handing)
                if is_phone(field)
                else _field_got(field, statements, handing)
            )
            if got is not None:
                yield _recipient(handing, *got)

    def _number_got(
        self, field: str, record: Record, statements: Sequence[Statement], handing: Handing
    ) -> tuple[Value, bool] | None:
        """A released row carries one number. Which field that is follows from its place among the numbers of
        the record, unless cells held several: then it may be any of them."""
        phones = [name for name in record.fields if is_phone(name)]
        if not handing.numbers:  # a number that the record no longer has
            changed = [name for name in phones if touched_after(name, handing.at, statements)]
            return ("older", len(changed) == 1) if field in (changed or phones) else None
        if len(phones) == self._numbers[record.pk]:
            given = {sorted(phones)[place] for place in handing.numbers}
            return ("same", True) if field in given else None
        return "same", len(phones) == 1


def _field_got(field: str, statements: Sequence[Statement], handing: Handing) -> tuple[Value, bool] | None:
    """What the file of a release said is what the record said then. Of a former list only the titles of its
    columns are known."""
    if field not in handing.fields:
        return None
    if handing.former:
        return "same", False
    if not had(field, handing.at, statements):
        return None
    return ("older" if touched_after(field, handing.at, statements) else "same"), True


def _recipient(handing: Handing, value: Value, sure: bool) -> Recipient:
    return Recipient(
        release=handing.release,
        code=handing.recipient,
        name=handing.recipient_name,
        campaign=handing.campaign,
        campaign_name=handing.campaign_name,
        at=handing.at,
        expires_at=handing.expires_at,
        recalled_at=handing.recalled_at,
        former=handing.former,
        value=value,
        sure=sure,
    )
