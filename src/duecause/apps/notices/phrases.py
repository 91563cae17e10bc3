"""What persons read in a notice: versioned texts per language, data of packs/texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Phrases:
    """`heads`, `bases` and `mechanisms` by code; the rest are sentences with places in braces."""

    version: str
    title: str
    dear: str
    dear_nobody: str
    intro: str
    heads: Mapping[str, str]
    who: str
    dpo: str
    source: str
    source_recorded: str
    source_unknown: str
    not_public: str
    public: str
    data: str
    purpose: str
    bases: Mapping[str, str]
    objected: str
    recipients: str
    no_recipients: str
    inside: str
    transfer: str
    mechanisms: Mapping[str, str]
    object: str
    object_interest: str
    withdraw: str
    rights: str
    automated: str
    complain: str
    reference: str


@cache
def phrases(language: str) -> Phrases | None:
    """None for a language without a text: nobody is sent what they may not be able to read."""
    if language not in dict(settings.LANGUAGES):
        return None
    path = files("duecause.packs") / "texts" / language / "notices.yaml"
    texts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Phrases(**texts)
