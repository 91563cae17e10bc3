"""What the whole product wrote to its logs while the pages were driven: JSON lines without any person."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from tests.support.scan import Scanner, Secret

from .server import DEMO

# The lists that the tests import; of each row everything that names or reaches a person.
LISTS = {"callback-nl.csv": ",", "webshop-be.csv": ";"}
ROWS = 250
PERSONAL = ("naam", "e-mail", "e-mailadres", "telefoon", "telefoonnummer", "gsm-nummer", "achternaam")


def people() -> Iterator[Secret]:
    seen: set[str] = set()
    for name, separator in LISTS.items():
        with (DEMO.parent / "lists" / name).open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter=separator)):
                if number == ROWS:
                    break
                for column, value in row.items():
                    value = (value or "").strip()
                    if (column or "").lower() in PERSONAL and len(value) > 5 and value not in seen:
                        seen.add(value)
                        yield Secret(f"{name}, {column}", value)


def faults(log: bytes) -> list[str]:
    """Everything that is wrong with a log; empty when it is sound."""
    wrong = []
    for number, line in enumerate(log.decode(errors="replace").splitlines(), start=1):
        try:
            json.loads(line)
        except ValueError:
            wrong.append(f"line {number} is no JSON: {line[:60]}")
    scanner = Scanner(list(people()))
    return wrong + [f"{hit.secret} as {hit.form}" for hit in scanner.bytes("log", log)]


def assert_sound(path: Path) -> None:
    log = path.read_bytes()
    assert b'"route"' in log, "no request was logged"
    assert faults(log) == []
    # The control: each of these would have been seen in this very log.
    for secret in list(people())[::40]:
        assert faults(log + b'{"event": "%s"}\n' % secret.value.encode()), secret.name
