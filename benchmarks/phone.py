"""A column of messy phone cells from ten countries, beside phonenumbers' parse, is_valid and format.

`disagreements`: cells that the tables decided and phonenumbers reads otherwise, of the whole mix and of all
boundaries of the ten plans. `unsafe`: cells of the demonstration lists from which phonenumbers takes a number
and our reader does not (decimals, words, extensions). `--full` asks phonenumbers about a million
cells; without, about 100,000.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import phonenumbers
import pyarrow as pa

from benchmarks.phone_parts import messy
from benchmarks.report import Figure, report
from duecause.engine.phone import read_cell, read_column
from duecause.engine.phone.columns import NUMBER, UNDECIDED, Way, decide_column
from duecause.engine.phone.numbers import METADATA_VERSION, OUR_REGIONS, PhoneNumber, from_parsed
from duecause.engine.phone.plans import our_codes, plans

LISTS = {
    "webshop-be.csv": ("utf-8-sig", ";", "BE"),
    "broker-nl.csv": ("utf-8", "|", "NL"),
    "partner-fr.csv": ("latin-1", ",", "FR"),
    "leads-pl.csv": ("cp1250", ";", "BE"),
}
HEADERS = {"GSM-nummer", "Telefoon", "mobiel", "telefoon vast", "Téléphone", "Telefon"}
CELLS = 1_000_000
ASKED = 100_000
PASSES = 5
TIMED_BY_PEER = 30_000

Decided = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint8]]


def list_cells() -> Iterator[messy.Cell]:
    folder = files("duecause.packs") / "demo" / "lists"
    for name, (encoding, delimiter, region) in LISTS.items():
        text = (folder / name).read_bytes().decode(encoding)
        for row in csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter):
            yield from ((row[header], region) for header in HEADERS & row.keys() if row[header])


def peer(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def gold(text: str, region: str) -> PhoneNumber | None:
    """What phonenumbers says of a cell, with region and type."""
    try:
        return from_parsed(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return None


def cpu(work: Callable[[], object], passes: int = PASSES) -> float:
    """CPU seconds, the best of some passes."""
    best = float("inf")
    for _ in range(passes):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def disagreements(cells: list[messy.Cell], decided: Decided) -> int:
    known = plans(our_codes().values())
    e164, place, state = decided
    wrong = 0
    for row, (text, region) in enumerate(cells):
        if state[row] == UNDECIDED:
            continue
        ours = known.number(int(e164[row]), int(place[row])) if state[row] == NUMBER else None
        wrong += ours != gold(text, region)
    return wrong


def main() -> None:
    asked = CELLS if "--full" in sys.argv[1:] else ASKED
    cells = list(messy.cells(CELLS, seed=7))
    texts = pa.array([text for text, _ in cells])
    regions = np.array([OUR_REGIONS.index(region) for _, region in cells], dtype=np.uint8)
    edges = list(messy.edges())
    edge_texts = pa.array([text for text, _ in edges])
    figures: dict[str, Figure] = {"metadata": METADATA_VERSION, "cells": CELLS}

    started = time.process_time()
    decide_column(texts.slice(0, 10), region=regions[:10], way="compiled")
    figures["first_call_cpu_s"] = round(time.process_time() - started, 2)
    timed = cells[:TIMED_BY_PEER]
    by_peer = TIMED_BY_PEER / cpu(lambda: [peer(*cell) for cell in timed], 3)
    figures["phonenumbers_cells_per_cpu_s"] = round(by_peer)
    wrong = 0
    ways: tuple[tuple[Way, str], ...] = (("compiled", ""), ("numpy", "_numpy"))
    for way, name in ways:
        rate, share, missed = measured(way, texts, regions, cells[:asked], edges, edge_texts)
        wrong += missed
        figures[f"duecause_cells_per_cpu_s{name}"] = round(rate)
        figures[f"ratio_vs_phonenumbers{name}"] = round(rate / by_peer, 1)
        figures[f"decided_share{name}"] = round(share, 4)
    figures["asked"] = asked + len(edges)
    figures["disagreements"] = wrong
    whole = cpu(lambda: read_column(texts, region=regions, policy="dial"), 1)
    figures["ratio_with_careful_reader"] = round(CELLS / whole / by_peer, 1)
    listed = list(list_cells())
    figures["unsafe"] = sum(
        not read_cell(text, region=region, policy="dial").numbers and peer(text, region) is not None
        for text, region in listed
    )
    report("phone", figures)


def measured(
    way: Way,
    texts: pa.Array,
    regions: npt.NDArray[np.uint8],
    asked: list[messy.Cell],
    edges: list[messy.Cell],
    edge_texts: pa.Array,
) -> tuple[float, float, int]:
    """Decided cells per CPU second, their share, and those of `asked` and `edges` that phonenumbers reads
    otherwise."""
    decided = decide_column(texts, region=regions, way=way)
    count = int((decided[2] != UNDECIDED).sum())
    rate = count / cpu(lambda: decide_column(texts, region=regions, way=way))
    wrong = disagreements(asked, decided)
    wrong += disagreements(edges, decide_column(edge_texts, region="BE", way=way))
    return rate, count / len(texts), wrong


if __name__ == "__main__":
    main()
