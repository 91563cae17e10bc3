"""Which call centre does a file that turned up somewhere come from? (How lists are marked: `marks`.)

Four marks prove it, each alone: the value of the column `list`, any reference, the invented name of a planted
row, and, for a file of bare numbers, numbers that one centre alone was given. The last is an indication: who
knows a number may have it from elsewhere. The file may be cut, re-sorted, merged with others or saved by a
spreadsheet; it is read in memory and not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from duecause.apps.dialling import marks
from duecause.apps.dialling.facts import chunks
from duecause.apps.dialling.models import Release, ReleaseRow
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Partner
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.phone import PhoneNumber, read_cell
from duecause.engine.problems import Refused
from duecause.engine.tabular import open_tables

LETTERS = f"[{marks.CROCKFORD}]"
MARK = re.compile(f"{LETTERS}{{{marks.MARK_LENGTH}}}", re.ASCII)
REFERENCE = re.compile(f"{LETTERS}{{{marks.REFERENCE_LENGTH}}}", re.ASCII)
FEWEST_DIGITS = 7
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Trace:
    """What of a file points to one release. Each count is of rows of the file. `alone`: its numbers that no
    other centre was given."""

    release: Release
    listed: int = 0
    references: int = 0
    planted: int = 0
    numbers: int = 0
    alone: int = 0

    @property
    def proven(self) -> bool:
        return bool(self.listed or self.references or self.planted)


@dataclass(frozen=True, slots=True)
class Traced:
    """`traces`: the strongest first. `rows`, `numbers`: how many the file has."""

    rows: int
    numbers: int
    traces: tuple[Trace, ...]

    @property
    def centres(self) -> tuple[Partner, ...]:
        """Whose file it is: every centre that a mark proves; else the one that numbers alone point to, where
        they point to one. Several: files of several centres were merged."""
        proven = {each.release.centre_id: each.release.centre for each in self.traces if each.proven}
        pointed = {each.release.centre_id: each.release.centre for each in self.traces if each.alone}
        found = proven or (pointed if len(pointed) == 1 else {})
        return tuple(found.values())

    @property
    def proven(self) -> bool:
        return any(each.proven for each in self.traces)


@dataclass(slots=True)
class _Found:
    """What was read out of the file."""

    rows: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    references: Counter[str] = field(default_factory=Counter)
    words: dict[int, list[frozenset[str]]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[int, PhoneNumber] = field(default_factory=dict)


def trace(*, actor: Actor, name: str, data: bytes, country: str, now: datetime) -> Traced:
    """Find out which centres a CSV or XLSX file comes from; `country`: of numbers without country code.

    The event holds the hash of the file and what was found. Raises NotPermitted, Refused for a file that
    cannot be read.
    """
    actor.require("dialling.check")
    found = _read(name, data, country)
    if not found.rows:
        raise Refused("trace_empty", "%(file)s holds no rows. Hand in the file as it was found.", file=name)
    traced = Traced(found.rows, len(found.numbers), tuple(_traces(found)))
    told = {
        "file_sha256": hashlib.sha256(data).hexdigest(),
        "rows": traced.rows,
        "releases": [str(each.release.pk) for each in traced.traces],
        "centres": [centre.code for centre in traced.centres],
        "proven": traced.proven,
    }
    with transaction.atomic():
        record(actor=actor, kind="dialling.traced", now=now, payload=told)
    return traced


def _read(name: str, data: bytes, country: str) -> _Found:
    found = _Found()
    for cells in _rows(name, data):
        found.rows += 1
        upper = {cell.upper() for cell in cells}
        found.marks.update(cell for cell in upper if MARK.fullmatch(cell))
        found.references.update(cell for cell in upper if REFERENCE.fullmatch(cell))
        words = frozenset(cell.casefold() for cell in cells)
        for number in _numbers(cells, country):
            found.numbers[number.e164] = number
            found.words[number.e164].append(words)
    return found


def _rows(name: str, data: bytes) -> Iterator[list[str]]:
    """Every row, the first too: a leaked file need not have a header."""
    for table in open_tables(data, name=name, header_row=0):
        for batch in table.batches(ROWS_AT_ONCE):
            for row in zip(*batch.columns, strict=True):
                yield [cell.strip().removeprefix("'") for cell in row if cell and cell.strip()]


def _numbers(cells: Iterable[str], country: str) -> Iterator[PhoneNumber]:
    for cell in cells:
        if sum(map(str.isdigit, cell)) >= FEWEST_DIGITS and not REFERENCE.fullmatch(cell.upper()):
            yield from read_cell(cell, region=country, policy="dial").numbers


def _traces(found: _Found) -> list[Trace]:
    listed = _by_mark(found)
    references = _by_reference(found)
    held = _by_number(found)
    planted = _planted(found, held)
    centres = dict(_centres({*listed, *references, *held}))
    given: dict[int, set[int]] = defaultdict(set)
    for release, numbers in held.items():
        for number in numbers:
            given[number].add(centres[release])
    releases = Release.objects.select_related("centre", "campaign").in_bulk(list(centres))
    traces = [
        Trace(
            release=release,
            listed=listed[pk],
            references=references[pk],
            planted=planted[pk],
            numbers=len(held.get(pk, ())),
            alone=sum(1 for number in held.get(pk, ()) if len(given[number]) == 1),
        )
        for pk, release in releases.items()
    ]
    return sorted(traces, key=_strength, reverse=True)


def _strength(each: Trace) -> tuple[bool, int, int, int, datetime]:
    marked = max(each.listed, each.references, each.planted)
    return each.proven, marked, each.alone, each.numbers, each.release.released_at


def _by_mark(found: _Found) -> Counter[UUID]:
    counted: Counter[UUID] = Counter()
    for part in chunks(found.marks):
        for pk, mark in Release.objects.filter(watermark__in=part).values_list("pk", "watermark"):
            counted[pk] += found.marks[mark]
    return counted


def _by_reference(found: _Found) -> Counter[UUID]:
    counted: Counter[UUID] = Counter()
    for part in chunks(found.references):
        rows = ReleaseRow.objects.filter(reference__in=part)
        for release, reference in rows.values_list("release_id", "reference"):
            counted[release] += found.references[reference]
    return counted


def _by_number(found: _Found) -> dict[UUID, set[int]]:
    """Release → numbers of the file that it held, planted ones included."""
    numbers = sorted(found.numbers)
    tokens = dict(zip((t.tobytes() for t in indexes.dial_tokens(numbers)), numbers, strict=True))
    held: dict[UUID, set[int]] = defaultdict(set)
    for part in chunks(tokens):
        rows = ReleaseRow.objects.filter(token__in=part, release__expires_at__gt=F("release__released_at"))
        former = ReleaseRow.objects.filter(token__in=part, release__dial_list=None)
        for release, token in (rows | former).values_list("release_id", "token"):
            held[release].add(tokens[bytes(token)])
    return held


def _planted(found: _Found, held: dict[UUID, set[int]]) -> Counter[UUID]:
    """Rows of the file with the name that only this release has on that number. The numbers themselves are in
    many releases, and a real person may have such a name: it is both together that no other list holds."""
    counted: Counter[UUID] = Counter()
    for part in chunks(held):
        rows = ReleaseRow.objects.filter(release__in=part, person=None, release__dial_list__isnull=False)
        owned: dict[bytes, set[UUID]] = defaultdict(set)
        for release, token in rows.values_list("release_id", "token"):
            owned[bytes(token)].add(release)
        for number in {number for pk in part for number in held[pk]}:
            for release in owned.get(indexes.dial_token(number), ()):
                name = marks.invented(release, found.numbers[number])
                first, last = name.first_name.casefold(), name.last_name.casefold()
                named = (
                    {first, last} <= words or f"{first} {last}" in words for words in found.words[number]
                )
                counted[release] += sum(named)
    return counted


def _centres(releases: Iterable[UUID]) -> Iterator[tuple[UUID, int]]:
    for part in chunks(releases):
        yield from Release.objects.filter(pk__in=part).values_list("pk", "centre_id")
