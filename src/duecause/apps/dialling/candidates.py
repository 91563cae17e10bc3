"""Which rows a list is made of, named as in the source: rows of imported files, or of a list handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from duecause.apps.dialling import origins
from duecause.apps.dialling.facts import CHUNK, among, chunks
from duecause.apps.dialling.models import Campaign, DialList, ListRow
from duecause.apps.parties.models import Controller, Source
from duecause.apps.register.models import ENDED, DialFact, GuardToken, ImportBatch, ImportRow
from duecause.apps.vault import indexes
from duecause.engine.phone import PhoneNumber
from duecause.engine.problems import Refused
from duecause.engine.screening.reasons import of_import

NOTES = frozenset(
    {"phone_two_numbers", "row_missing_cells"}
)  # told at import, and no reason to hold a row back
NO_IDENTIFIER = "no_identifier"
OVER = "retention_over"
NO_NUMBER = frozenset({"phone_placeholder", "missing_phone"})


@dataclass(slots=True)
class Number:
    token: bytes
    person: UUID | None
    record: UUID | None
    country: str
    region: str = ""
    natural: bool = True
    minor_band: str = "unknown"
    source: str | None = ""  # None where it is not known, and such numbers are excluded
    basis: str | None = None


@dataclass(slots=True)
class Candidate:
    """One row as named in its source. `problems` block the row as a whole."""

    file: str
    sheet: str
    row: int
    record: UUID | None = None
    problems: set[str] = field(default_factory=set)
    numbers: list[Number] = field(default_factory=list)


@dataclass(slots=True)
class Candidates:
    """`origin` says where the rows come from, for the list's own record. `guard`: tokens of erased people."""

    rows: list[Candidate]
    origin: dict[str, Any]
    guard: set[bytes] = field(default_factory=set)

    def tokens(self) -> set[bytes]:
        return {number.token for row in self.rows for number in row.numbers}


def sources_named(codes: Sequence[str], campaign: Campaign) -> list[Source]:
    """Raises Refused for a code that is no source, and for a source of another controller: who may call with
    its data is that controller's to say, whatever a consent text names."""
    found = list(Source.objects.filter(code__in=codes).select_related("controller").order_by("code"))
    unknown = sorted(set(codes) - {source.code for source in found})
    if unknown:
        raise Refused(
            "unknown_source",
            "There is no source %(source)s. Known are: %(known)s.",
            source=unknown[0],
            known=", ".join(Source.objects.order_by("code").values_list("code", flat=True)),
        )
    for source in found:
        if source.controller_id != campaign.controller_id:
            raise Refused(
                "source_of_another",
                "The source %(source)s belongs to %(owner)s, the campaign %(campaign)s to %(controller)s. "
                "Choose sources of %(controller)s.",
                source=source.code,
                owner=source.controller.legal_name,
                campaign=campaign.code,
                controller=campaign.controller.legal_name,
            )
    return found


def from_sources(codes: Sequence[str], *, campaign: Campaign, on: date) -> Candidates:
    """Every row that the complete imports of these sources brought: of a record the rows of the newest file
    that holds it, of rows that became no record those of the newest file of their name."""
    batches = imports_of(codes, campaign)
    rows = [row for piece in pieces_of(batches, campaign, on=on, size=CHUNK) for row in piece]
    return Candidates(rows, {"sources": sorted(codes)})


def imports_of(codes: Sequence[str], campaign: Campaign) -> list[ImportBatch]:
    """Complete imports of these sources, the oldest first. Raises Refused where there is none."""
    complete = ImportBatch.objects.filter(
        source__in=sources_named(codes, campaign), state=ImportBatch.State.COMPLETE
    )
    batches = list(complete.order_by("started_at"))
    if not batches:
        raise Refused(
            "nothing_imported",
            "Nothing has been imported from %(sources)s yet. Import a list first.",
            sources=", ".join(sorted(codes)),
        )
    return batches


def pieces_of(
    batches: Sequence[ImportBatch], campaign: Campaign, *, on: date, size: int
) -> Iterator[list[Candidate]]:
    """The rows of imports with their numbers, so many at a time."""
    for rows in chunks(_imported_rows(batches), size):
        by_record: dict[UUID | None, list[Candidate]] = {}
        for row in rows:
            if row.record is not None:
                by_record.setdefault(row.record, []).append(row)
        for number in _numbers(campaign.controller, "record", by_record, on):
            for row in by_record[number.record]:
                if number.basis == ENDED:
                    row.problems |= set() if row.numbers else {OVER}
                    continue
                row.numbers.append(number)
                row.problems.clear()  # a problem of another number does not hold this one back
        yield rows


def _imported_rows(batches: Sequence[ImportBatch]) -> Iterator[Candidate]:
    newest = {(batch.source_id, batch.file_name): batch.pk for batch in batches}
    for place, batch in enumerate(batches):
        rows = ImportRow.objects.filter(batch=batch).order_by("sheet", "row")
        later = [other.pk for other in batches[place + 1 :]]
        if later:
            again = ImportRow.objects.filter(record=OuterRef("record"), batch__in=later)
            rows = rows.filter(Q(record=None) | ~Exists(again))
        if newest[batch.source_id, batch.file_name] != batch.pk:
            rows = rows.filter(record__isnull=False)
        columns = rows.values_list("sheet", "row", "outcome", "record_id", "problems")
        for sheet, row, outcome, record, problems in columns.iterator(chunk_size=CHUNK):
            yield Candidate(batch.file_name, sheet, row, record, row_problems(outcome, problems))


def row_problems(outcome: str, problems: Iterable[dict[str, Any]]) -> set[str]:
    """Reason codes of screening for what the import found."""
    if outcome == ImportRow.Outcome.QUARANTINED:
        return {"quarantined"}
    codes = {str(problem.get("code", "")) for problem in problems} - NOTES
    if NO_IDENTIFIER in codes:
        codes -= {NO_IDENTIFIER}
        codes |= set() if any(code.startswith("phone_") for code in codes) else {"missing_phone"}
    phones = {code for code in codes if code.startswith("phone_")} | (codes & NO_NUMBER)
    found = {"missing_phone"} if phones and phones <= NO_NUMBER else {"invalid_number"} if phones else set()
    if outcome == ImportRow.Outcome.REFUSED:
        return found | (codes - phones) or {"refused"}
    return found


def _numbers(controller: Controller, field_name: str, wanted: Iterable[Any], on: date) -> Iterator[Number]:
    """Numbers as the controller's own sources brought them."""
    columns = (
        "record_id", "token", "person_id", "country", "region", "natural", "minor_band", "adult_from",
        "source__code", "source__kind", "basis",
    )  # fmt: skip
    unusable = origins.excluded_kinds(on)
    facts = DialFact.objects.filter(source__controller=controller).order_by("record_id", "ordinal")
    for record, token, person, country, region, natural, band, adult_from, source, kind, basis in among(
        facts, field_name, wanted, *columns
    ):
        if adult_from is not None:
            band = "minor" if on < adult_from else "adult"
        known = None if kind in unusable else source
        yield Number(bytes(token), person, record, country, region, natural, band, known, basis)


def known_numbers(controller: Controller, tokens: Iterable[bytes], on: date) -> Iterator[Number]:
    """What its sources brought about these numbers, whatever has ended of it (basis ENDED) as well."""
    return _numbers(controller, "token", tokens, on)


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row of a list that was handed in, with the numbers read from it."""

    sheet: str
    row: int
    numbers: tuple[PhoneNumber, ...]
    problems: frozenset[str]


def from_list(
    rows: Sequence[ListedRow],
    *,
    campaign: Campaign,
    file_name: str,
    origin: dict[str, Any],
    on: date,
) -> Candidates:
    """Rows of a list that is not in the register as such: each number is looked for by its token. A row whose
    numbers nobody knows cannot be called, because no source could be named."""
    numbers = {n.e164: n for row in rows for n in row.numbers}
    tokens = {e164: indexes.dial_token(e164) for e164 in numbers}
    known: dict[bytes, list[Number]] = {}
    for number in known_numbers(campaign.controller, tokens.values(), on):
        known.setdefault(number.token, []).append(number)
    candidates = []
    for row in rows:
        candidate = Candidate(file_name, row.sheet, row.row, problems=set(row.problems))
        for n in row.numbers:
            found = known.get(tokens[n.e164], [])
            candidate.numbers += one_per_person([each for each in found if each.basis != ENDED])
            candidate.problems |= {OVER} if found else set()
        if candidate.numbers:
            candidate.problems.clear()
            candidate.record = candidate.numbers[0].record
        elif row.numbers and OVER not in candidate.problems:
            candidate.problems = {"not_in_register"}
            candidate.numbers = [Number(tokens[n.e164], None, None, n.region) for n in row.numbers]
        candidates.append(candidate)
    return Candidates(candidates, origin, _guarded(numbers, tokens, known))


def from_rows(dial_list: DialList, on: date) -> Candidates:
    """The rows of a list that was screened, once more: by the records they were found under, with the
    problems that its file had. The file itself is gone."""
    rows: list[Candidate] = []
    by_record: dict[UUID | None, list[Candidate]] = {}
    found = ListRow.objects.filter(dial_list=dial_list).order_by("position")
    for row in found.iterator(chunk_size=CHUNK):
        candidate = Candidate(row.file, row.sheet, row.row, row.record_id)
        rows.append(candidate)
        if row.record_id is None:
            candidate.problems = {code for code in row.reasons if of_import(code)} or {"not_in_register"}
        else:
            by_record.setdefault(row.record_id, []).append(candidate)
    for number in _numbers(dial_list.campaign.controller, "record", by_record, on):
        for candidate in by_record[number.record]:
            if number.basis != ENDED:
                candidate.numbers.append(number)
    for candidate in rows:
        if not candidate.numbers and not candidate.problems:
            candidate.problems = {OVER}
    return Candidates(rows, dict(dial_list.candidates_from))


def one_per_person(numbers: Iterable[Number]) -> list[Number]:
    """The newest record speaks for a person, if it is known where it came from; a shared number stays one
    entry per person."""
    known_last = sorted(numbers, key=lambda number: number.source is not None)
    return list({number.person: number for number in known_last}.values())


def _guarded(
    numbers: Iterable[int], tokens: dict[int, bytes], known: dict[bytes, list[Number]]
) -> set[bytes]:
    """Numbers of erased people that the register does not know anew."""
    return guarded(
        {indexes.guard_token("phone", str(n)): tokens[n] for n in numbers if tokens[n] not in known}
    )


def guarded(unknown: Mapping[bytes, bytes]) -> set[bytes]:
    """Guard token → dial token of numbers that nobody is known by: the dial tokens of those that belonged to
    erased people."""
    rows = among(GuardToken.objects.filter(kind="phone"), "token", unknown, "token")
    return {unknown[bytes(token)] for (token,) in rows}
