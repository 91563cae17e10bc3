"""What the law and customers say of kinds of data, and the words of a record of processing. Data, in six
languages, with sources; an organisation's own file refers to its codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

Words = Mapping[str, str]  # language → text


@dataclass(frozen=True, slots=True)
class LawClass:
    """`law` is the article; `least`: the level of perception below which no field of this class is felt."""

    code: str
    label: Words
    law: str
    least: int
    note: str
    confidence: str  # S read at the source, M from memory, L own judgement
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class Typical:
    """How private people feel a field to be, and who says so."""

    level: int
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Subjects:
    """A category of data subjects; `dpv` is the address of its term, empty where there is none."""

    label: Words
    dpv: str


def _read(name: str) -> Any:
    return yaml.safe_load(files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def classes() -> Mapping[str, LawClass]:
    found = _read("classes.yaml")["classes"]
    return MappingProxyType(
        {code: LawClass(code=code, **{"note": "", **entry}) for code, entry in found.items()}
    )


@cache
def levels() -> Mapping[int, Words]:
    return MappingProxyType(_read("perception.yaml")["levels"])


@cache
def typical() -> Mapping[str, Typical]:
    """Field code → level."""
    top = _read("perception.yaml")
    sources = top["sources"]
    return MappingProxyType(
        {
            code: Typical(entry["level"], sources[entry["source"]]["title"], sources[entry["source"]]["says"])
            for code, entry in top["typical"].items()
        }
    )


def level_of(field: str, law_class: str) -> int:
    """The level of a field that an organisation set none for: the typical one, never below its class."""
    known = typical().get(field)
    return max(classes()[law_class].least, known.level if known else 1)


@cache
def subjects() -> Mapping[str, Subjects]:
    top = _read("terms.yaml")
    return MappingProxyType(
        {
            code: Subjects(entry["label"], top["dpv"] + entry["dpv"] if "dpv" in entry else "")
            for code, entry in top["subjects"].items()
        }
    )


@cache
def purposes() -> tuple[str, ...]:
    """Terms of the Data Privacy Vocabulary that a purpose may name."""
    return tuple(_read("terms.yaml")["purposes"])


def purpose_term(code: str) -> str:
    """The address of a term of `purposes`; empty for none."""
    return str(_read_terms()["dpv"]) + code if code else ""


def basis_term(code: str) -> str:
    """The address of a legal basis of GDPR Art. 6(1)."""
    top = _read_terms()
    return str(top["dpv_gdpr"]) + str(top["bases"][code])


@cache
def _read_terms() -> Any:
    return _read("terms.yaml")
