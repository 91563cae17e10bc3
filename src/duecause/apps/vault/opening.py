"""Break the seal. Only the gate (for people and jobs) and the ledger (for its own period keys) import this;
`./dev lint` fails for anybody else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from duecause.apps.vault.actions import binding, existing_keys
from duecause.engine import sealing


@dataclass(frozen=True, slots=True)
class Sealed:
    owner: UUID
    compartment: str
    use: str
    blob: bytes


def open_many(items: Sequence[Sealed]) -> list[dict[str, Any] | None]:
    """Contents in order; None where the key has been destroyed. Raises SealBroken for altered bytes."""
    return [None if text is None else json.loads(text) for text in open_texts(items)]


def open_texts(items: Sequence[Sealed]) -> list[bytes | None]:
    """As `open_many`, for whoever needs the text of a content and not what it says."""
    keys = existing_keys((item.owner, item.compartment) for item in items)
    opened: list[bytes | None] = []
    for item in items:
        key = keys.get((item.owner, item.compartment))
        if key is None:
            opened.append(None)
            continue
        place = binding(item.owner, item.compartment, item.use)
        opened.append(sealing.open_sealed(key, bytes(item.blob), bound_to=place))
    return opened


def open_alike(owner: UUID, compartment: str, use: str, blobs: Sequence[bytes]) -> list[bytes | None]:
    """As `open_texts`, for many blobs of one owner: one key for all. Raises SealBroken."""
    key = existing_keys([(owner, compartment)]).get((owner, compartment))
    if key is None:
        return [None] * len(blobs)
    return [*sealing.open_alike(key, blobs, bound_to=binding(owner, compartment, use))]


def open_bytes(item: Sealed) -> bytes | None:
    """The bytes of `seal_bytes`; None where the key has been destroyed. Raises SealBroken."""
    key = existing_keys([(item.owner, item.compartment)]).get((item.owner, item.compartment))
    if key is None:
        return None
    return sealing.open_sealed(key, item.blob, bound_to=binding(item.owner, item.compartment, item.use))
