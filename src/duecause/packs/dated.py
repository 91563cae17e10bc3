"""What the files of dated terms have in common: entries, each with a first day, of which one is in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from duecause.engine import yaml_reader
from duecause.engine.problems import Refused


class Dated(Protocol):
    @property
    def valid_from(self) -> date: ...


Entry = TypeVar("Entry", bound=Dated)


def in_force(known: Sequence[Entry], on: date) -> Entry:
    """The entry in force on a day; before the first, the first. `known`: as `entries` gives them."""
    return next((each for each in reversed(known) if each.valid_from <= on), known[0])


def entries(
    text: str, *, file: str, key: str, code: str, entry: Callable[[yaml_reader.Mapping], Entry]
) -> tuple[Entry, ...]:
    """The entries under `key`, the oldest first. Raises Refused, with `code`, where the text is malformed."""
    top = yaml_reader.read_mapping(text, file=file)
    top.day("as_of")
    found = sorted(map(entry, top.mappings(key)), key=lambda each: each.valid_from)
    top.done()
    if not found or len({each.valid_from for each in found}) < len(found):
        raise Refused(code, "%(file)s needs entries, each with a first day of its own.", file=file)
    return tuple(found)


def positive(entry: yaml_reader.Mapping, key: str, *, file: str, code: str) -> int:
    value = entry.number(key)
    if value < 1:
        raise Refused(code, "%(file)s: “%(key)s” must be 1 or more.", file=file, key=key)
    return value


def end(entry: yaml_reader.Mapping) -> None:
    """Read what each entry says of itself, and refuse what else stands in it."""
    for text in ("law", "note", "confidence"):
        entry.text(text)
    entry.text_or_none("reviewed_by")
    entry.done()
