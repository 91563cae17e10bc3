"""A whole set of records: which pairs are worth weighing, and what all verdicts together allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic

from duecause.engine.matching.births import birth_compared
from duecause.engine.matching.rules import Evidence, Identity, Verdict, compatible
from duecause.engine.matching.surroundings import (
    MOST_SHARING,
    Key,
    NameCounts,
    Surroundings,
    full_name,
    things_of,
)

# Rules that link without a birth date: the first to give way where a group holds two humans.
WITHOUT_BIRTH = frozenset({"two_identifiers", "used_alone"})


@dataclass(frozen=True, slots=True)
class Weighed(Generic[Key]):
    """A pair and what speaks for and against it."""

    a: Key
    b: Key
    evidence: Evidence


def counts_of(identities: Iterable[Identity]) -> NameCounts:
    first: dict[str, int] = defaultdict(int)
    full: dict[tuple[str, str], int] = defaultdict(int)
    for identity in identities:
        name = full_name(identity)
        first[name[0]] += 1
        full[name] += 1
    return NameCounts(first, full)


def candidate_pairs(identities: Mapping[Key, Identity]) -> set[tuple[Key, Key]]:
    """Every pair that a rule could link: something shared, or the same full name and birth date. What more
    than MOST_SHARING records share says nothing about a human."""
    buckets: dict[object, list[Key]] = defaultdict(list)
    for key, identity in identities.items():
        for thing in things_of(identity):
            buckets[thing].append(key)
        if identity.birth and identity.first and identity.last:
            buckets["name", *sorted(full_name(identity)), identity.birth].append(key)
    return {
        (bucket[i], bucket[j])
        for bucket in buckets.values()
        if len(bucket) <= MOST_SHARING
        for j in range(1, len(bucket))
        for i in range(j)
    }


def weigh(pairs: Iterable[tuple[Key, Key]], among: Surroundings[Key]) -> list[Weighed[Key]]:
    """Links and suggestions of these pairs, in their order; pairs without either are left out."""
    found = []
    for a, b in pairs:
        evidence = compatible(among.identity(a), among.identity(b), among.of(a, b))
        if evidence.verdict is not Verdict.NONE:
            found.append(Weighed(a, b, evidence))
    return settle(found, among)


def settle(found: Collection[Weighed[Key]], among: Surroundings[Key]) -> list[Weighed[Key]]:
    """Where links would make one human of two birth dates, those that rest on no birth date become
    suggestions: a father, a son, and a record of one of them that does not say which."""
    contested = set()
    for group in groups((one.a, one.b) for one in found if one.evidence.verdict is Verdict.LINK):
        births = {among.identity(key).birth for key in group}
        if _of_two_humans({birth for birth in births if birth}):
            contested |= group
    return [
        replace(one, evidence=replace(one.evidence, verdict=Verdict.SUGGEST, rule="namesake_near"))
        if one.a in contested and one.evidence.rule in WITHOUT_BIRTH
        else one
        for one in found
    ]


def _of_two_humans(births: Collection[date]) -> bool:
    ordered = sorted(births)
    return any(birth_compared(a, b) in ("differs", "close") for a in ordered for b in ordered if a < b)


def groups(pairs: Iterable[tuple[Key, Key]]) -> list[set[Key]]:
    """Connected groups of the keys in `pairs`."""
    parent: dict[Key, Key] = {}

    def root(node: Key) -> Key:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in pairs:
        parent[root(a)] = root(b)
    found: dict[Key, set[Key]] = defaultdict(set)
    for node in list(parent):
        found[root(node)].add(node)
    return list(found.values())
