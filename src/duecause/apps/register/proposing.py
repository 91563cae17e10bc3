"""The round over the whole register: rules that need to know who else is there, and proposals of the model.

Records are opened through the gate batch by batch into the memory of this process and nowhere else. Rules may
link; the model only suggests (docs/decisions/0012).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

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
from duecause.engine.matching.proposals import Register, worth_asking
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
    records = list(_usable().order_by("pk").values_list("pk", flat=True))
    try:
        with Register() as register:
            for part in _opened(register, records, actor=actor, now=now):
                tell(part, len(records) * 2)
            found = _pairs(register, records, lambda: tell(len(records), len(records) * 2))
            return _weigh_and_store(register, records, found, actor=actor, now=now, tell=tell)
    except MemoryError:
        raise Refused(
            "register_too_large",
            gettext_noop("The register is too large to be compared in the memory of one worker."),
        ) from None


def _usable() -> QuerySet[Record]:
    return Record.objects.filter(person__restricted_at=None, person__erased_at=None)


def _opened(register: Register, records: Sequence[UUID], *, actor: Actor, now: datetime) -> Iterator[int]:
    """Fill the register in the order of `records`; one whose key is gone stands there without a word."""
    done = 0
    for part in slices(records, OPENED_AT_ONCE):
        opened = matching_job.opened_identities(records=part, actor=actor, now=now)
        register.add([opened.get(one, matching_job.identity_of({}, ())) for one in part])
        done += len(part)
        yield done


def _pairs(register: Register, records: Sequence[UUID], breathe: Callable[[], None]) -> dict[Pair, float]:
    """Pairs of different persons that nobody has decided on → the model's probability, 0 for the rules'."""
    proposed = _patiently(register.proposals, breathe)
    pairs: dict[Pair, float] = dict.fromkeys(_patiently(register.rule_pairs, breathe), 0.0)
    for a, b, probability in proposed[:MOST_PROPOSALS]:
        pairs[a, b] = probability
    number = {one: position for position, one in enumerate(records)}
    person = dict(_usable().values_list("pk", "person_id"))
    decided = RecordLink.objects.exclude(state=RecordLink.State.SUGGESTED).values_list("a_id", "b_id")
    for one, other in decided.iterator():
        pairs.pop((number.get(one, -1), number.get(other, -1)), None)
    return {
        pair: p for pair, p in pairs.items() if person.get(records[pair[0]]) != person.get(records[pair[1]])
    }


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
