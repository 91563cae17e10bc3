"""Consents as counts over time, from events alone, and wordings with what changed between their versions."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby

from django.db.models import Count
from django.db.models.functions import TruncMonth

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent.models import ConsentEvent
from duecause.engine.consents import EXPIRED, GIVEN, INVALIDATED, REFUSED, RENEWED, WITHDRAWN

# What the chart counts together.
KINDS = {
    GIVEN: GIVEN,
    RENEWED: GIVEN,
    REFUSED: REFUSED,
    WITHDRAWN: WITHDRAWN,
    EXPIRED: EXPIRED,
    INVALIDATED: EXPIRED,
}
SHOWN = (GIVEN, REFUSED, WITHDRAWN, EXPIRED)


@dataclass(frozen=True, slots=True)
class Asked:
    """`first` and `last` are first days of months, both counted; empty codes mean any."""

    first: date
    last: date
    controller: str = ""
    purpose: str = ""
    channel: str = ""

    @property
    def months(self) -> list[date]:
        found, day = [], self.first
        while day <= self.last:
            found.append(day)
            day = next_month(day)
        return found


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def over_time(asked: Asked, zone: tzinfo) -> Counter[tuple[str, date, str]]:
    """(purpose, month, one of SHOWN) → events. A slip that was undone at once is none."""
    start = datetime.combine(asked.first, datetime.min.time(), tzinfo=zone)
    end = datetime.combine(next_month(asked.last), datetime.min.time(), tzinfo=zone)
    rows = ConsentEvent.objects.filter(
        at__gte=start, at__lt=end, state__in=list(KINDS), undoes=None, undone_by=None
    )
    for field, wanted in (
        ("controller__code", asked.controller),
        ("purpose__code", asked.purpose),
        ("channel", asked.channel),
    ):
        if wanted:
            rows = rows.filter(**{field: wanted})
    counted = (
        rows.annotate(month=TruncMonth("at", tzinfo=zone))
        .order_by()
        .values_list("purpose__code", "month", "state")
        .annotate(events=Count("pk"))
    )
    found: Counter[tuple[str, date, str]] = Counter()
    for purpose, month, state, events in counted:
        found[purpose, month.date().replace(day=1), KINDS[state]] += events
    return found


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: `kind` is same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a wording in one language, with what changed since the version before it."""

    wording: Wording
    controllers: tuple[str, ...]
    came: tuple[str, ...]
    left: tuple[str, ...]
    pieces: tuple[Piece, ...]
    first: bool


def wording_versions() -> list[tuple[str, list[Version]]]:
    """Per wording code and language, newest version first."""
    rows = (
        Wording.objects.filter(kind=Wording.Kind.CONSENT)
        .select_related("purpose", "source")
        .prefetch_related("controllers")
        .order_by("code", "language", "valid_from", "version")
    )
    return [
        (f"{code} · {language}", list(reversed(list(_versions(group)))))
        for (code, language), group in groupby(rows, key=lambda row: (row.code, row.language))
    ]


def _versions(rows: Iterable[Wording]) -> Iterator[Version]:
    text: str | None = None
    named: tuple[str, ...] = ()
    for row in rows:
        names = tuple(sorted(each.legal_name for each in row.controllers.all()))
        yield Version(
            wording=row,
            controllers=names,
            came=tuple(name for name in names if text is not None and name not in named),
            left=tuple(name for name in named if name not in names),
            pieces=tuple(changes(text, row.text)) if text is not None else (Piece("same", row.text),),
            first=text is None,
        )
        text, named = row.text, names


def changes(before: str, after: str) -> Iterator[Piece]:
    """What became of a text, word by word, in reading order."""
    old, new = before.split(), after.split()
    for tag, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", " ".join(new[c:d]))
            continue
        if b > a:
            yield Piece("gone", " ".join(old[a:b]))
        if d > c:
            yield Piece("new", " ".join(new[c:d]))
