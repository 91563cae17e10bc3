"""Which events agree with everything stored about them.

Of almost all of them that is all a verification asks: their leaf is built again from the row and the opened
seals and is, byte for byte, the one in the log. Whatever does not come out so is looked at piece by piece
(`checking`, `parts`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from duecause.apps.vault.models import Compartment
from duecause.apps.vault.opening import Sealed, open_texts
from duecause.engine import tlog
from duecause.engine.problems import Refused
from duecause.engine.sealing import SealBroken

EVENT_USE = "ledger.event"
Read = tuple[dict[str, Any], bytes]  # a payload and its commitment


def sealed_text(salt: bytes, canonical: bytes) -> bytes:
    """What is sealed of a payload: its salt and its canonical text, as one JSON object."""
    return b'{"salt":"%s","payload":%s}' % (salt.hex().encode(), canonical)


def split(rows: Sequence[Any]) -> tuple[int, list[Any]]:
    """Number of opened parts of the event rows that agree in everything, and the other rows."""
    try:
        records = open_texts(
            [Sealed(r.record_key, Compartment.PERIOD, EVENT_USE, bytes(r.record_part)) for r in rows]
        )
        read = [_readable(text) for text in records]
        asked = [_person_part(row, record) for row, record in zip(rows, read, strict=True)]
        people = iter(open_texts([sealed for sealed in asked if sealed is not None]))
    except (SealBroken, ValueError):
        return 0, list(rows)
    opened, others = 0, []
    for row, record, sealed in zip(rows, read, asked, strict=True):
        person = next(people) if sealed is not None else None
        if record is not None and _agrees(row, record, person):
            opened += 1 if person is None else 2
        else:
            others.append(row)
    return opened, others


def _person_part(row: Any, record: Read | None) -> Sealed | None:
    if row.person_part is None or row.person is None or record is None:
        return None
    compartment = record[0].get("sealed_in", Compartment.CONTENT)
    if not isinstance(compartment, str):
        raise ValueError
    return Sealed(row.person, compartment, EVENT_USE, bytes(row.person_part))


def _agrees(row: Any, record: Read, person: bytes | None) -> bool:
    if row.leaf__index is None and row.queueentry__id is None:
        return False
    if (row.person_part is None) != (person is None):
        return False
    payload, commitment = record
    if payload.get("person") != (str(row.person) if row.person else None):
        return False
    try:
        leaf = tlog.leaf_bytes(
            uid=row.uid,
            kind=row.kind,
            at_us=int(row.at.timestamp() * 1_000_000),
            person_commitment=None if person is None else _read(person)[1],
            record_commitment=commitment,
        )
    except (Refused, ValueError):
        return False
    hashes = [row.leaf_hash] if row.leaf__index is None else [row.leaf_hash, row.leaf__leaf_hash]
    hashed = tlog.leaf_hash(leaf)
    return leaf == bytes(row.leaf_bytes) and all(bytes(stored) == hashed for stored in hashes)


def _readable(text: bytes | None) -> Read | None:
    try:
        return None if text is None else _read(text)
    except ValueError:
        return None


def _read(text: bytes) -> Read:
    """Raises ValueError for a text that `sealed_text` would not have written. Python sorts all but the rarest
    keys as `tlog.canonical_json` does; a payload with one of those is looked at piece by piece."""
    content = _DECODER.decode(text.decode())
    try:
        salt, payload = bytes.fromhex(content["salt"]), content["payload"]
    except (KeyError, TypeError):
        raise ValueError from None
    spelled = _ENCODER.encode(payload).encode()
    if not isinstance(payload, dict) or text != sealed_text(salt, spelled):
        raise ValueError
    return payload, tlog.commitment(salt, spelled)


def _no_floats(text: str) -> float:
    raise ValueError


_DECODER = json.JSONDecoder(parse_float=_no_floats)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
