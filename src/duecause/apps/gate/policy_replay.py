"""Past look-ups asked again: of the policies that decided them (the answer must be the same), or of proposed
ones (who would be refused, who would be let in)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from duecause.apps.gate import policies
from duecause.apps.gate.policy_models import PolicyVersion
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.engine.policy import CedarPolicies, Facts
from duecause.engine.policy.facts import FACT_NAMES

LOOKED_BACK = timedelta(days=30)
MOST = 5_000  # look-ups that a page asks again
DENIED = "gate.denied"
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision as the ledger holds it. `policies`: ids of the lines that denied it."""

    event: UUID
    allowed: bool
    version: str
    profile: str
    action: str
    groups: tuple[str, ...]
    facts: Facts
    policies: tuple[str, ...]


@dataclass(slots=True)
class Replay:
    """`differing`: events whose decision comes out otherwise. `untold`: decisions that do not say all that
    is needed to ask again, or whose policies are not kept."""

    asked: int = 0
    untold: int = 0
    differing: list[UUID] = field(default_factory=list)


Change = tuple[str, str, tuple[str, ...]]  # profile, action, groups


@dataclass(slots=True)
class Impact:
    """`asked` look-ups of `since` and after; of these `refused` were allowed and would not be, `allowed` the
    other way about. `cut`: there were more than were asked."""

    since: datetime
    asked: int = 0
    cut: bool = False
    refused: Counter[Change] = field(default_factory=Counter)
    allowed: Counter[Change] = field(default_factory=Counter)


def replay(*, since: datetime | None = None) -> Replay:
    """Ask every decision in the ledger again of the policies that took it."""
    found, rules = Replay(), _Kept()
    for decided in _decisions(since):
        engine = rules.of(decided.version) if decided else None
        if decided is None or engine is None:
            found.untold += 1
            continue
        found.asked += 1
        if not _same(engine, decided):
            found.differing.append(decided.event)
    return found


def impact(candidate: CedarPolicies, *, now: datetime, most: int | None = MOST) -> Impact:
    """What the candidate would have answered to the look-ups of the last 30 days, the newest first."""
    found = Impact(now - LOOKED_BACK)
    for decided in _decisions(found.since):
        if decided is None:
            continue
        if most is not None and found.asked >= most:
            found.cut = True
            break
        found.asked += 1
        groups = candidate.allow_set(
            profile=decided.profile, action=decided.action, facts=decided.facts
        ).groups
        if decided.allowed and (lost := tuple(g for g in decided.groups if g not in groups)):
            found.refused[decided.profile, decided.action, lost] += 1
        elif not decided.allowed and set(decided.groups) <= groups:
            found.allowed[decided.profile, decided.action, decided.groups] += 1
    return found


class _Kept:
    def __init__(self) -> None:
        self._engines: dict[str, CedarPolicies | None] = {}

    def of(self, version: str) -> CedarPolicies | None:
        if version not in self._engines:
            try:
                self._engines[version] = policies.engine_of(version)
            except PolicyVersion.DoesNotExist:
                self._engines[version] = None
        return self._engines[version]


def _same(engine: CedarPolicies, decided: Decided) -> bool:
    asked = {"profile": decided.profile, "action": decided.action, "facts": decided.facts}
    if decided.allowed:
        return set(decided.groups) <= engine.decide(**asked).groups  # type: ignore[arg-type]
    answers = [engine.explain(resource=group, **asked) for group in decided.groups]  # type: ignore[arg-type]
    ids = sorted({name for answer in answers for name in answer.policy_ids})
    return not any(answer.allowed for answer in answers) and tuple(ids) == decided.policies


def _decisions(since: datetime | None) -> Iterator[Decided | None]:
    """Newest first; None for one that does not say enough."""
    rows = Event.objects.filter(kind__startswith="gate.", person__isnull=False).order_by("-pk")
    if since is not None:
        rows = rows.filter(at__gte=since)
    before: int | None = None
    while page := list((rows if before is None else rows.filter(pk__lt=before))[:AT_ONCE]):
        before = page[-1].pk
        for event, told in zip(page, records_of(page), strict=True):
            if told is not None and "facts" in told and "groups" in told:
                yield _decided(event, told)


def _decided(event: Event, told: Mapping[str, Any]) -> Decided | None:
    facts = told["facts"]
    if set(facts) != set(FACT_NAMES) or "profile" not in told:
        return None
    return Decided(
        event=event.uid,
        allowed=event.kind != DENIED,
        version=told["policies"],
        profile=told["profile"],
        action=told["action"],
        groups=tuple(told["groups"]),
        facts=Facts(**facts),
        policies=tuple(told.get("decided_by", ())),
    )
