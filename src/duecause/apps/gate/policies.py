"""The policy set in force in this process. Which one that is stands in the database; each request looks at
most once a second, and is decided by one set from beginning to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from threading import Lock
from time import monotonic

from duecause.apps.gate.policy_models import PolicyRelease, PolicyVersion
from duecause.apps.statements import Statement
from duecause.engine.policy import CedarPolicies, Facts
from duecause.engine.policy.reach import Reach, reach_of
from duecause.packs import policies as packed

LOOK_EVERY = 1.0  # seconds


class _InForce:
    """What this process decides by, and when it last looked whether that still holds."""

    def __init__(self) -> None:
        self.engine: CedarPolicies | None = None
        self.looked = float("-inf")
        self.lock = Lock()


_in_force = _InForce()
_of_this_request: ContextVar[CedarPolicies | None] = ContextVar("policies_of_this_request", default=None)


@cache
def packaged() -> CedarPolicies:
    """The policies as shipped, in force until others are released."""
    return CedarPolicies.from_texts(**packed.texts())


def engine() -> CedarPolicies:
    return _of_this_request.get() or _in_force.engine or packaged()


def running() -> CedarPolicies:
    """What this process decides by, whatever the request at hand began with."""
    return _in_force.engine or packaged()


@contextmanager
def one_policy_set() -> Iterator[CedarPolicies]:
    """Within: the set in force now, whatever is released meanwhile."""
    look()
    rules = running()
    held = _of_this_request.set(rules)
    try:
        yield rules
    finally:
        _of_this_request.reset(held)


def look(*, now: bool = False) -> None:
    """Take up what was released elsewhere. Asks the database at most once a second, unless `now`.

    Raises Refused if the released texts cannot be read by this version of the product: better no answer than
    one by other rules."""
    if not now and monotonic() - _in_force.looked < LOOK_EVERY:
        return
    with _in_force.lock:
        if not now and monotonic() - _in_force.looked < LOOK_EVERY:
            return
        wanted = next((version for (version,) in _RELEASED.rows()), packaged().version)
        if wanted != running().version:
            _in_force.engine = packaged() if wanted == packaged().version else engine_of(wanted)
        _in_force.looked = monotonic()


def forget() -> None:
    """Look again at the next request; decide by the shipped policies until then."""
    _in_force.engine, _in_force.looked = None, float("-inf")


_RELEASED = Statement(
    lambda: PolicyRelease.objects.filter(state=PolicyRelease.State.IN_FORCE).values_list("version__version")
)


def engine_of(version: str) -> CedarPolicies:
    """The set that once decided, or may come to decide. Raises PolicyVersion.DoesNotExist."""
    kept = PolicyVersion.objects.get(version=version)
    return _built(kept.policies, kept.schema, kept.vocabulary)


@lru_cache(maxsize=8)
def _built(policies: str, schema: str, vocabulary: str) -> CedarPolicies:
    return CedarPolicies.from_texts(policies=policies, schema=schema, vocabulary=vocabulary)


def candidate(policies: str) -> CedarPolicies:
    """A text of lines with the schema and the words of this version of the product. Raises Refused."""
    shipped = packed.texts()
    return _built(policies, shipped["schema"], shipped["vocabulary"])


@lru_cache(maxsize=8)
def reach(rules: CedarPolicies) -> Reach:
    """In which situations each profile may do what; a second of work, remembered for a few sets."""
    return reach_of(rules.loaded)


def links_for(profile: str) -> tuple[str, ...]:
    """The reasons with which this profile can see anything at all, in the order of the vocabulary."""
    return _links_for(engine(), profile)


@lru_cache(maxsize=256)
def _links_for(rules: CedarPolicies, profile: str) -> tuple[str, ...]:
    return tuple(
        link
        for link in rules.vocabulary.links
        if any(
            rules.allow_set(profile=profile, action="view", facts=untroubled(link, workplace)).groups
            for workplace in rules.vocabulary.workplaces
        )
    )


def untroubled(link: str, workplace: str = "office") -> Facts:
    """Facts of a look-up with nothing against it."""
    return Facts(
        purpose=engine().vocabulary.usual_purpose.get(link, "customer_care"),
        link=link,
        status="active",
        relation="none",
        workplace=workplace,
        trained=True,
        reason_ok=True,
        restricted=False,
        objected=False,
        legal_hold=False,
        break_glass=False,
        mfa_fresh=False,
        assigned=True,
    )
