"""Thresholds of the register: how long a row may wait in quarantine, from when a person is of age; and of the
national registers: how much smaller or damaged a new file may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from duecause.engine import yaml_reader
from duecause.packs import law


@dataclass(frozen=True, slots=True)
class Limits:
    quarantine: timedelta
    adult_years: int
    refusal_quiet: timedelta
    register_shrink_percent: int
    register_malformed_per_thousand: int
    register_foreign_per_thousand: int

    def adult_from(self, birth: date) -> date:
        """The day of majority. Who was born on 29 February is of age on 1 March: the later day is careful."""
        year = birth.year + self.adult_years
        try:
            return birth.replace(year=year)
        except ValueError:
            return date(year, 3, 1)


@cache
def limits() -> Limits:
    """Raises Refused where the file is malformed."""
    top = yaml_reader.read_mapping(law.texts()[law.LIMITS_FILE], file=law.LIMITS_FILE)
    top.day("as_of")
    found = Limits(
        quarantine=timedelta(days=_number(top, "quarantine", "days")),
        adult_years=_number(top, "adult", "years"),
        refusal_quiet=timedelta(days=_number(top, "refusal_quiet", "days")),
        register_shrink_percent=_number(top, "register_shrink", "percent"),
        register_malformed_per_thousand=_number(top, "register_malformed", "per_thousand"),
        register_foreign_per_thousand=_number(top, "register_foreign", "per_thousand"),
    )
    top.done()
    return found


def _number(top: yaml_reader.Mapping, section: str, key: str) -> int:
    entry = top.mapping(section)
    value = entry.number(key)
    for text in ("law", "note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")
    entry.done()
    return value
