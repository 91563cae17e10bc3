"""One request of a person as a file: what is asked, and which identifiers may be used to search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from duecause.engine.datamap.loading import CATEGORY
from duecause.engine.problems import Refused

KINDS = ("access", "erasure", "rectification", "portability")
LANGUAGES = ("en", "nl", "fr", "pl", "sv", "de")
KNOWN = ("id", "kind", "received", "language", "identities", "categories", "corrections", "holds")
# Portability covers what the person gave, on these two grounds: GDPR Art. 20(1).
PORTABLE = ("consent", "contract")


@dataclass(frozen=True, slots=True)
class Identity:
    """`verified`: how it was made sure that it is this person's; "" where it was not."""

    kind: str
    value: str
    verified: str


@dataclass(frozen=True, slots=True)
class Correction:
    """In fields of this category the value `was` becomes `becomes`."""

    category: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Data of these categories stay until a day, because of `law`: GDPR Art. 17(3)."""

    categories: tuple[str, ...]
    until: date
    law: str


@dataclass(frozen=True, slots=True)
class Request:
    """`categories` limit what is changed (erasure) or told (access, portability); empty: everything told."""

    id: str
    kind: str
    received: date
    language: str
    identities: tuple[Identity, ...]
    categories: tuple[str, ...]
    corrections: tuple[Correction, ...] = ()
    holds: tuple[Hold, ...] = ()

    @property
    def changes(self) -> bool:
        return self.kind in ("erasure", "rectification")


def read_request(given: object) -> Request:
    """Raises Refused, with the key and how to mend it. A message never repeats the value of an identity."""
    entry = _object(given, "the request", KNOWN)
    kind = _choice(entry, "kind", KINDS, "the request")
    identities = tuple(
        _identity(each, f"identities[{n}]")
        for n, each in enumerate(_list(entry, "identities", "the request"))
    )
    if not any(each.verified for each in identities):
        raise _refused("identities", "none is verified. Verify one first and say how, in “verified”")
    corrections = tuple(
        _correction(each, f"corrections[{n}]") for n, each in enumerate(entry.get("corrections", []))
    )
    if bool(corrections) != (kind == "rectification"):
        raise _refused("corrections", "are given with a rectification, and with nothing else")
    categories = tuple(_categories(entry, "the request", required=False))
    return Request(
        id=_text(entry, "id", "the request"),
        kind=kind,
        received=_day(entry, "received", "the request"),
        language=_choice(entry, "language", LANGUAGES, "the request"),
        identities=identities,
        categories=categories or (("user",) if kind == "erasure" else ()),
        corrections=corrections,
        holds=tuple(_hold(each, f"holds[{n}]") for n, each in enumerate(entry.get("holds", []))),
    )


def _identity(given: object, place: str) -> Identity:
    entry = _object(given, place, ("kind", "value", "verified"))
    verified = entry.get("verified", False)
    if not isinstance(verified, str | bool):
        raise _refused(place, "“verified” must be true, false, or the way in which it was verified")
    how = verified.strip() if isinstance(verified, str) else "verified" if verified else ""
    return Identity(_text(entry, "kind", place), _text(entry, "value", place).strip(), how)


def _correction(given: object, place: str) -> Correction:
    entry = _object(given, place, ("category", "was", "becomes"))
    category = _text(entry, "category", place)
    return Correction(category, _text(entry, "was", place), _text(entry, "becomes", place))


def _hold(given: object, place: str) -> Hold:
    entry = _object(given, place, ("categories", "until", "law"))
    return Hold(
        tuple(_categories(entry, place, required=True)),
        _day(entry, "until", place),
        _text(entry, "law", place),
    )


def _categories(entry: Mapping[str, Any], place: str, *, required: bool) -> list[str]:
    if "categories" not in entry and not required:
        return []
    found = _list(entry, "categories", place)
    if not found or not all(isinstance(each, str) and CATEGORY.fullmatch(each) for each in found):
        raise _refused(place, "“categories” must be words with dots, such as user.contact")
    return [str(each) for each in found]


def _object(given: object, place: str, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _refused(place, "must be a JSON object")
    for key in given:
        if key not in known:
            raise _refused(place, f"unknown key “{key}”. Known: {', '.join(known)}. Correct or remove it")
    return given


def _text(entry: Mapping[str, Any], key: str, place: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _refused(place, f"“{key}” is missing or no text. Add it")
    return value


def _list(entry: Mapping[str, Any], key: str, place: str) -> list[object]:
    value = entry.get(key)
    if not isinstance(value, list):
        raise _refused(place, f"“{key}” is missing or no list. Add it")
    return value


def _day(entry: Mapping[str, Any], key: str, place: str) -> date:
    try:
        return date.fromisoformat(_text(entry, key, place))
    except ValueError:
        raise _refused(place, f"“{key}” must be a day like 2026-11-28") from None


def _choice(entry: Mapping[str, Any], key: str, allowed: Sequence[str], place: str) -> str:
    value = entry.get(key)
    if value not in allowed:
        raise _refused(place, f"“{key}” must be one of {', '.join(allowed)}")
    return str(value)


def _refused(place: str, why: str) -> Refused:
    template = "%(place)s: %(why)s."
    return Refused("rights_request", template, place=place, why=why)
