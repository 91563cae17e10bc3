"""What outlives an erasure and how long, from the dated rules of packs/law/rights.yaml."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from functools import cache

from duecause.engine import yaml_reader
from duecause.packs import law


@dataclass(frozen=True, slots=True)
class Rules:
    consent_proof_months: int
    contract_months: int
    guard_months: int
    law: dict[str, str]  # section -> articles

    def proof_until(self, newest: date) -> date:
        return months_after(newest, self.consent_proof_months)

    def contract_until(self, end: date) -> date:
        return months_after(end, self.contract_months)

    def guard_until(self, erased: date) -> date:
        return months_after(erased, self.guard_months)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month (Reg. 1182/71 Art. 3(2)(c))."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@cache
def rules() -> Rules:
    """Raises Refused where the file is malformed."""
    top = yaml_reader.read_mapping(law.texts()[law.RIGHTS_FILE], file=law.RIGHTS_FILE)
    top.day("as_of")
    articles: dict[str, str] = {}
    found = Rules(
        consent_proof_months=_number(top, "consent_proof", "months", articles),
        contract_months=_number(top, "contract", "months", articles),
        guard_months=_number(top, "guard", "months", articles),
        law=articles,
    )
    top.done()
    return found


def _number(top: yaml_reader.Mapping, section: str, key: str, articles: dict[str, str]) -> int:
    entry = top.mapping(section)
    value = entry.number(key)
    articles[section] = entry.text("law")
    for text in ("note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")
    entry.done()
    return value
