"""Decisions by Cedar, with the allow-sets of the questions that were asked before."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from threading import Lock
from types import MappingProxyType

import cedarpy

from duecause.engine.policy.facts import FACT_NAMES, AllowSet, Explanation, Facts
from duecause.engine.policy.loading import USE, Loaded, context_of, load
from duecause.engine.policy.residuals import live_policies
from duecause.engine.policy.vocabulary import Vocabulary

NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class CedarPolicies:
    """The PolicyEngine over three texts: policies, schema, vocabulary.

    Fails closed: the schema goes with every question, and any diagnostic error, and any decision other than
    Allow, is a denial. Without the schema Cedar skips a forbid whose fact is missing, and allows.
    """

    def __init__(self, loaded: Loaded, *, cache_size: int = 20_000) -> None:
        self._loaded = loaded
        self._cache_size = cache_size
        self._cache: dict[Hashable, AllowSet] = {}
        self._lock = Lock()
        self._keys: dict[tuple[str, str], Callable[[Facts], Hashable]] = {
            (profile, action): self._key_for(profile, action)
            for profile in loaded.vocabulary.profiles
            for action in loaded.vocabulary.actions
        }
        self._functions = {profile: self._usable(profile) for profile in loaded.vocabulary.profiles}

    @classmethod
    def from_texts(
        cls, *, policies: str, schema: str, vocabulary: str, cache_size: int = 20_000
    ) -> CedarPolicies:
        """Raises Refused that names the policy, attribute or code and the remedy."""
        return cls(load(policies=policies, schema=schema, vocabulary=vocabulary), cache_size=cache_size)

    @property
    def version(self) -> str:
        return self._loaded.version

    @property
    def vocabulary(self) -> Vocabulary:
        return self._loaded.vocabulary

    @property
    def policy_ids(self) -> Mapping[str, str]:
        """@id of each policy with its effect, `permit` or `forbid`, in the order of the text."""
        return {policy.id: policy.effect for policy in self._loaded.policies.values()}

    def allow_set(self, *, profile: str, action: str, facts: Facts) -> AllowSet:
        """Groups of data this action may touch; about a microsecond when the question was asked before."""
        key_of = self._keys.get((profile, action))
        if key_of is None:
            return self.decide(profile=profile, action=action, facts=facts)
        key = (profile, action, key_of(facts))
        known = self._cache.get(key)
        if known is None:
            known = self.decide(profile=profile, action=action, facts=facts)
            if not known.errors:
                self._remember(key, known)
        return known

    def decide(self, *, profile: str, action: str, facts: Facts) -> AllowSet:
        """The same allow-set, computed afresh."""
        known = self.vocabulary.actions.get(action)
        groups = known.groups if known else self.vocabulary.groups[:1]
        results = self._ask(profile, action, "Field", groups, json.dumps(context_of(facts)))
        errors = tuple(sorted({error for result in results for error in result.diagnostics.errors}))
        if errors:
            return AllowSet(groups=frozenset(), permits=NOTHING, errors=errors)
        permits = {
            group: self._ids(result)
            for group, result in zip(groups, results, strict=True)
            if result.decision is cedarpy.Decision.Allow
        }
        return AllowSet(groups=frozenset(permits), permits=MappingProxyType(permits))

    def explain(self, *, profile: str, action: str, resource: str, facts: Facts) -> Explanation:
        """One decision on one group of data, never from the cache, with what determined it."""
        context = json.dumps(context_of(facts))
        (result,) = self._ask(profile, action, "Field", (resource,), context)
        errors = tuple(result.diagnostics.errors)
        if errors:
            return Explanation(allowed=False, policy_ids=(), errors=errors)
        allowed = result.decision is cedarpy.Decision.Allow
        determining = self._ids(result)
        needed: tuple[str, ...] = ()
        if not allowed and not determining:
            needed, _ = live_policies(self._loaded, profile=profile, action=action, group=resource)
        return Explanation(allowed=allowed, policy_ids=determining, needed=needed)

    def functions_of(self, profile: str) -> frozenset[str]:
        """Codes of the functions of the product this profile may use; none for an unknown profile."""
        return self._functions.get(profile, frozenset())

    def may_use(self, *, profile: str, function: str) -> bool:
        return function in self.functions_of(profile)

    @property
    def loaded(self) -> Loaded:
        """For analyses such as who_can_see."""
        return self._loaded

    def _ask(
        self, profile: str, action: str, kind: str, resources: tuple[str, ...], context: str
    ) -> list[cedarpy.AuthzResult]:
        requests = [
            {
                "principal": {"type": "Profile", "id": profile},
                "action": {"type": "Action", "id": action},
                "resource": {"type": kind, "id": resource},
                "context": context,
            }
            for resource in resources
        ]
        return cedarpy.is_authorized_batch(
            requests, self._loaded.policy_set, self._loaded.entities, self._loaded.schema
        )

    def _ids(self, result: cedarpy.AuthzResult) -> tuple[str, ...]:
        return tuple(sorted(self._loaded.policies[running].id for running in result.diagnostics.reasons))

    def _usable(self, profile: str) -> frozenset[str]:
        functions = self.vocabulary.functions
        results = self._ask(profile, USE, "Function", functions, "{}")
        return frozenset(
            function
            for function, result in zip(functions, results, strict=True)
            if result.decision is cedarpy.Decision.Allow and not result.diagnostics.errors
        )

    def _key_for(self, profile: str, action: str) -> Callable[[Facts], Hashable]:
        """The facts that can matter: those asked by some policy whose scope this question can meet."""
        asked: set[str] = set()
        for policy in self._loaded.policies.values():
            if action in policy.actions and profile in policy.profiles:
                asked |= policy.attributes
        names = [name for name in FACT_NAMES if name in asked]
        if not names:
            return lambda facts: ()
        return attrgetter(*names)

    def _remember(self, key: Hashable, allow_set: AllowSet) -> None:
        with self._lock:
            if len(self._cache) >= self._cache_size:
                self._cache.pop(next(iter(self._cache)))
            self._cache[key] = allow_set
