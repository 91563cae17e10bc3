"""The answer to "where did you get my data?", in the person's language, from provenance alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from babel.dates import format_date
from babel.lists import format_list
from django.conf import settings

from duecause.apps.consent.reach import Reach
from duecause.apps.register.models import Record
from duecause.engine.periods import local_day

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Said:
    """A text to read aloud, with the version of its wording."""

    text: str
    language: str
    version: str
    known: bool


@cache
def phrases(language: str) -> Mapping[str, str]:
    path = files("duecause.packs") / "texts" / language / "provenance.yaml"
    return dict(yaml.safe_load(path.read_text()))


def where_from(records: list[Record], reaches: list[Reach], language: str) -> Said:
    """One sentence on the oldest source we know, one more for every further source, one on who received it.
    Honest when nothing is known."""
    language = language if language in dict(settings.LANGUAGES) else FALLBACK
    say = phrases(language)
    sentences = [_one(record, say, language, first=index == 0) for index, record in enumerate(records)]
    known = bool(records)
    if not records:
        sentences = [say["unknown"]]
    if reaches:
        centres = sorted({reach.centre_name for reach in reaches})
        campaigns = sorted({reach.campaign_name for reach in reaches})
        sentences.append(
            say["passed_on"].format(
                centres=format_list(centres, locale=language),
                campaigns=format_list(campaigns, locale=language),
            )
        )
    return Said(" ".join(sentences), language, say["version"], known)


def _one(record: Record, say: Mapping[str, str], language: str, *, first: bool) -> str:
    say_source = record.source.say
    source = say_source.get(language) or say_source.get(FALLBACK) or record.source.name
    part = "first" if first else "also"
    day = known_since(record)
    parts = {"source": source, "date": _day(day, language)}
    if record.basis == "consent" and record.wording:
        return say[f"{part}_consent"].format(**parts, wording=record.wording.text.rstrip(" ."))
    return say[f"{part}_other"].format(**parts)


def known_since(record: Record) -> date:
    """The day as the controller counts it."""
    return record.obtained_on or local_day(record.recorded_at, record.source.controller.country)


def _day(day: date, language: str) -> str:
    return str(format_date(day, "d MMMM y", locale=language))
