"""What outlives an erasure and how long, from the dated rules of packs/law/rights.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from duecause.engine import yaml_reader
from duecause.engine.periods import months_after
from duecause.packs import law


@dataclass(frozen=True, slots=True)
class Rules:
    contract_months: int
    guard_months: int
    certificate_months: int
    law: dict[str, str]  # section -> articles

    def contract_until(self, end: date) -> date:
        return months_after(end, self.contract_months)

    def certificates_since(self, today: date) -> date:
        return months_after(today, -self.certificate_months)

    def guard_until(self, erased: date) -> date:
        return months_after(erased, self.guard_months)


@cache
def rules() -> Rules:
    """Raises Refused where the file is malformed."""
    top = yaml_reader.read_mapping(law.texts()[law.RIGHTS_FILE], file=law.RIGHTS_FILE)
    top.day("as_of")
    articles: dict[str, str] = {}
    found = Rules(
        contract_months=_number(top, "contract", "months", articles),
        guard_months=_number(top, "guard", "months", articles),
        certificate_months=_number(top, "certificate", "months", articles),
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
