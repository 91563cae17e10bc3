"""Every mistake of a country's rules at once, each with file, line, rule and field: for who writes a pack.

Loading stops at the first mistake; this goes on, and looks at what only several rules together show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from duecause.engine import yaml_reader
from duecause.engine.periods import is_public_holiday
from duecause.engine.phone import zone_of
from duecause.engine.problems import Refused
from duecause.engine.screening.calling_times import WINDOW
from duecause.engine.screening.law import load_pack, read_rule
from duecause.engine.screening.rules import Rule


@dataclass(frozen=True, slots=True)
class Mistake:
    """`rule` and `field` are empty where the mistake is in none."""

    file: str
    line: int
    rule: str
    field: str
    text: str

    def __str__(self) -> str:
        place = [f"rule {self.rule}"] if self.rule else []
        place += [f"field {self.field}"] if self.field else []
        where = f"{', '.join(place)}: " if place else ""
        return f"{self.file}:{self.line}: {where}{self.text}"


def mistakes(text: str, *, file: str, sectors: Collection[str]) -> list[Mistake]:
    """What is wrong with a pack, in the order of its lines; `sectors` are the codes a campaign may name."""
    try:
        top = yaml_reader.read_mapping(text, file=file)
        country, nodes = top.text("country"), top.mappings("rules")
    except Refused as refused:
        return [_of(refused, file)]
    found: list[Mistake] = []
    rules: list[tuple[Rule, yaml_reader.Mapping]] = []
    for node in nodes:
        try:
            rules.append((read_rule(node, country), node))
        except Refused as refused:
            found.append(_of(refused, file, _id(node)))
    if not found:
        try:
            load_pack(text, file=file)
        except Refused as refused:
            found.append(_of(refused, file, str(refused.problem.params.get("id", ""))))
    zone = top.text("zone") if top.has("zone") else zone_of(country)
    for rule, node in rules:
        found += _of_rule(rule, node, zone, sectors)
    found += _of_file(country, [rule for rule, _ in rules], file)
    return sorted(found, key=lambda mistake: mistake.line)


def _of_rule(rule: Rule, node: yaml_reader.Mapping, zone: str, sectors: Collection[str]) -> Iterator[Mistake]:
    def told(field: str, text: str) -> Mistake:
        return Mistake(node.file, node.line_of(field), rule.id, field, text)

    if not rule.id.startswith(f"{rule.country.lower()}-"):
        yield told("id", f"an id begins with its country, as in {rule.country.lower()}-opt-in-2026.")
    if any(not url.startswith(("https://", "http://")) for url in rule.sources):
        yield told("sources", "a source is the address that was read, with https://.")
    if rule.kind == "sector_ban" and rule.subject not in sectors:
        yield told("sector", f"no campaign can name this sector; there are {', '.join(sorted(sectors))}.")
    if rule.kind == "register" and not rule.subject.startswith(f"{rule.country}-"):
        yield told("register", f"the code of a register begins with its country, as in {rule.country}-DNC.")
    if rule.kind == WINDOW and not zone:
        yield told("time_zone", "the zone of this country is not known: add “zone:” at the top of the file.")
    if rule.kind == WINDOW and rule.detail.get("public_holidays") is False:
        for place in (rule.country, *(f"{rule.country}-{part}" for part in rule.texts("holidays_also_of"))):
            try:
                is_public_holiday(date(rule.valid_from.year, 1, 1), place)
            except ValueError:
                yield told("public_holidays", f"the holidays of {place} are not known.")


def _of_file(country: str, rules: list[Rule], file: str) -> Iterator[Mistake]:
    if file != f"{country.lower()}.yaml":
        yield Mistake(file, 1, "", "country", f"the file of {country} is named {country.lower()}.yaml.")
    if not any(rule.kind == "regime" for rule in rules):
        yield Mistake(file, 1, "", "rules", "no rule says whether calls are allowed: add a regime.")


def _of(refused: Refused, file: str, rule: str = "") -> Mistake:
    params = refused.problem.params
    line, field = params.get("line"), str(params.get("key", ""))
    text = refused.problem.text.removeprefix(f"{file}, line {line}: ")
    return Mistake(file, line if isinstance(line, int) else 1, rule, field, text)


def _id(node: yaml_reader.Mapping) -> str:
    try:
        return node.text("id")
    except Refused:
        return ""
