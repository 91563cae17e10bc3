"""The dated law: one YAML file per country, the table of adequacy decisions, what agreements must say.

Data; the engine reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from duecause.engine import notices, yaml_reader
from duecause.engine.agreements import load_checklists
from duecause.engine.origins import OriginRules, load_origin_rules
from duecause.engine.partyfacts import Rules, load_policy
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.screening.calling_times import CallingTimes
from duecause.engine.screening.law import LawBook, load_book
from duecause.engine.transfers import AdequacyTable, load_adequacy

OWN_FOLDER = "DUECAUSE_LAW"  # the organisation's own files, reviewed or of further countries
ADEQUACY_FILE = "adequacy.yaml"
AGREEMENTS_FILE = "agreements.yaml"
PARTY_GATE_FILE = "party_gate.yaml"
LIMITS_FILE = "limits.yaml"  # read by the register, whose thresholds it holds
CONSENTS_FILE = "consents.yaml"  # read by the consent room: proof, validity, authorities
KEYS_FILE = "keys.yaml"  # read by the vault: how long copies of keys live
NOTICES_FILE = "notices.yaml"  # read by the notices room: when people are told about data from others
ORIGIN_FILE = "origin.yaml"  # what follows where it is not known where data came from
RIGHTS_FILE = "rights.yaml"  # read by the rights room: what outlives an erasure, and how long
RETENTION_FILE = "retention.yaml"


def texts() -> dict[str, str]:
    """File name → text of every file in force: those shipped here, and those of the organisation's own folder
    in their place or beside them. Raises Refused where that folder cannot be read."""
    folder = files(__package__)
    shipped = {entry.name: entry for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    held = {name: entry.read_text(encoding="utf-8") for name, entry in shipped.items()}
    return dict(sorted({**held, **_own_texts()}.items()))


def _own_texts() -> dict[str, str]:
    named = os.environ.get("DUECAUSE_LAW")
    if not named:
        return {}
    try:
        own = sorted(Path(named).iterdir())
        return {path.name: path.read_text(encoding="utf-8") for path in own if path.suffix == ".yaml"}
    except (OSError, UnicodeDecodeError):
        template = gettext_noop(
            "The rules in %(variable)s cannot be read. Name a folder of YAML files in UTF-8, or none."
        )
        raise Refused("law_folder", template, variable=OWN_FOLDER) from None


def country_texts() -> dict[str, str]:
    """The country packs alone: files named by two letters."""
    return {name: text for name, text in texts().items() if len(name.removesuffix(".yaml")) == 2}


@cache
def book() -> LawBook:
    """Every country's rules. Raises Refused where a file is malformed."""
    return load_book(country_texts())


@cache
def calling_times() -> CallingTimes:
    """When calls are allowed, by the rules of every country."""
    return CallingTimes(book())


@cache
def adequacy() -> AdequacyTable:
    return load_adequacy(texts()[ADEQUACY_FILE], file=ADEQUACY_FILE)


@cache
def origin_rules() -> OriginRules:
    return load_origin_rules(texts()[ORIGIN_FILE], file=ORIGIN_FILE)


@cache
def party_rules() -> Rules:
    """What the party gate is decided by: adequacy, points of agreements, how it is operated."""
    held = texts()
    return Rules(
        adequacy=adequacy(),
        checklists=load_checklists(held[AGREEMENTS_FILE], file=AGREEMENTS_FILE),
        policy=load_policy(held[PARTY_GATE_FILE], file=PARTY_GATE_FILE),
    )


@dataclass(frozen=True, slots=True)
class Retention:
    """`anonymous`: field → what of it may be counted when it goes. Groups below `smallest_group` stay
    unnamed."""

    anonymous: dict[str, str]
    smallest_group: int


@cache
def retention() -> Retention:
    """Raises Refused where the file is malformed."""
    top = yaml_reader.read_mapping(texts()[RETENTION_FILE], file=RETENTION_FILE)
    top.day("as_of")
    fields = top.mapping("anonymous")
    kept = {name: _keeps(fields.mapping(name)) for name in fields.keys()}  # noqa: SIM118 - not a dict
    for name in ("law", "note", "confidence"):
        top.text(name)
    top.text_or_none("reviewed_by")
    found = Retention(kept, top.number("smallest_group"))
    top.done()
    return found


def _keeps(entry: yaml_reader.Mapping) -> str:
    value = entry.choice("keeps", ("decade", "region"))
    entry.done()
    return value


@cache
def notice_policy() -> notices.Policy:
    """When persons are told about data from others, and on which grounds they need not be."""
    return notices.load_policy(texts()[NOTICES_FILE], file=NOTICES_FILE)
