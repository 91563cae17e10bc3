"""What screening may know of a record without opening it: per number, and per contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from uuid import UUID

from duecause.apps.register.fields import COMPANY, CONTRACT, NAMES, numbers_in
from duecause.apps.register.limits import limits
from duecause.apps.register.models import RelationFact
from duecause.apps.register.planning import Plan, Setting
from duecause.apps.vault import indexes
from duecause.engine import yaml_reader
from duecause.engine.phone import PhoneNumber, zone_of
from duecause.engine.tabular import fold_name

FAMILIES_FILE = "families.yaml"
LONGEST_FAMILY = 40
_IN_CONTRACT = frozenset(CONTRACT)
DIAL_COLUMNS = (
    "record_id",
    "person_id",
    "source_id",
    "ordinal",
    "token",
    "key_id",
    "country",
    "region",
    "zone",
    "natural",
    "minor_band",
    "adult_from",
    "basis",
)


@cache
def families() -> dict[str, str]:
    """Folded word → product family."""
    text = (files("duecause.packs") / "lexicons" / FAMILIES_FILE).read_text(encoding="utf-8")
    pack = yaml_reader.read_mapping(text, file=FAMILIES_FILE)
    names = pack.keys()
    return {fold_name(word): family for family in names for word in (family, *pack.texts(family))}


def family_of(product: str) -> str:
    folded = fold_name(product)
    return families().get(folded) or folded.replace(" ", "_")[:LONGEST_FAMILY] or "unknown"


def add_dial_values(setting: Setting, plans: Sequence[Plan]) -> None:
    """Give each plan what its numbers say, all tokens made in one go. No look at the database."""
    numbered: list[tuple[Plan, int, PhoneNumber]] = []
    for plan in plans:
        found = plan.parsed.numbers
        if len(found) > 1:
            by_text = {number.text: number for number in found}
            found = [by_text[text] for text in numbers_in(plan.parsed.values)]
        numbered.extend([(plan, ordinal, number) for ordinal, number in enumerate(found)])
    tokens = indexes.dial_tokens([number.e164 for _, _, number in numbered])
    for (plan, ordinal, number), token in zip(numbered, tokens, strict=True):
        zone, natural = zone_of(number.region, number.e164), _natural(setting, plan)
        age = _age(plan, setting.today)
        plan.dial.append((ordinal, token.tobytes(), number.region, "", zone, natural, *age))


def dial_facts(setting: Setting, plans: Iterable[Plan]) -> Iterator[tuple[object, ...]]:
    """Values of DIAL_COLUMNS, one row per number of each written record."""
    key_id, basis, source = indexes.dial_key_id(), setting.source.claimed_basis, setting.source.pk
    for plan in plans:
        for ordinal, token, *rest in plan.dial:
            yield (plan.record_stored, plan.person_stored, source, ordinal, token, key_id, *rest, basis)


def _natural(setting: Setting, plan: Plan) -> bool:
    values = plan.parsed.values
    company_only = bool(values.get(COMPANY)) and not any(values.get(name) for name in NAMES)
    return not (setting.source.legal_persons or company_only)


def _age(plan: Plan, today: date) -> tuple[str, date | None]:
    known = plan.parsed.dates.get("birth_date") if "birth_date" in plan.parsed.values else None
    birth = known or plan.parsed.born_at_latest
    if birth is None:
        return "unknown", None
    adult_from = limits().adult_from(birth)
    return ("adult" if adult_from <= today else "minor"), adult_from


def relation_of(plan: Plan, *, record: UUID, person: UUID) -> RelationFact | None:
    values, dates = plan.parsed.values, plan.parsed.dates
    if _IN_CONTRACT.isdisjoint(values) or not any(values.get(name) for name in CONTRACT):
        return None
    return RelationFact(
        record_id=record,
        person_id=person,
        family=family_of(values.get("product", "")),
        since=dates.get("contract_from"),
        until=dates.get("contract_to"),
    )
