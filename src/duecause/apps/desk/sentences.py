"""The answer to "where did you get my data?", in the person's language, from provenance alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from babel.dates import format_date
from babel.lists import format_list
from django.conf import settings

from duecause.apps.register.models import Record
from duecause.apps.register.origins import known_of, noted_on
from duecause.packs import law

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Said:
    """A text to read aloud, with the version of its wording. `unknown`: of how many of the `sources` nobody
    knows which they are."""

    text: str
    language: str
    version: str
    sources: int
    unknown: int

    @property
    def known(self) -> bool:
        return self.sources > 0 and not self.unknown


@cache
def phrases(language: str) -> Mapping[str, str]:
    path = files("duecause.packs") / "texts" / language / "provenance.yaml"
    return dict(yaml.safe_load(path.read_text()))


def where_from(
    records: Sequence[Record], recipients: Iterable[tuple[str, str]], language: str, *, on: date
) -> Said:
    """One sentence on the oldest source, one more for every further source, one on who received the number.
    Whatever is not known on the day is said to be unknown. `recipients`: name of centre, name of campaign."""
    language = language if language in dict(settings.LANGUAGES) else FALLBACK
    say = phrases(language)
    sentences: list[str] = []
    unknown = 0
    for record in records:
        missing = known_of(record).missing(on)
        part = "also" if sentences else "first"
        unknown += "source" in missing
        sentences += _about(record, missing, say, language, part, on)
    given = set(recipients)
    if given:
        sentences.append(
            say["passed_on"].format(
                centres=format_list(sorted({centre for centre, _ in given}), locale=language),
                campaigns=format_list(sorted({campaign for _, campaign in given}), locale=language),
            )
        )
    if not records:
        sentences.insert(0, say["unknown"])
    said = list(dict.fromkeys(sentences))  # of two lists of one source and day once
    return Said(" ".join(said), language, say["version"], len(records), unknown)


def _about(
    record: Record, missing: Sequence[str], say: Mapping[str, str], language: str, part: str, on: date
) -> Iterator[str]:
    """`missing`: facts of engine.origins that are not known of this record."""
    noted = _day(noted_on(record), language)
    if "source" in missing:
        yield say[f"{part}_unknown"].format(noted=noted)
        if law.origin_rules().excludes("source", on):
            yield say["unusable"]
        return
    names = record.source.say
    agreed = record.wording if record.basis == "consent" else None
    kind = "consent" if agreed else "other"
    dated = "_undated" if "date" in missing else ""
    yield say[f"{part}_{kind}{dated}"].format(
        source=names.get(language) or names.get(FALLBACK) or record.source.name,
        date=_day(record.obtained_on, language) if record.obtained_on else "",
        noted=noted,
        wording=agreed.text.rstrip(" .") if agreed else "",
    )
    if "basis" in missing:
        yield say["no_basis"]


def _day(day: date, language: str) -> str:
    return str(format_date(day, "d MMMM y", locale=language))
