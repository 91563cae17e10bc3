"""The dated periods of packs/law/periods.yaml: how many months, days or hours the law or a promise gives."""

from __future__ import annotations

from functools import cache

from duecause.engine import yaml_reader
from duecause.engine.period_questions import PeriodRule, PeriodRules
from duecause.engine.problems import Refused
from duecause.packs import law

FILE = "periods.yaml"
CODE = "period_rules"
UNITS = ("months", "days", "hours")


@cache
def rules() -> PeriodRules:
    """Raises Refused where the file is malformed."""
    return read(law.texts()[FILE])


def read(text: str) -> PeriodRules:
    top = yaml_reader.read_mapping(text, file=FILE)
    top.day("as_of")
    found = PeriodRules(tuple(map(_rule, top.mappings("periods"))))
    top.done()
    return found


def _rule(entry: yaml_reader.Mapping) -> PeriodRule:
    given = [unit for unit in UNITS if entry.has(unit)]
    if len(given) != 1:
        template = "%(file)s, line %(line)s: give one of months, days and hours."
        raise Refused(CODE, template, file=FILE, line=entry.line)
    count = entry.number(given[0])
    if count < 1:
        raise Refused(
            CODE,
            "%(file)s, line %(line)s: “%(key)s” must be 1 or more.",
            file=FILE,
            line=entry.line,
            key=given[0],
        )
    found = PeriodRule(
        code=entry.text("code"),
        valid_from=entry.day("valid_from"),
        unit=given[0],
        count=count,
        promise=entry.flag("promise") if entry.has("promise") else False,
        law=entry.text("law"),
    )
    for text in ("note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")
    entry.done()
    return found
