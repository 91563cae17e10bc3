"""Does a secret lie anywhere in clear? Looks for it in every form in which software tends to write it.

A finding names place, secret and form, never the value. A scan proves something only beside a planted
control: `forms` is what a test plants.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from django.db import connections

SHORTEST = 5
# Between two digits people and software write any of these: +32 478 91.92-93, with hard or narrow spaces too.
BETWEEN_DIGITS = re.compile(rb"(?<=\d)(?:[\s.,/()\-]|\xc2\xa0|\xe2\x80[\x80-\x95\xaf]|&nbsp;)+(?=\d)")


@dataclass(frozen=True)
class Secret:
    """`value` as the person would write it; numbers as +E.164; `also` are other spellings of it."""

    name: str
    value: str
    also: tuple[str, ...] = ()

    def spellings(self) -> dict[str, str]:
        found = {"as written": self.value, **{f"also {n}": text for n, text in enumerate(self.also)}}
        digits = re.sub(r"\D", "", self.value)
        if len(digits) >= 8 and len(digits) * 2 > len(self.value):
            found |= _number_spellings(digits) if self.value.startswith("+") else {"digits": digits}
        if not self.value.isascii():
            found["escaped"] = self.value.encode("ascii", "backslashreplace").decode()
        return found


def _number_spellings(digits: str) -> dict[str, str]:
    """+32470123456 as digits, after 00, as national number, and in the groups people write."""
    national = digits[2:]
    pairs = " ".join(a + b for a, b in zip(national[-6::2], national[-5::2], strict=True))
    head = national[:-6]
    return {
        "digits": digits,
        "national": national,
        "spaced": f"{head} {pairs}",
        "dotted": f"{head}.{pairs.replace(' ', '.')}",
        "dashed": f"{head}-{pairs.replace(' ', '-')}",
        "threes": " ".join(national[i : i + 3] for i in range(0, len(national), 3)),
    }


@dataclass(frozen=True)
class Hit:
    place: str
    secret: str
    form: str


def forms(secret: Secret) -> dict[str, bytes]:
    """Every byte sequence that would betray the secret, by the name of its form."""
    found: dict[str, bytes] = {}
    for spelling, text in secret.spellings().items():
        plain = text.encode()
        found[f"{spelling}, utf-8"] = text.lower().encode()
        found[f"{spelling}, utf-16-le"] = text.lower().encode("utf-16-le")
        found[f"{spelling}, utf-16-be"] = text.lower().encode("utf-16-be")
        found[f"{spelling}, latin-1"] = text.lower().encode("latin-1", "replace")
        found[f"{spelling}, hex"] = plain.hex().encode()
        found[f"{spelling}, percent"] = quote(text, safe="").lower().encode()
        for shift in range(3):
            found[f"{spelling}, base64 at {shift}"] = _base64_at(plain, shift).lower()
    if secret.value.startswith("+"):
        digits = secret.spellings()["digits"]
        found["number, 6 bytes big-endian"] = int(digits).to_bytes(6, "big")
        found["number, 8 bytes little-endian"] = int(digits).to_bytes(8, "little")
    named = {form: name for name, form in reversed(found.items()) if len(form) >= SHORTEST}
    return {name: form.lower() for form, name in named.items()}


def _base64_at(plain: bytes, shift: int) -> bytes:
    """What stays the same of the base64 of `plain` inside a longer text, `shift` bytes after a boundary."""
    coded = base64.b64encode(b"\0" * shift + plain)
    first = (shift * 8 + 5) // 6
    whole = (shift + len(plain)) * 8 // 6
    return coded[first:whole]


@dataclass
class Scanner:
    """Reads places once and keeps what it found; `read` counts the bytes, for a test that it read any."""

    secrets: Iterable[Secret]
    hits: list[Hit] = field(default_factory=list)
    read: int = 0

    def __post_init__(self) -> None:
        wanted = {}
        for secret in self.secrets:
            for form, needle in forms(secret).items():
                wanted.setdefault(needle, Hit("", secret.name, form))
        self._wanted: Mapping[bytes, Hit] = wanted
        self._digits = {
            digits.encode(): Hit("", secret.name, "digits, grouped")
            for secret in self.secrets
            for name, digits in secret.spellings().items()
            if name in ("digits", "national")
        }

    def bytes(self, place: str, data: bytes) -> list[Hit]:
        """Search one piece of data; case does not matter."""
        self.read += len(data)
        # bytes.lower changes ASCII letters only, in the data as in the needles.
        lowered = data.lower()
        found = [
            Hit(place, hit.secret, hit.form) for needle, hit in self._wanted.items() if needle in lowered
        ]
        if not found and self._digits:
            squeezed = BETWEEN_DIGITS.sub(b"", data)
            grouped = {hit for digits, hit in self._digits.items() if digits in squeezed}
            found = [Hit(place, hit.secret, hit.form) for hit in grouped]
        self.hits += found
        return found

    def files(self, folder: Path, *, but: Iterable[str] = ()) -> list[Hit]:
        """Every file below a folder, without the sub-folders named in `but`."""
        found = []
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and inside.parts[0] not in but:
                found += self.bytes(str(inside), path.read_bytes())
                found += self.bytes(f"name of {inside}", str(inside).encode())
        return found

    def database(self, alias: str) -> list[Hit]:
        """Every cell of every table, as the database gives it back."""
        found = []
        for place, data in cells(alias):
            found += self.bytes(place, data)
        return found


def cells(alias: str) -> Iterator[tuple[str, bytes]]:
    """(`alias.table.column`, all its values on top of each other) of one database."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            for name, values in zip(names, zip(*rows, strict=True), strict=False):
                yield f"{alias}.{table}.{name}", b"\n".join(_cell(value) for value in values)


def _cell(value: object) -> bytes:
    if isinstance(value, bytes | memoryview | bytearray):
        return bytes(value)
    return str(value).encode()
