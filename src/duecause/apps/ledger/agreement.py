"""Which events agree with everything stored about them.

Of almost all of them that is all a verification asks: their leaf is built again from the row and the opened
seals and is, byte for byte, the one in the log. Whatever does not come out so is looked at piece by piece
(`checking_rows`, `parts`)."""

from __future__ import annotations

import json
from binascii import unhexlify
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from duecause.apps.vault.models import Compartment
from duecause.apps.vault.opening import Sealed, open_alike, open_texts
from duecause.engine import tlog
from duecause.engine.problems import Refused
from duecause.engine.sealing import SealBroken
from duecause.engine.tlog.leaf import SALT_SIZE

EVENT_USE = "ledger.event"
Read = tuple[dict[str, Any], bytes]  # a payload and its commitment
_BEFORE, _BETWEEN = b'{"salt":"', b'","payload":'
_SALT_AT = len(_BEFORE)
_SALT_END = _SALT_AT + 2 * SALT_SIZE
_PAYLOAD_AT = _SALT_END + len(_BETWEEN)


class Row(NamedTuple):
    """An event with its place in the log or the queue. Ids and the time are texts as the database spells
    them: reading them as objects took longer than all the hashing."""

    pk: int
    uid: str
    at: str
    kind: str
    person: str | None
    person_part: bytes | None
    record_part: bytes
    record_key: str
    leaf: bytes
    leaf_hash: bytes
    place: int | None
    placed_hash: bytes | None
    queued: int | None


def sealed_text(salt: bytes, canonical: bytes) -> bytes:
    """What is sealed of a payload: its salt and its canonical text, as one JSON object."""
    return _BEFORE + salt.hex().encode() + _BETWEEN + canonical + b"}"


def split(rows: Sequence[Row]) -> tuple[int, list[int]]:
    """Number of opened parts of the events that agree in everything, and the primary keys of the others."""
    try:
        read = _read(_records(rows))
        people = _people(rows, read)
    except (SealBroken, ValueError, RecursionError):
        return 0, [row.pk for row in rows]
    opened, others = 0, []
    for row, record in zip(rows, read, strict=True):
        person = people.get(row.pk)
        if record is not None and _agrees(row, record, person):
            opened += 1 if person is None else 2
        else:
            others.append(row.pk)
    return opened, others


def _records(rows: Sequence[Row]) -> list[bytes | None]:
    """The opened record parts: those of a month have one key."""
    opened: dict[int, bytes | None] = {}
    for month in {row.record_key for row in rows}:
        alike = [row for row in rows if row.record_key == month]
        blobs = [row.record_part for row in alike]
        texts = open_alike(UUID(month), Compartment.PERIOD, EVENT_USE, blobs)
        opened.update(zip((row.pk for row in alike), texts, strict=True))
    return [opened[row.pk] for row in rows]


def _people(rows: Sequence[Row], records: Sequence[Read | None]) -> dict[int, Read | None]:
    """The opened person parts by primary key."""
    asked = {
        row.pk: Sealed(UUID(row.person), _compartment(record[0]), EVENT_USE, row.person_part)
        for row, record in zip(rows, records, strict=True)
        if row.person_part is not None and row.person is not None and record is not None
    }
    return dict(zip(asked, _read(open_texts(list(asked.values()))), strict=True))


def _compartment(payload: dict[str, Any]) -> str:
    named = payload.get("sealed_in", Compartment.CONTENT)
    if not isinstance(named, str):
        raise ValueError
    return named


def _agrees(row: Row, record: Read, person: Read | None) -> bool:
    if row.place is None and row.queued is None:
        return False
    if (row.person_part is None) != (person is None):
        return False
    payload, commitment = record
    if payload.get("person") != (None if row.person is None else _hyphened(row.person)):
        return False
    try:
        leaf = tlog.leaf_bytes(
            uid=_hyphened(row.uid),
            kind=row.kind,
            at_us=_microseconds(row.at),
            person_commitment=None if person is None else person[1],
            record_commitment=commitment,
        )
    except (Refused, ValueError):
        return False
    hashed = tlog.leaf_hash(leaf)
    return leaf == row.leaf and hashed == row.leaf_hash and (row.place is None or hashed == row.placed_hash)


def _hyphened(text: str) -> str:
    """A UUID of SQLite, which keeps them without hyphens, as one of PostgreSQL."""
    if len(text) != 32:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _microseconds(text: str) -> int:
    """As an event's time is recorded. Both databases answer in UTC; SQLite does not say so."""
    at = datetime.fromisoformat(text if text.endswith("+00") else text + "+00:00")
    return int(at.timestamp() * 1_000_000)


def _read(texts: Sequence[bytes | None]) -> list[Read | None]:
    """None for a part whose key is gone or that `sealed_text` would have spelled in another way. Raises
    ValueError for one that cannot be read at all."""
    spelled = [_payload(text) for text in texts]
    payloads = [_decoded(text) for text in spelled]
    found: list[Read | None] = []
    for text, payload, same in zip(texts, payloads, _canonical(payloads, spelled), strict=True):
        if text is not None and same and isinstance(payload, dict):
            salt = unhexlify(text[_SALT_AT:_SALT_END])
            found.append((payload, tlog.commitment(salt, text[_PAYLOAD_AT:-1])))
        else:
            found.append(None)
    return found


def _payload(text: bytes | None) -> str:
    if text is None or not text.startswith(_BEFORE) or text[_SALT_END:_PAYLOAD_AT] != _BETWEEN:
        return "null"
    return text[_PAYLOAD_AT:-1].decode() if text.endswith(b"}") else "null"


def _decoded(text: str) -> Any:
    content, end = _DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError
    return content


def _canonical(payloads: Sequence[Any], spelled: Sequence[str]) -> list[bool]:
    """Whether each payload is spelled canonically. Asked of all at once: the parts of a JSON list are where
    they are in one way only, and a call of the encoder costs more than a payload. Python sorts all but the
    rarest keys as `tlog.canonical_json` does; a payload with one of those is looked at piece by piece."""
    if _ENCODER.encode(payloads) == f"[{','.join(spelled)}]":
        return [True] * len(payloads)
    return [_ENCODER.encode(payload) == text for payload, text in zip(payloads, spelled, strict=True)]


def _no_floats(text: str) -> float:
    raise ValueError


_DECODER = json.JSONDecoder(parse_float=_no_floats, parse_constant=_no_floats)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
