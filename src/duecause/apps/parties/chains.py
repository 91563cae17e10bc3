"""Who works for whom, down the chain of sub-processors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from duecause.apps.parties.models import Engagement


@dataclass(frozen=True, slots=True)
class Edge:
    """`processor` engaged `sub` (keys of rows). `rank`: how far below where the question began."""

    pk: int
    processor: int
    sub: int
    state: str
    decide_by: date | None
    terms_agreed: bool
    rank: int = 0


def below(partner: int, on: date | None = None) -> list[Edge]:
    """Every engagement below a partner, the nearest first; those that ended before the day `on` left out. Who
    is reached twice stands at the nearest place and is followed once."""
    rows = Engagement.objects.all()
    if on is not None:
        rows = rows.filter(Q(ended_on=None) | Q(ended_on__gt=on))
    by_processor: dict[int, list[Edge]] = {}
    columns = ("pk", "processor_id", "sub_id", "state", "decide_by", "terms_agreed_on")
    for pk, processor, sub, state, decide_by, terms in rows.order_by("pk").values_list(*columns):
        edge = Edge(pk, processor, sub, state, decide_by, terms is not None)
        by_processor.setdefault(processor, []).append(edge)
    found: list[Edge] = []
    level, seen, rank = [partner], {partner}, 0
    while level:
        rank += 1
        edges = [edge for processor in level for edge in by_processor.get(processor, ())]
        found += [Edge(e.pk, e.processor, e.sub, e.state, e.decide_by, e.terms_agreed, rank) for e in edges]
        level = [sub for sub in dict.fromkeys(edge.sub for edge in edges) if sub not in seen]
        seen |= set(level)
    return found
