"""What stands in the log: small texts without personal data, and the commitments they carry.

An event leaf commits to what is sealed elsewhere: SHA-256(32 random bytes || canonical payload). A batch
leaf stands for many records at once through the root of a tree of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.hashing import leaf_hash, parent_level, root_of
from duecause.engine.tlog.notes import Malformed, decode64, encode64
from duecause.engine.tlog.proofs import root_from_inclusion

SALT_SIZE = 32
EVENT_HEADER = b"duecause.event/1\n"
BATCH_HEADER = b"duecause.batch/1\n"
_MAX_INTEGER = 2**53 - 1
_UID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KIND = rb"[a-z][a-z0-9_.-]{0,79}"
_NUMBER = rb"0|[1-9][0-9]{0,17}"
_HASH = rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
EVENT_LEAF = re.compile(
    re.escape(EVENT_HEADER) + rb"(%b)\n(%b)\n(%b)\n(-|%b)\n(%b)\n" % (_UID, _KIND, _NUMBER, _HASH, _HASH)
)
BATCH_LEAF = re.compile(
    re.escape(BATCH_HEADER) + rb"(%b)\n(%b)\n(%b)\n(%b)\n(%b)\n" % (_UID, _KIND, _NUMBER, _NUMBER, _HASH)
)


@dataclass(frozen=True, slots=True)
class EventLeaf:
    """`at_us`: microseconds since the epoch, UTC."""

    uid: UUID
    kind: str
    at_us: int
    person_commitment: bytes | None
    record_commitment: bytes


@dataclass(frozen=True, slots=True)
class BatchLeaf:
    """`root` is the tree hash over `count` record leaves, each an event leaf of its own."""

    uid: UUID
    kind: str
    at_us: int
    count: int
    root: bytes


def leaf_bytes(
    *, uid: UUID | str, kind: str, at_us: int, person_commitment: bytes | None, record_commitment: bytes
) -> bytes:
    """The one spelling of an event leaf; `uid` may be text as UUID spells it. Raises Refused `tlog.leaf` for
    parts that do not fit it."""
    person = "-" if person_commitment is None else encode64(person_commitment)
    text = f"{uid}\n{kind}\n{at_us}\n{person}\n{encode64(record_commitment)}\n"
    return _fitting(EVENT_LEAF, EVENT_HEADER + text.encode())


def batch_leaf_bytes(*, uid: UUID, kind: str, at_us: int, count: int, root: bytes) -> bytes:
    """The one spelling of a batch leaf. Raises Refused `tlog.leaf`."""
    text = f"{uid}\n{kind}\n{at_us}\n{count}\n{encode64(root)}\n"
    return _fitting(BATCH_LEAF, BATCH_HEADER + text.encode())


def _fitting(pattern: re.Pattern[bytes], leaf: bytes) -> bytes:
    if pattern.fullmatch(leaf) is None:
        raise Refused(
            "tlog.leaf",
            gettext_noop(
                "A ledger leaf needs a kind in small letters (at most 80), a time after 1970 in microseconds "
                "and commitments of 32 bytes."
            ),
        )
    return leaf


def parse_leaf(leaf: bytes) -> EventLeaf | BatchLeaf:
    """Raises Malformed for any other spelling than the canonical one."""
    if match := EVENT_LEAF.fullmatch(leaf):
        uid, kind, at_us, person, record = (part.decode("ascii") for part in match.groups())
        commitment = None if person == "-" else decode64(person)
        return EventLeaf(UUID(uid), kind, int(at_us), commitment, decode64(record))
    if match := BATCH_LEAF.fullmatch(leaf):
        uid, kind, at_us, count, root = (part.decode("ascii") for part in match.groups())
        return BatchLeaf(UUID(uid), kind, int(at_us), int(count), decode64(root))
    raise Malformed("tlog.leaf_text", gettext_noop("A ledger leaf is damaged or of an unknown version."))


def commitment(salt: bytes, canonical_payload: bytes) -> bytes:
    """SHA-256(salt || payload). The salt is 32 random bytes, sealed with the payload."""
    if len(salt) != SALT_SIZE:
        raise ValueError("a salt has 32 bytes")
    return sha256(salt + canonical_payload).digest()


def canonical_json(value: object) -> bytes:
    """One spelling for a payload (after RFC 8785): sorted keys, no spaces, UTF-8, no floats.

    Takes None, bool, int within ±(2^53 - 1), str, list, tuple and dict with str keys. Raises Refused
    `tlog.payload` naming the type, never the value.
    """
    try:
        return json.dumps(_canonical(value), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise _unfit("str with a lone surrogate") from None
    except RecursionError:
        raise _unfit("deeply nested value") from None


def _canonical(value: object) -> object:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise _unfit("integer beyond 2^53 - 1")
        return int(value)
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise _unfit("key that is not a str")
        # RFC 8785 §3.2.3 sorts by UTF-16 code units, which differs from Python's order past the first plane.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _canonical(value[key]) for key in keys}
    raise _unfit(type(value).__name__)


def _unfit(what: str) -> Refused:
    return Refused(
        "tlog.payload",
        gettext_noop("A ledger payload holds a %(what)s, which has no single spelling. Write it as text."),
        what=what,
    )


@dataclass(frozen=True, slots=True)
class RecordProof:
    """That a record stands at `index` under the root of a batch of `count` records."""

    index: int
    count: int
    path: tuple[bytes, ...]

    def holds(self, *, record: bytes, root: bytes) -> bool:
        found = root_from_inclusion(
            leaf_hash=leaf_hash(record), index=self.index, size=self.count, proof=self.path
        )
        return found == root


class BatchTree:
    """The tree of one batch, kept in memory: 64 bytes per record. `hashes` are the records' leaf hashes."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        if not hashes:
            raise ValueError("a batch holds at least one record")
        self._levels = [list(hashes)]
        while len(self._levels[-1]) > 1:
            self._levels.append(parent_level(self._levels[-1]))

    @property
    def count(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        return self._levels[-1][0]

    def proof(self, index: int) -> RecordProof:
        if not 0 <= index < self.count:
            raise IndexError("no such record in this batch")
        path, at = [], index
        for level in self._levels[:-1]:
            if at ^ 1 < len(level):
                path.append(level[at ^ 1])
            at >>= 1
        return RecordProof(index, self.count, tuple(path))


def batch_root(records: Sequence[bytes]) -> bytes:
    """The root a batch leaf carries for these record leaves."""
    return root_of([leaf_hash(record) for record in records])
