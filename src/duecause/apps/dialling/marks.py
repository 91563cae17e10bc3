"""How a released file betrays where it came from (docs: concepts, "Released lists").

Four marks follow from the release's id under the look-up key, so that nobody outside can make or predict
them: the value in the column `list`; the reference of each row, unique to this release, so that any single
row is enough; the order of the rows, which is that of their references; and the invented names of the two
rows planted on numbers of the company, which survive the loss of both columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import UUID

import yaml

from duecause.apps.vault import indexes
from duecause.engine.phone import PhoneNumber
from duecause.engine.problems import Refused

CANARIES = 2
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 26  # 128 bits at 5 bits a character
MARK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Canary:
    """A row of nobody, on a number of the company: a call to it tells which list was used."""

    number: PhoneNumber
    first_name: str
    last_name: str


def watermark(release: UUID) -> str:
    return _spelled(_token(release, "list"))[:MARK_LENGTH]


def reference(release: UUID, token: bytes) -> str:
    """Opaque name of one row; another release of the same number has another."""
    return _spelled(_token(release, token.hex()))


def canaries(release: UUID, numbers: Sequence[PhoneNumber], countries: Sequence[str]) -> list[Canary]:
    """Two planted rows, on numbers of the campaign's countries where there are enough. Raises Refused."""
    drawn = sorted(
        set(numbers), key=lambda n: (n.region not in countries, _token(release, f"number|{n.e164}"))
    )
    if len(drawn) < CANARIES:
        raise Refused(
            "canary_numbers_missing",
            "A released list carries two numbers of the company. Add them to the controller in the "
            "organisation file (canary_numbers).",
        )
    return [invented(release, number) for number in drawn[:CANARIES]]


def invented(release: UUID, number: PhoneNumber) -> Canary:
    """The row of nobody that stands on this number in this release."""
    names = _names().get(number.region) or _names()["BE"]
    drawn = int.from_bytes(_token(release, f"name|{number.e164}"))
    drawn, first = divmod(drawn, len(names["first"]))
    last = drawn % len(names["last"])
    return Canary(number, names["first"][first], names["last"][last])


@cache
def _names() -> dict[str, dict[str, list[str]]]:
    text = files("duecause.packs").joinpath("lexicons/invented_names.yaml").read_text("utf-8")
    names: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return names


def _token(release: UUID, what: str) -> bytes:
    return indexes.lookup_token("release_mark", f"{release.hex}|{what}")


def _spelled(token: bytes) -> str:
    value = int.from_bytes(token)
    places = range(5 * (REFERENCE_LENGTH - 1), -1, -5)
    return "".join(CROCKFORD[value >> place & 31] for place in places)
