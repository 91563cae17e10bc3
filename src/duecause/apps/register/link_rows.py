"""Rows of links: what the rules found of two records, never over a person's decision. Called inside the
transaction of an import or of the round over the register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from duecause.apps.register import grouping
from duecause.apps.register.matching_job import Found
from duecause.apps.register.models import RecordLink
from duecause.apps.register.planning import slices
from duecause.engine.matching import Verdict

BY_RULE = "rule"


def write_links(links: Sequence[Found], *, now: datetime) -> Counter[str]:
    """Store what the rule found. Returns how many of each state."""
    rows = [
        RecordLink(
            a_id=link.a,
            b_id=link.b,
            state=_state(link),
            rule=link.evidence.rule,
            evidence=list(link.evidence.codes),
            decided_by=BY_RULE,
            decided_at=now,
        )
        for link in links
    ]
    RecordLink.objects.bulk_create(rows)
    return Counter(str(row.state) for row in rows)


def undecided(links: Sequence[Found]) -> list[Found]:
    """Without the pairs that have a row already: what a person decided stays as decided."""
    decided: set[tuple[UUID, UUID]] = set()
    for part in slices({link.a for link in links}):
        decided.update(RecordLink.objects.filter(a__in=part).values_list("a_id", "b_id"))
    return [link for link in links if (link.a, link.b) not in decided]


def within_decisions(links: Sequence[Found]) -> list[Found]:
    """A third record must not join two people whom somebody has kept apart: its links become suggestions."""
    stored = grouping.people_of({record for pair in certain_pairs(links) for record in pair})
    known, contested = frozenset(stored.values()), set[UUID]()
    for group in grouping.joined_people(certain_pairs(links)):
        people = {node for node in group if node in known}
        if len(people) > 1 and grouping.kept_apart(people):
            contested |= group
    return [
        replace(link, evidence=replace(link.evidence, verdict=Verdict.SUGGEST))
        if stored.get(link.a, link.a) in contested
        else link
        for link in links
    ]


def certain_pairs(links: Sequence[Found]) -> list[tuple[UUID, UUID]]:
    return [(link.a, link.b) for link in links if link.evidence.verdict is Verdict.LINK]


def _state(link: Found) -> str:
    is_link = link.evidence.verdict is Verdict.LINK
    return RecordLink.State.LINKED if is_link else RecordLink.State.SUGGESTED


def end_rule_links(records: Sequence[UUID]) -> set[UUID]:
    """Forget what the rule found for these records. Returns every record that lost a link."""
    touched: set[UUID] = set()
    for part in slices(records):
        for side in ("a__in", "b__in"):
            rows = RecordLink.objects.filter(decided_by=BY_RULE, **{side: part})
            for a, b, state in rows.values_list("a_id", "b_id", "state"):
                if state == RecordLink.State.LINKED:
                    touched |= {a, b}
            rows.delete()
    return touched


def join_late(found: Sequence[Found], *, now: datetime) -> Counter[str]:
    """Links between stored records that an import could not see. A suggestion of the rules that has become
    certain is linked; what a person decided stays as decided."""
    certain = {pair for link in found if link.evidence.verdict is Verdict.LINK for pair in [(link.a, link.b)]}
    promoted = _suggested_by_rule(certain)
    fresh = {(link.a, link.b) for link in undecided(found)}
    links = within_decisions([link for link in found if (link.a, link.b) in fresh | promoted.keys()])
    for people in grouping.joined_people(certain_pairs(links)):
        grouping.merge_people(people)
    counts: Counter[str] = Counter()
    for link in links:
        row = promoted.get((link.a, link.b))
        if row is not None and link.evidence.verdict is Verdict.LINK:
            counts["linked"] += RecordLink.objects.filter(pk=row, state=RecordLink.State.SUGGESTED).update(
                state=RecordLink.State.LINKED,
                rule=link.evidence.rule,
                evidence=list(link.evidence.codes),
                decided_at=now,
            )
    return counts + write_links([link for link in links if (link.a, link.b) in fresh], now=now)


def _suggested_by_rule(pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], int]:
    """Open suggestions among these pairs → their row."""
    rows: dict[tuple[UUID, UUID], int] = {}
    for part in slices({a for a, _ in pairs}):
        waiting = RecordLink.objects.filter(a__in=part, state=RecordLink.State.SUGGESTED, decided_by=BY_RULE)
        rows |= {(a, b): pk for pk, a, b in waiting.values_list("pk", "a_id", "b_id") if (a, b) in pairs}
    return rows
