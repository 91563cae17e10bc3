"""Reading the phone cells of the demonstration lists, beside phonenumbers' parse, is_valid and format.

`disagreements` counts cells from which both took one number and the numbers differ; `unsafe` those where
phonenumbers took a number and the careful reader refused the cell (decimals, words, extensions).
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from importlib.resources import files

import phonenumbers

from benchmarks.report import report
from duecause.engine.phone import read_cell

LISTS = {
    "webshop-be.csv": ("utf-8-sig", ";", "BE"),
    "broker-nl.csv": ("utf-8", "|", "NL"),
    "partner-fr.csv": ("latin-1", ",", "FR"),
    "leads-pl.csv": ("cp1250", ";", "BE"),
}
HEADERS = {"GSM-nummer", "Telefoon", "mobiel", "telefoon vast", "Téléphone", "Telefon"}
PASSES = 5


def cells() -> Iterator[tuple[str, str]]:
    folder = files("duecause.packs") / "demo" / "lists"
    for name, (encoding, delimiter, region) in LISTS.items():
        text = (folder / name).read_bytes().decode(encoding)
        for row in csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter):
            yield from ((row[header], region) for header in HEADERS & row.keys() if row[header])


def peer(text: str, region: str) -> list[str]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return []
    valid = phonenumbers.is_valid_number(number)
    return [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)] if valid else []


def ours(text: str, region: str) -> list[str]:
    return [f"+{number.e164}" for number in read_cell(text, region=region, policy="dial").numbers]


def rate(read: Callable[[str, str], list[str]], work: list[tuple[str, str]]) -> float:
    """Cells per CPU-second, the best of some passes."""
    best = 0.0
    for _ in range(PASSES):
        started = time.process_time()
        for text, region in work:
            read(text, region)
        best = max(best, len(work) / (time.process_time() - started))
    return best


def main() -> None:
    work = list(cells())
    pairs = [(ours(*cell), peer(*cell)) for cell in work]
    own, other = rate(ours, work), rate(peer, work)
    report(
        "phone",
        {
            "cells": len(work),
            "duecause_cells_per_cpu_s": round(own),
            "phonenumbers_cells_per_cpu_s": round(other),
            "ratio": round(own / other, 2),
            "disagreements": sum(len(a) == 1 and len(b) == 1 and a != b for a, b in pairs),
            "unsafe": sum(not a and bool(b) for a, b in pairs),
        },
    )


if __name__ == "__main__":
    main()
