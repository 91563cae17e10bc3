"""Load and lint law packs: one YAML text per country, every rule dated and sourced."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date, time
from itertools import combinations
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.screening.rules import (
    CONSENT,
    Confidence,
    LawBook,
    LawPack,
    Rule,
    RuleSet,
    rule_in_force,
    rules_in_force,
)

__all__ = [
    "KINDS",
    "LawBook",
    "LawPack",
    "Rule",
    "RuleSet",
    "load_book",
    "load_pack",
    "rule_in_force",
    "rules_in_force",
]

Reader = Callable[[yaml_reader.Mapping, str], object]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _choice(*allowed: str) -> Reader:
    return lambda node, key: node.choice(key, allowed)


def _choices(*allowed: str) -> Reader:
    return lambda node, key: node.texts(key, allowed)


def _positive(node: yaml_reader.Mapping, key: str) -> object:
    value = node.number(key)
    if value < 1:
        template = gettext_noop("%(file)s, line %(line)s: “%(key)s” must be 1 or more.")
        raise _refusal("law_value", template, node, key)
    return value


def _share(node: yaml_reader.Mapping, key: str) -> object:
    """Percent, of 100 or less."""
    value = node.number(key)
    if not 0 <= value <= 100:
        template = gettext_noop("%(file)s, line %(line)s: “%(key)s” is a share of 0 to 100 percent.")
        raise _refusal("law_value", template, node, key)
    return value


def _places(node: yaml_reader.Mapping, key: str) -> object:
    """Subdivisions whose holidays the library knows; the country is that of the file."""
    places = node.texts(key)
    for place in places:
        if not re.fullmatch("[A-Z0-9]{1,3}", place):
            template = gettext_noop(
                "%(file)s, line %(line)s: “%(key)s” names subdivisions by the last part of their "
                "ISO 3166-2 code, such as 57."
            )
            raise _refusal("law_value", template, node, key)
    return places


def _hours(node: yaml_reader.Mapping, key: str) -> object:
    """Weekday → spans of local time, in order and apart."""
    week = node.mapping(key)
    spans = {day: tuple(_span(week, day, text) for text in week.texts(day)) for day in WEEK}
    week.done()
    for day, parts in spans.items():
        edges = [edge for part in parts for edge in part]
        if edges != sorted(set(edges)):
            template = gettext_noop(
                "%(file)s, line %(line)s: the hours of “%(key)s” overlap. Put them in order."
            )
            raise _refusal("law_value", template, week, day)
    return spans


def _span(node: yaml_reader.Mapping, key: str, text: str) -> tuple[time, time]:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text)
    if not match:
        template = gettext_noop("%(file)s, line %(line)s: hours of “%(key)s” are written like 09:00-20:00.")
        raise _refusal("law_value", template, node, key)
    h1, m1, h2, m2 = map(int, match.groups())
    return time(h1, m1), time(h2, m2)


def _early_end(node: yaml_reader.Mapping, key: str) -> object:
    """Month and day → local time at which calling ends on that day."""
    days = node.mapping(key)
    ends = {}
    for day in days.keys():  # noqa: SIM118 (a reader, not a dict)
        try:
            date.fromisoformat(f"2024-{day}")
            ends[day] = time.fromisoformat(days.text(day))
        except ValueError:
            template = gettext_noop('%(file)s, line %(line)s: write “%(key)s” like "12-24": "18:30".')
            raise _refusal("law_value", template, days, day) from None
    return ends


PERSONS = _choices("natural", "legal")
EXCEPTIONS = ("ongoing_contract", "customer_relation", "charity_relation")
ACCESS = ("file", "submit")  # a file of all numbers; or our numbers go there and their answer comes back
ORGANISATIONS = ("company", "charity", "charity_lottery", "publisher")

# Per kind: required fields, then optional ones.
KINDS: Mapping[str, tuple[Mapping[str, Reader], Mapping[str, Reader]]] = {
    "regime": ({"regime": _choice("opt_in", "opt_out")}, {"applies_to": PERSONS}),
    "sector_ban": (
        {"sector": yaml_reader.Mapping.text, "unless": yaml_reader.Mapping.text_or_none},
        {},
    ),
    "register": (
        {
            "register": yaml_reader.Mapping.text,
            "name": yaml_reader.Mapping.text,
            "max_file_age_days": _positive,
        },
        {
            "access": _choice(*ACCESS),
            "applies_to": PERSONS,
            "relations": _choices("customers", "prospects"),
            "shrink_percent": _share,
        },
    ),
    "exception": (
        {
            "exception": _choice(*EXCEPTIONS),
            "related_offer": yaml_reader.Mapping.flag,
            "years_after_end": yaml_reader.Mapping.number,
        },
        {"organisations": _choices(*ORGANISATIONS)},
    ),
    "consent": ({"linked_to": _choice("person", "number")}, {}),
    "calling_window": (
        {"time_zone": _choice("called_party"), "hours": _hours},
        {
            "public_holidays": yaml_reader.Mapping.flag,
            "holidays_also_of": _places,
            "override": yaml_reader.Mapping.text,
            "early_end": _early_end,
        },
    ),
    "attempt_cap": (
        {
            "max_attempts": _positive,
            "per_days": _positive,
            "scope": _choice("controller_and_subcontractors", "call_centre"),
        },
        {},
    ),
    "quiet_period": ({"after": _choice("refusal"), "days": _positive}, {}),
    "in_call": (
        {
            "duties": _choices(
                "identify_caller",
                "say_commercial_purpose_first",
                "offer_right_to_object",
                "say_privacy_policy",
                "accept_in_writing",
            )
        },
        {"script_required": yaml_reader.Mapping.flag},
    ),
    "caller_id": (
        {"anonymous": yaml_reader.Mapping.flag},
        {"forbidden": _choices("mobile"), "answered": yaml_reader.Mapping.flag},
    ),
    "abandoned_calls": (
        {"max_percent": _share, "answer_within_seconds": _positive, "quiet_hours": _positive},
        {},
    ),
}


def load_book(texts: Mapping[str, str]) -> LawBook:
    """Packs of file name → text. Raises Refused naming file, line and remedy."""
    packs: dict[str, LawPack] = {}
    for file in sorted(texts):
        pack = load_pack(texts[file], file=file)
        if pack.country in packs:
            template = gettext_noop(
                "%(file)s: there is already a pack for %(country)s. Keep one file per country."
            )
            raise Refused("law_country_twice", template, file=file, country=pack.country)
        packs[pack.country] = pack
    digest = hashlib.sha256()
    for file in sorted(texts):
        digest.update(f"{file}\0{texts[file]}\0".encode())
    newest = max((pack.as_of for pack in packs.values()), default=date.min)
    return LawBook(packs, f"{newest}+{digest.hexdigest()[:12]}")


def load_pack(text: str, *, file: str) -> LawPack:
    """One country's rules. Raises Refused for unknown keys, wrong types, overlaps and dangling references."""
    top = yaml_reader.read_mapping(text, file=file)
    country, name, as_of = top.text("country"), top.text("name"), top.day("as_of")
    if not re.fullmatch("[A-Z]{2}", country):
        template = gettext_noop(
            "%(file)s, line %(line)s: “%(key)s” is an ISO code of two capitals, such as BE."
        )
        raise _refusal("law_value", template, top, "country")
    zone = _zone(top) if top.has("zone") else ""
    nodes = top.mappings("rules")
    top.done()
    rules = [(read_rule(node, country), node) for node in nodes]
    _lint(rules)
    return LawPack(country, name, as_of, tuple(rule for rule, _ in rules), zone)


def _zone(top: yaml_reader.Mapping) -> str:
    name = top.text("zone")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        template = gettext_noop(
            "%(file)s, line %(line)s: “%(key)s” is an IANA time zone, such as Europe/Brussels."
        )
        raise _refusal("law_value", template, top, "zone") from None
    return name


def read_rule(node: yaml_reader.Mapping, country: str) -> Rule:
    """One entry of `rules`. Raises Refused at its first mistake."""
    kind = node.choice("kind", tuple(KINDS))
    required, optional = KINDS[kind]
    detail = {key: read(node, key) for key, read in required.items()}
    detail |= {key: read(node, key) for key, read in optional.items() if node.has(key)}
    rule = Rule(
        id=node.text("id"),
        country=country,
        kind=kind,
        valid_from=node.day("valid_from"),
        valid_to=node.day_or_none("valid_to"),
        law=node.text("law"),
        sources=node.texts("sources"),
        confidence=cast("Confidence", node.choice("confidence", ("S", "M"))),
        reviewed_by=node.text_or_none("reviewed_by"),
        note=node.text("note") if node.has("note") else "",
        detail=detail,
    )
    node.done()
    return rule


def _lint(rules: list[tuple[Rule, yaml_reader.Mapping]]) -> None:
    seen: set[str] = set()
    exceptions = {CONSENT, *(rule.subject for rule, _ in rules if rule.kind == "exception")}
    for rule, node in rules:
        if rule.id in seen:
            template = gettext_noop(
                "%(file)s, line %(line)s: the id “%(id)s” is used twice. Give it its own."
            )
            raise _refusal("law_id_twice", template, node, "id", id=rule.id)
        seen.add(rule.id)
        if rule.valid_to and rule.valid_to < rule.valid_from:
            template = gettext_noop(
                "%(file)s, line %(line)s: rule %(id)s ends before it begins. Correct the dates."
            )
            raise _refusal("law_dates", template, node, "valid_to", id=rule.id)
        if not rule.sources:
            template = gettext_noop(
                "%(file)s, line %(line)s: rule %(id)s names no source. Add the address read."
            )
            raise _refusal("law_no_source", template, node, "sources", id=rule.id)
        if rule.text("unless") and rule.text("unless") not in exceptions:
            template = gettext_noop(
                "%(file)s, line %(line)s: rule %(id)s refers to an exception that this file does not define."
            )
            raise _refusal("law_unknown_exception", template, node, "unless", id=rule.id)
    for (first, _), (second, node) in combinations(rules, 2):
        if _overlap(first, second):
            template = gettext_noop(
                "%(file)s, line %(line)s: rules %(id)s and %(other)s are of the same kind and hold at the "
                "same time. End the older one the day before the newer begins."
            )
            raise _refusal("law_overlap", template, node, "valid_from", id=second.id, other=first.id)


def _overlap(first: Rule, second: Rule) -> bool:
    if (first.kind, first.subject) != (second.kind, second.subject):
        return False
    persons = set(first.texts("applies_to") or ("natural", "legal"))
    if persons.isdisjoint(second.texts("applies_to") or ("natural", "legal")):
        return False
    return first.valid_from <= (second.valid_to or date.max) and second.valid_from <= (
        first.valid_to or date.max
    )


def _refusal(code: str, template: str, node: yaml_reader.Mapping, key: str, **params: object) -> Refused:
    return Refused(code, template, file=node.file, line=node.line_of(key), key=key, **params)
