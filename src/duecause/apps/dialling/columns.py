"""Candidates as columns, and the register's knowledge of many numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa

from duecause.apps.dialling.candidates import Candidate, Number, known_numbers, one_per_person
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import ENDED
from duecause.engine.screening.bulk import KNOWN, NUMBERS, ROWS, Known


def of_candidates(rows: Iterable[Candidate], first: int = 0) -> tuple[pa.Table, pa.Table]:
    """Inputs "rows" and "numbers" of a screening, with the record of each; `first`: row_id of the first."""
    lines, numbers = [], []
    for place, row in enumerate(rows, first):
        lines.append((place, row.file, row.sheet, row.row, sorted(row.problems), _key(row.record)))
        for ordinal, n in enumerate(row.numbers):
            about = (n.country, n.natural, n.minor_band, n.source, n.basis, n.region, _key(n.record))
            numbers.append((place, ordinal, n.token, _key(n.person), *about))
    return _table(ROWS, lines), _table(NUMBERS, numbers)


def known_of(controller: Controller, tokens: Iterable[bytes], on: date) -> Known:
    """What the sources of a controller brought about numbers, and whose they are."""
    found = sorted(known_numbers(controller, tokens, on), key=attrgetter("token"))
    lines: list[tuple[Any, ...]] = []
    places: dict[bytes, int] = {}
    starts: list[int] = []
    counts: list[int] = []
    for token, same in groupby(found, key=attrgetter("token")):
        kept = one_per_person([number for number in same if number.basis != ENDED])
        places[token] = len(starts)
        starts.append(len(lines))
        counts.append(len(kept))
        lines += map(_line, kept)
    return Known(_table(KNOWN, lines), places, np.array(starts, np.int64), np.array(counts, np.int64))


def _line(n: Number) -> tuple[Any, ...]:
    about = (n.country, n.natural, n.minor_band, n.source, n.basis, n.region)
    return (_key(n.person), _key(n.record), *about)


def _key(value: UUID | None) -> bytes | None:
    return value.bytes if value else None


def _table(schema: pa.Schema, lines: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns: Iterable[Any] = zip(*lines, strict=True) if lines else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
