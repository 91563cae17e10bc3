"""Changes since the last sign-off in words: what, before, after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from duecause.apps.catalogue import texts as catalogue
from duecause.apps.evidence import showing, texts
from duecause.apps.evidence.changes import Changed
from duecause.apps.evidence.queries import Standing
from duecause.apps.parties.texts import BASES, PARTNER_KINDS, SOURCE_KINDS
from duecause.web.templatetags.formats import day
from duecause.web.words import country_name, language_name, own_words

WORDS: dict[str, Callable[[Any], str]] = {
    "group": catalogue.group,
    "law_class": catalogue.law_class,
    "perception": showing.level_words,
    "retention": showing.kept_words,
    "holds_months": showing.months,
    "country": country_name,
    "language": language_name,
    "agreements": lambda value: "; ".join(map(showing.agreement_words, value)),
    "transfers": lambda value: "; ".join(map(showing.transfer_words, value)),
    "sub_processors": lambda value: "; ".join(map(showing.sub_processor_words, value)),
    "dpia_on": lambda value: day(date.fromisoformat(value)),
    "subjects": lambda value: ", ".join(catalogue.subjects(value)),
}
TABLES: dict[str, Any] = {
    "legal_basis": BASES,
    "claimed_basis": BASES,
    "sealed_as": catalogue.COMPARTMENTS,
    "status": {code: word for code, (_meaning, word) in catalogue.STATUSES.items()},
    "dpia": {code: word for code, (_meaning, word) in catalogue.ASSESSMENTS.items()},
    "role": catalogue.ROLES,
    "how": texts.HOW,
    "channels": catalogue.CHANNELS,
}
# A list of codes, by the area that they are of.
NAMED = {"purposes": "purposes", "fields": "fields", "recipients": "recipients"}


def rows(standing: Standing) -> list[tuple[str, str, str]]:
    """For the diff component."""
    if standing.last is None:
        return []
    contents = standing.last.content, standing.record.content
    return [
        (
            _what(change, contents),
            _side(change, change.before, contents),
            _side(change, change.after, contents),
        )
        for change in standing.changes
        if change.name not in texts.SILENT
    ]


def _what(change: Changed, contents: tuple[Any, Any]) -> str:
    area = texts.label(texts.AREAS, change.area)
    if change.area == "scope":
        return f"{area}: {texts.label(texts.VALUES, change.name)}"
    name = _name(change.area, change.key, contents)
    said = _("%(area)s “%(name)s”") % {"area": area, "name": name}
    return f"{said}: {texts.label(texts.VALUES, change.name)}" if change.name else said


def _side(change: Changed, value: Any, contents: tuple[Any, Any]) -> str:
    if value is None or value == "" or value == []:
        return ""
    if not change.name:
        return _entry(change.area, value, contents)
    return _value(change.area, change.name, value, contents)


def _entry(area: str, entry: Any, contents: tuple[Any, Any]) -> str:
    """A whole entry that came or went, in one sentence."""
    said = [
        f"{texts.label(texts.VALUES, name)}: {_value(area, name, value, contents)}"
        for name, value in entry.items()
        if name not in texts.SILENT and value not in (None, "", [], {}, False)
    ]
    return "; ".join(said)


def _value(area: str, name: str, value: Any, contents: tuple[Any, Any]) -> str:
    if area == "measures":
        return texts.state(bool(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "kind":
        return texts.label({**SOURCE_KINDS, **PARTNER_KINDS, **_wording_kinds()}, str(value))
    if name in NAMED:
        return ", ".join(_name(NAMED[name], code, contents) for code in value)
    if name == "purpose":
        return _name("purposes", value, contents)
    if name in TABLES:
        codes = value if isinstance(value, list) else [value]
        return ", ".join(texts.label(TABLES[name], code) for code in codes)
    if name in WORDS:
        return WORDS[name](value)
    if isinstance(value, dict):
        return own_words(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _wording_kinds() -> dict[str, str]:
    return {"consent": _("Consent"), "notice": _("notice")}


def _name(area: str, key: str, contents: tuple[Any, Any]) -> str:
    """What an entry is called, now or then."""
    if area == "measures":
        return str(texts.MEASURES.get(key, key)).partition(" (")[0]
    for content in reversed(contents):
        if entry := content.get(area, {}).get(key):
            name = entry.get("name") or entry.get("label") or key
            return name if isinstance(name, str) else own_words(name, key)
    return key
