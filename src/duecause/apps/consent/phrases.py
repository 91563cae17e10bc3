"""What persons read about their consents: versioned texts per language, data of packs/texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from django.conf import settings

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Phrases:
    """`said`, `labels`, `channels` and `how` by code; the rest are sentences with places in braces."""

    version: str
    title: str
    said: Mapping[str, str]
    labels: Mapping[str, str]
    holds_until: str
    holds_open: str
    holds_not: str
    retention: str
    proof_until: str
    rights: str
    channels: Mapping[str, str]
    how: Mapping[str, str]
    processing: tuple[str, ...]
    withdraw: tuple[str, ...]


def language_for(wanted: str) -> str:
    return wanted if wanted in dict(settings.LANGUAGES) else FALLBACK


@cache
def phrases(language: str) -> Phrases:
    path = files("duecause.packs") / "texts" / language / "consents.yaml"
    texts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Phrases(
        **{**texts, "processing": tuple(texts["processing"]), "withdraw": tuple(texts["withdraw"])}
    )
