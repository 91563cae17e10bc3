"""What the product does with a set of records: links of the rules, and what it would ask a person."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.matching_parts.people import Row
from benchmarks.matching_parts.scoring import Pair
from duecause.engine.matching.linking import candidate_pairs, counts_of, groups, weigh
from duecause.engine.matching.proposals import Register, worth_asking
from duecause.engine.matching.rules import Identity, Verdict, compatible
from duecause.engine.matching.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Answer:
    links: list[Pair]
    asked: list[Pair]
    scored: dict[Pair, float]
    weighed_per_s: float


def identity_of(row: Row) -> Identity:
    return Identity(
        first=row.first,
        last=row.last,
        birth=row.birth,
        phones=frozenset({row.phone} - {""}),
        emails=frozenset({row.email} - {""}),
        postcode=row.postcode,
        street=f"{row.street} {row.number}",
    )


def answer(identities: Sequence[Identity], *, with_model: bool) -> Answer:
    """`asked`: pairs of different persons that come to the review queue, by rules and by the model."""
    among = Surroundings(dict(enumerate(identities)), complete=True, counts=counts_of(identities))
    pairs = sorted(candidate_pairs(dict(enumerate(identities))))
    started = time.process_time()
    weighed = weigh(pairs, among)
    per_s = len(pairs) / (time.process_time() - started)
    links = [(one.a, one.b) for one in weighed if one.evidence.verdict is Verdict.LINK]
    asked = {(one.a, one.b) for one in weighed if one.evidence.verdict is Verdict.SUGGEST}
    scored: dict[Pair, float] = {}
    if with_model:
        with Register() as register:
            register.add(identities)
            for a, b, probability in register.proposals(least=0.001):
                scored[a, b] = probability
        for (a, b), probability in scored.items():
            evidence = compatible(identities[a], identities[b], among.of(a, b))
            if worth_asking(evidence, probability):
                asked.add((a, b))
    person = {key: number for number, group in enumerate(groups(links)) for key in group}
    apart = [pair for pair in asked if person.get(pair[0], -1) != person.get(pair[1], -2)]
    return Answer(links, sorted(apart), scored, per_s)
