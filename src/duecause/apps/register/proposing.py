"""The round over the whole register: rules that need to know who else is there, and proposals of the model.

Records are opened through the gate batch by batch into the memory of this process and nowhere else. Rules may
link; the model only suggests (docs/decisions/0012).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, overload
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.db.models import QuerySet

from duecause.apps.ledger.actions import record
from duecause.apps.register import link_rows, matching_job
from duecause.apps.register.matching_job import Found
from duecause.apps.register.models import Record, RecordLink
from duecause.apps.register.planning import slices
from duecause.engine.actor import Actor
from duecause.engine.matching import Evidence, Verdict, compatible
from duecause.engine.matching.linking import weigh
from duecause.engine.matching.proposals import Limits, Register, worth_asking
from duecause.engine.matching.surroundings import Surroundings
from duecause.engine.problems import Refused, gettext_noop

OPENED_AT_ONCE = 2_000
PAIRS_AT_ONCE = 1_000
# More open questions than this nobody answers; the most probable come first, the next round brings others.
MOST_PROPOSALS = 20_000
BREATH_SECONDS = 10  # the lease of the step is renewed while the model trains
Progress = Callable[[int, int], None]
Pair = tuple[int, int]
T = TypeVar("T")


def propose_links(*, actor: Actor, now: datetime, progress: Progress | None = None) -> Counter[str]:
    """Link what rules find among all records, and suggest what else may be one human. Pairs that somebody
    has decided, and persons whose data are restricted, are left alone. Running it again adds nothing.

    Raises NotPermitted, and Refused where the register is too large for the memory of one process.
    """
    actor.require("register.link")
    tell = progress or (lambda done, total: None)
    records, persons = _numbered()
    try:
        with Register(Limits.of_machine()) as register:
            for part in _opened(register, records, actor=actor, now=now):
                tell(part, len(records) * 2)
            register.settle(persons, _decided(records))
            found = _pairs(register, lambda: tell(len(records), len(records) * 2))
            return _weigh_and_store(register, records, found, actor=actor, now=now, tell=tell)
    except MemoryError:
        raise Refused(
            "register_too_large",
            gettext_noop("The register is too large to be compared in the memory of one worker."),
        ) from None


def _usable() -> QuerySet[Record]:
    return Record.objects.filter(person__restricted_at=None, person__erased_at=None)


class Numbered(Sequence[UUID]):
    """The ids of all records in order; 16 bytes each, because there are millions."""

    def __init__(self, ids: bytes) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids) // 16

    @overload
    def __getitem__(self, place: int) -> UUID: ...

    @overload
    def __getitem__(self, place: slice) -> Numbered: ...

    def __getitem__(self, place: int | slice) -> UUID | Numbered:
        if isinstance(place, slice):
            start, stop, _ = place.indices(len(self))
            return Numbered(self._ids[16 * start : 16 * stop])
        if not 0 <= place < len(self):
            raise IndexError(place)
        return UUID(bytes=self._ids[16 * place : 16 * place + 16])

    def place_of(self, record: UUID) -> int | None:
        place = bisect_left(self, record)
        return place if place < len(self) and self[place] == record else None


def _numbered() -> tuple[Numbered, pa.Array]:
    """All records that take part, and whose each is."""
    ids, persons = bytearray(), bytearray()
    rows = _usable().order_by("pk").values_list("pk", "person_id")
    for one, person in rows.iterator(chunk_size=10_000):
        ids += one.bytes
        persons += person.bytes
    whose = pa.Array.from_buffers(pa.binary(16), len(persons) // 16, [None, pa.py_buffer(persons)])
    return Numbered(bytes(ids)), whose.dictionary_encode().indices.cast(pa.int64())


def _decided(records: Numbered) -> list[Pair]:
    rows = RecordLink.objects.exclude(state=RecordLink.State.SUGGESTED).values_list("a_id", "b_id")
    places = ((records.place_of(a), records.place_of(b)) for a, b in rows.iterator())
    return [(min(a, b), max(a, b)) for a, b in places if a is not None and b is not None]


def _opened(register: Register, records: Sequence[UUID], *, actor: Actor, now: datetime) -> Iterator[int]:
    """Fill the register in the order of `records`; one whose key is gone stands there without a word."""
    done = 0
    for part in slices(records, OPENED_AT_ONCE):
        opened = matching_job.opened_identities(records=part, actor=actor, now=now)
        register.add([opened.get(one, matching_job.identity_of({}, ())) for one in part])
        done += len(part)
        yield done


def _pairs(register: Register, breathe: Callable[[], None]) -> dict[Pair, float]:
    """Pairs of different persons that nobody has decided on → the model's probability, 0 for the rules'."""
    proposed = _patiently(lambda: register.proposals(most=MOST_PROPOSALS), breathe)
    pairs: dict[Pair, float] = dict.fromkeys(_patiently(register.rule_pairs, breathe), 0.0)
    for a, b, probability in proposed:
        pairs[a, b] = probability
    return pairs


def _patiently(work: Callable[[], T], breathe: Callable[[], None]) -> T:
    with ThreadPoolExecutor(1) as pool:
        waiting: Future[T] = pool.submit(work)
        while True:
            try:
                return waiting.result(timeout=BREATH_SECONDS)
            except NotYet:
                breathe()


def _weigh_and_store(
    register: Register,
    records: Sequence[UUID],
    pairs: dict[Pair, float],
    *,
    actor: Actor,
    now: datetime,
    tell: Progress,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    ordered = sorted(pairs)
    for done, part in enumerate(slices(ordered, PAIRS_AT_ONCE), start=1):
        found = _weighed(register, records, {pair: pairs[pair] for pair in part}, actor=actor, now=now)
        with transaction.atomic():
            stored = link_rows.join_late(found, now=now)
            if stored:
                payload = {"pairs": len(part), "links": dict(stored)}
                record(actor=actor, kind="register.links_proposed", now=now, payload=payload)
        counts += stored
        share = min(done * PAIRS_AT_ONCE / max(len(ordered), 1), 1.0)
        tell(round(len(records) * (1 + share)), len(records) * 2)
    return counts


def _weighed(
    register: Register, records: Sequence[UUID], pairs: dict[Pair, float], *, actor: Actor, now: datetime
) -> list[Found]:
    involved = sorted({position for pair in pairs for position in pair})
    around = register.neighbours(involved)
    opened = matching_job.opened_identities(
        records=[records[position] for position in around], actor=actor, now=now
    )
    identities = {position: opened[records[position]] for position in around if records[position] in opened}
    counts = register.counts([identities[position] for position in involved if position in identities])
    among = Surroundings(identities, complete=True, counts=counts)
    known = [pair for pair in pairs if pair[0] in identities and pair[1] in identities]
    by_rule = {(one.a, one.b): one.evidence for one in weigh(known, among)}
    found = []
    for a, b in known:
        evidence = by_rule.get((a, b)) or _proposed(among, a, b, pairs[a, b])
        if evidence is not None:
            found.append(Found(records[a], records[b], evidence))
    return found


def _proposed(among: Surroundings[int], a: int, b: int, probability: float) -> Evidence | None:
    evidence = compatible(among.identity(a), among.identity(b), among.of(a, b))
    if not worth_asking(evidence, probability):
        return None
    return replace(evidence, verdict=Verdict.SUGGEST, rule="alike")
