"""What a person reads around the data that are held about them: versioned texts per language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from duecause.engine import yaml_reader


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Sentences by code, with places in braces."""
    path = files(__package__) / "texts" / language / "access.yaml"
    top = yaml_reader.read_mapping(path.read_text(encoding="utf-8"), file=f"{language}/access.yaml")
    return {"language": language, **{code: top.text(code) for code in top.keys()}}  # noqa: SIM118
