"""What a decision is made from and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything about one look-up that policies may ask, bucketed by the caller, never an identifier.

    No fact has a default: a forgotten one must fail where it was forgotten. A new fact is one line here and
    one in the schema.
    """

    purpose: str
    link: str
    status: str
    relation: str
    workplace: str
    trained: bool
    reason_ok: bool
    restricted: bool
    objected: bool
    legal_hold: bool
    break_glass: bool
    mfa_fresh: bool
    assigned: bool


FACT_NAMES: tuple[str, ...] = tuple(fact.name for fact in fields(Facts))

# Facts that are a word of the vocabulary, with the Cedar type that lists the words. The rest are Booleans.
WORD_TYPES: Mapping[str, str] = {
    "purpose": "Purpose",
    "link": "Link",
    "status": "Status",
    "relation": "Relation",
    "workplace": "Workplace",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowSet:
    """Groups of data one action may touch, with the permits that allow each.

    `errors` is empty unless the question itself was rejected; then `groups` is empty too and the caller
    raises an alarm.
    """

    groups: frozenset[str]
    permits: Mapping[str, tuple[str, ...]]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One decision, computed afresh.

    `policy_ids` determined it: the permits, or the forbids that won. When nothing permits (no forbid
    either), `needed` names the permits that other facts would have met.
    """

    allowed: bool
    policy_ids: tuple[str, ...]
    errors: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


class PolicyEngine(Protocol):
    """The seam behind which the policy language stands. `version` is the SHA-256 of what it runs on."""

    @property
    def version(self) -> str: ...

    def allow_set(self, *, profile: str, action: str, facts: Facts) -> AllowSet: ...

    def explain(self, *, profile: str, action: str, resource: str, facts: Facts) -> Explanation: ...

    def functions_of(self, profile: str) -> frozenset[str]: ...

    def may_use(self, *, profile: str, function: str) -> bool: ...
