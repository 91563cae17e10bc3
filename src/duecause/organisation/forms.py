"""Forms a value in the organisation file may have. Each reads one key or refuses with line and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from duecause.engine.agreements import ANSWERS
from duecause.engine.phone import parse_e164
from duecause.engine.problems import Refused, gettext_noop, shape_of
from duecause.engine.yaml_reader import Mapping
from duecause.settings import LANGUAGES

Read = Callable[[Mapping, str], Any]

LANGUAGE_CODES = tuple(code for code, _ in LANGUAGES)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z")
E164 = re.compile(r"\+[1-9][0-9]{7,14}\Z")
COUNTRY = re.compile(r"[A-Z]{2}\Z")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\Z")
URL = re.compile(r"https://[^\s]{3,290}\Z")
ANY = re.compile(r".+\Z", re.DOTALL)
LIST_LIMIT = 500

A_CODE = gettext_noop(
    "%(file)s, line %(line)s: “%(key)s” looks like “%(shape)s”; a code has 1 to 40 letters, digits, dots,"
    " hyphens or underscores."
)
A_COUNTRY = gettext_noop(
    "%(file)s, line %(line)s: “%(key)s” looks like “%(shape)s”; write the two capital letters of the country."
)
A_NUMBER = gettext_noop(
    "%(file)s, line %(line)s: “%(key)s” looks like “%(shape)s”; write the number with + and country code,"
    " without spaces."
)
AN_EMAIL = gettext_noop("%(file)s, line %(line)s: “%(key)s” looks like “%(shape)s”; write an e-mail address.")
AN_URL = gettext_noop(
    "%(file)s, line %(line)s: “%(key)s” looks like “%(shape)s”; write an address that starts with https://."
)
A_TEXT = gettext_noop("%(file)s, line %(line)s: “%(key)s” is empty. Write a text or remove the key.")


def _check(mapping: Mapping, name: str, value: str, pattern: re.Pattern[str], template: str) -> str:
    if not pattern.match(value):
        raise Refused(
            "form", template, file=mapping.file, line=mapping.line_of(name), key=name, shape=shape_of(value)
        )
    return value


def _one(pattern: re.Pattern[str], template: str, limit: int = 300) -> Read:
    def read(mapping: Mapping, name: str) -> str:
        value = mapping.text(name).strip()
        if len(value) > limit:
            raise Refused(
                "text_long",
                "%(file)s, line %(line)s: “%(key)s” has %(length)s characters; at most %(limit)s fit.",
                file=mapping.file,
                line=mapping.line_of(name),
                key=name,
                length=len(value),
                limit=limit,
            )
        return _check(mapping, name, value, pattern, template)

    return read


def _many(pattern: re.Pattern[str], template: str) -> Read:
    def read(mapping: Mapping, name: str) -> tuple[str, ...]:
        values = mapping.texts(name)
        if len(values) > LIST_LIMIT:
            raise Refused(
                "list_long",
                "%(file)s, line %(line)s: “%(key)s” lists %(count)s values; at most %(limit)s fit.",
                file=mapping.file,
                line=mapping.line_of(name),
                key=name,
                count=len(values),
                limit=LIST_LIMIT,
            )
        return tuple(_check(mapping, name, value, pattern, template) for value in values)

    return read


code = _one(CODE, A_CODE)
codes = _many(CODE, A_CODE)
country = _one(COUNTRY, A_COUNTRY)
countries = _many(COUNTRY, A_COUNTRY)
url = _one(URL, AN_URL)
_e164 = _many(E164, A_NUMBER)
emails = _many(EMAIL, AN_EMAIL)


def numbers(mapping: Mapping, name: str) -> tuple[str, ...]:
    """Numbers that can be called: written as E.164, and in a numbering plan."""
    values: tuple[str, ...] = _e164(mapping, name)
    for place, value in enumerate(values, 1):
        if parse_e164(value) is None:
            raise Refused(
                "number_unassigned",
                "%(file)s, line %(line)s: number %(place)s of “%(key)s”, which looks like “%(shape)s”, is in"
                " no numbering plan. Write one that can be called.",
                file=mapping.file,
                line=mapping.line_of(name),
                place=place,
                key=name,
                shape=shape_of(value),
            )
    return values


def text(limit: int = 200) -> Read:
    return _one(ANY, A_TEXT, limit)


def code_or_none(mapping: Mapping, name: str) -> str | None:
    return None if mapping.text_or_none(name) is None else str(code(mapping, name))


def day(mapping: Mapping, name: str) -> date:
    return mapping.day(name)


def day_or_none(mapping: Mapping, name: str) -> date | None:
    return mapping.day_or_none(name)


def flag(mapping: Mapping, name: str) -> bool:
    return mapping.flag(name)


def number(least: int, most: int) -> Read:
    def read(mapping: Mapping, name: str) -> int:
        value = mapping.number(name)
        if not least <= value <= most:
            raise Refused(
                "number_range",
                "%(file)s, line %(line)s: “%(key)s” is %(value)s; it must be from %(least)s to %(most)s.",
                file=mapping.file,
                line=mapping.line_of(name),
                key=name,
                value=value,
                least=least,
                most=most,
            )
        return value

    return read


def choice(allowed: Callable[[], Sequence[str]] | Sequence[str]) -> Read:
    """One of some words; a function is asked when the file is read."""

    def read(mapping: Mapping, name: str) -> str:
        return mapping.choice(name, allowed() if callable(allowed) else allowed)

    return read


def choices(allowed: Callable[[], Sequence[str]] | Sequence[str]) -> Read:
    def read(mapping: Mapping, name: str) -> tuple[str, ...]:
        return mapping.texts(name, allowed() if callable(allowed) else allowed)

    return read


language = choice(LANGUAGE_CODES)


def per_language(mapping: Mapping, name: str) -> dict[str, str]:
    """A text for some of the six languages, at least one."""
    inner = mapping.mapping(name)
    found = {code: str(text(1000)(inner, code)) for code in LANGUAGE_CODES if inner.has(code)}
    unknown = next((key for key in inner.keys() if key not in LANGUAGE_CODES), None)  # noqa: SIM118
    if unknown is not None or not found:
        raise Refused(
            "language_unknown",
            "%(file)s, line %(line)s: the keys under “%(key)s” are languages: %(known)s.",
            file=mapping.file,
            line=mapping.line_of(name) if unknown is None else inner.line_of(unknown),
            key=name,
            known=", ".join(LANGUAGE_CODES),
        )
    return found


def points(mapping: Mapping, name: str) -> dict[str, dict[str, str]]:
    """What an agreement says: point → answer, or point → {answer, page, quote}."""
    inner, found = mapping.mapping(name), {}
    for point in inner.keys():  # noqa: SIM118 - not a dict
        if inner.holds_text(point):
            found[point] = {"answer": inner.choice(point, ANSWERS)}
            continue
        node = inner.mapping(point)
        noted = {"answer": node.choice("answer", ANSWERS)}
        noted |= {each: node.text(each) for each in ("page", "quote") if node.has(each)}
        node.done()
        found[point] = noted
    return found
