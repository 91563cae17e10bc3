"""Seal, and destroy keys. Opening lives in `opening.py`, which only the gate and the ledger may import.

A key is committed in the key database before the data that need it: a crash leaves an unused key, never
data that cannot be opened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring as quoted
from typing import Any
from uuid import UUID

from django.db import connections, router, transaction

from duecause.apps.bulk import insert_rows
from duecause.apps.statements import Statement
from duecause.apps.vault import keyring
from duecause.apps.vault.models import Compartment, DataKey
from duecause.engine import sealing
from duecause.engine.problems import Unavailable

KEY_BATCH = 2_000
LOOKUP_BATCH = 256
BURIED = b""
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class KeyDestroyed(Exception):
    """The owner was erased: nothing is sealed for it in this compartment any more."""


@dataclass(frozen=True, slots=True)
class ToSeal:
    """`content` is a JSON-able mapping, or its text; `use` names the column it goes to and is bound into the
    seal."""

    owner: UUID
    compartment: str
    use: str
    content: Mapping[str, Any] | bytes

    def text(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        return _dump(self.content).encode()


def binding(owner: UUID, compartment: str, use: str) -> bytes:
    return owner.bytes + compartment.encode() + b"\0" + use.encode()


def text_of(content: Mapping[str, str]) -> bytes:
    """What `ToSeal.text` makes of texts alone, in two thirds of the time."""
    return (
        "{" + ",".join([f"{quoted(name)}:{quoted(value)}" for name, value in content.items()]) + "}"
    ).encode()


def key_binding(owner: UUID, compartment: str) -> bytes:
    return b"key\0" + owner.bytes + compartment.encode()


def seal(owner: UUID, compartment: str, use: str, content: Mapping[str, Any]) -> bytes:
    return seal_many([ToSeal(owner, compartment, use, content)])[0]


def seal_many(items: Sequence[ToSeal]) -> list[bytes]:
    """Seal each item under its owner's key, making keys that do not exist yet. Order is kept."""
    keys = _keys_for({(item.owner, item.compartment) for item in items})
    return [
        sealing.seal(
            keys[item.owner, item.compartment],
            item.text(),
            bound_to=binding(item.owner, item.compartment, item.use),
        )
        for item in items
    ]


@dataclass(frozen=True, slots=True)
class SealedApart:
    """A blob and the new key it is under, wrapped. Until `store_new_keys` has committed the key, nobody can
    open the blob."""

    owner: UUID
    compartment: str
    blob: bytes
    wrapped: bytes
    kek_id: str


class SealingApart:
    """Seals for new owners where no database is: in another process, ahead of the one that writes. Made again
    every few thousand rows, so that a rotation is heard of. Raises Unavailable."""

    def __init__(self) -> None:
        self._kek_id, kek = keyring.current().wrapping.current
        self._sealer = sealing.Sealer(kek)

    def seal(self, item: ToSeal) -> SealedApart:
        blob, wrapped = self._sealer.seal_new(
            item.text(),
            bound_to=binding(item.owner, item.compartment, item.use),
            key_bound_to=key_binding(item.owner, item.compartment),
        )
        return SealedApart(item.owner, item.compartment, blob, wrapped, self._kek_id)


def store_new_keys(sealed: Sequence[SealedApart]) -> None:
    """Commit the keys of owners known to be new. Raises IntegrityError if one is not, SealBroken for a key
    that nobody could unwrap any more, Unavailable."""
    if sealed:
        check_wrapping(sealed)
        insert_keys((item.owner, item.compartment, item.wrapped, item.kek_id) for item in sealed)


def check_wrapping(sealed: Iterable[SealedApart]) -> None:
    """Raises SealBroken for a key that nobody could unwrap any more, Unavailable."""
    wrapping = keyring.current().wrapping
    for kek_id in {item.kek_id for item in sealed}:
        wrapping.of(kek_id)


def insert_keys(keys: Iterable[tuple[UUID, str, bytes, str]]) -> None:
    """Owner, compartment, wrapped key and what wrapped it. Raises IntegrityError for one that is there."""
    now = datetime.now(UTC)
    with transaction.atomic(using=router.db_for_write(DataKey)):
        rows = ((*key, now) for key in keys)
        insert_rows(DataKey, ("owner", "compartment", "wrapped", "kek_id", "created_at"), rows)


def seal_new(items: Sequence[ToSeal]) -> list[bytes]:
    """As `seal_many`, for owners known to be new: no look-up; raises IntegrityError if one is not."""
    apart = SealingApart()
    sealed = [apart.seal(item) for item in items]
    store_new_keys(sealed)
    return [item.blob for item in sealed]


def seal_bytes(owner: UUID, compartment: str, use: str, content: bytes) -> bytes:
    """As `seal`, for a file that waits for a job; opened by `opening.open_bytes`."""
    key = _keys_for({(owner, compartment)})[owner, compartment]
    return sealing.seal(key, content, bound_to=binding(owner, compartment, use))


def existing_keys(wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
    wrapping = keyring.current().wrapping
    pairs = set(wanted)
    owners = sorted({owner for owner, _ in pairs})
    found: dict[tuple[UUID, str], bytes] = {}
    for start in range(0, len(owners), LOOKUP_BATCH):
        part = owners[start : start + LOOKUP_BATCH]
        for owner, compartment, wrapped, kek_id in _WRAPPED.rows(owners=part):
            if (owner, compartment) in pairs and bytes(wrapped) != BURIED:
                found[owner, compartment] = sealing.open_sealed(
                    wrapping.of(kek_id), bytes(wrapped), bound_to=key_binding(owner, compartment)
                )
    return found


_WRAPPED = Statement(
    lambda *, owners: DataKey.objects.filter(owner__in=owners).values_list(
        "owner", "compartment", "wrapped", "kek_id"
    ),
    using="keys",
)


def destroy_keys(owner: UUID, compartments: Iterable[str]) -> int:
    """Erase: after this commits nothing sealed under these keys can be opened again."""
    gone = list(compartments)
    _PERIODS.forget((owner, compartment) for compartment in gone)
    return DataKey.objects.filter(owner=owner, compartment__in=gone).delete()[0]


def bury_keys(owners: Mapping[UUID, Iterable[str]], *, now: datetime) -> int:
    """Destroy keys for good: their rows stay without the key, so that nobody makes a new one in their place
    and takes what was sealed under the old one for damaged. Returns how many keys of these owners have been
    destroyed so far, so that running it again says the same."""
    pairs = [(owner, compartment) for owner, compartments in owners.items() for compartment in compartments]
    destroyed = 0
    _PERIODS.forget(pairs)
    with transaction.atomic(using=router.db_for_write(DataKey)):
        for compartment in sorted({compartment for _, compartment in pairs}):
            buried = [owner for owner, name in pairs if name == compartment]
            for start in range(0, len(buried), LOOKUP_BATCH):
                part = buried[start : start + LOOKUP_BATCH]
                rows = DataKey.objects.filter(owner__in=part, compartment=compartment)
                rows.update(wrapped=BURIED)
                # A grave in which no key ever lay names no key that wrapped it.
                destroyed += rows.exclude(kek_id="").count()
        DataKey.objects.bulk_create(
            [
                DataKey(owner=owner, compartment=compartment, wrapped=BURIED, kek_id="", created_at=now)
                for owner, compartment in pairs
            ],
            batch_size=KEY_BATCH,
            ignore_conflicts=True,
        )
    return destroyed


def _keys_for(wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
    keys = {pair: key for pair in wanted if (key := _PERIODS.known(pair)) is not None}
    if wanted - keys.keys():
        try:
            read = existing_keys(wanted - keys.keys())
        except Unavailable:
            # Without the key service nothing of a person is opened; what happens is still written down.
            kept = _PERIODS.kept_since_start(wanted)
            if len(kept) < len(wanted):
                raise
            return kept
        _PERIODS.keep(read)
        keys |= read
    missing = wanted - keys.keys()
    if missing:
        _store({pair: sealing.new_key() for pair in missing})
        # Read back: another process may have made the same key first, and then that one counts.
        keys.update(existing_keys(missing))
    if wanted - keys.keys():
        raise KeyDestroyed
    return keys


class _Periods:
    """The month's key, which every event asks for and which is no person's. Kept for a minute once it was
    read as committed; keys of people are read each time, so that erasure holds at once."""

    SECONDS = 60.0

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, str], tuple[float, bytes]] = {}

    def known(self, pair: tuple[UUID, str]) -> bytes | None:
        until, key = self._kept.get(pair, (0.0, b""))
        return key if time.monotonic() < until else None

    def kept_since_start(self, pairs: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
        return {pair: self._kept[pair][1] for pair in pairs if pair in self._kept}

    def keep(self, keys: Mapping[tuple[UUID, str], bytes]) -> None:
        if connections[router.db_for_read(DataKey)].in_atomic_block:
            return  # what this transaction reads may still be undone
        until = time.monotonic() + self.SECONDS
        periods = {pair: (until, key) for pair, key in keys.items() if pair[1] == Compartment.PERIOD}
        self._kept = {**self._kept, **periods} if len(self._kept) < KEY_BATCH else periods

    def forget(self, pairs: Iterable[tuple[UUID, str]]) -> None:
        gone = set(pairs)
        self._kept = {pair: kept for pair, kept in self._kept.items() if pair not in gone}

    def forget_all(self) -> None:
        self._kept = {}


_PERIODS = _Periods()


def forget_keys() -> None:
    """The key database is another one."""
    _PERIODS.forget_all()


def _store(keys: Mapping[tuple[UUID, str], bytes]) -> None:
    """Keys that another process has made meanwhile stay."""
    kek_id, kek = keyring.current().wrapping.current
    now = datetime.now(UTC)
    DataKey.objects.bulk_create(
        [
            DataKey(
                owner=owner,
                compartment=compartment,
                wrapped=sealing.seal(kek, key, bound_to=key_binding(owner, compartment)),
                kek_id=kek_id,
                created_at=now,
            )
            for (owner, compartment), key in keys.items()
        ],
        batch_size=KEY_BATCH,
        ignore_conflicts=True,
    )
