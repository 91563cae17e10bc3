"""What a policy set lets each profile do in every situation, exactly, without asking millions of times.

Cedar resolves who and which action (`is_authorized_partial`); what is left of each policy is a condition on
the data and the facts, evaluated here for all situations at once. A situation is a reason, its purpose and a
place of work, with nothing against it or with one thing: a leaver, a colleague's record, an objection.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cedarpy
import numpy as np
import numpy.typing as npt

from duecause.engine.policy.facts import WORD_TYPES
from duecause.engine.policy.loading import Loaded
from duecause.engine.problems import Refused, gettext_noop

Column = npt.NDArray[Any]
Truth = npt.NDArray[np.bool_]
Cell = tuple[str, str, str]  # profile, action, group of data

# Nothing stands against the look-up; then each of these alone.
KINDEST: Mapping[str, Any] = {
    "status": "active",
    "relation": "none",
    "trained": True,
    "reason_ok": True,
    "restricted": False,
    "objected": False,
    "legal_hold": False,
    "break_glass": True,
    "mfa_fresh": True,
    "assigned": True,
}
AGAINST: tuple[tuple[str, str, Any], ...] = (
    ("leaver", "status", "leaver"),
    ("locked", "status", "locked"),
    ("self", "relation", "self"),
    ("colleague", "relation", "colleague"),
    ("untrained", "trained", False),
    ("no_reason", "reason_ok", False),
    ("restricted", "restricted", True),
    ("objected", "objected", True),
    ("legal_hold", "legal_hold", True),
    ("no_emergency", "break_glass", False),
    ("not_fresh", "mfa_fresh", False),
    ("not_assigned", "assigned", False),
)
NOTHING = "nothing"
GONE = ("leaver", "locked")


@dataclass(frozen=True, slots=True)
class Situation:
    """`against`: NOTHING, or the code of the one thing that stands against the look-up."""

    link: str
    purpose: str
    workplace: str
    against: str


@dataclass(frozen=True)
class Situations:
    """All situations and, per fact, the column of its values."""

    rows: tuple[Situation, ...]
    columns: Mapping[str, Column]
    known: dict[Any, Truth] = field(default_factory=dict, repr=False)  # comparisons made before


@dataclass(frozen=True, slots=True)
class Reach:
    """Per profile, action and group: in which of the situations it is allowed."""

    situations: Situations
    allowed: Mapping[Cell, Truth]

    def of(self, cell: Cell) -> Iterator[Situation]:
        for index in np.flatnonzero(self.allowed[cell]):
            yield self.situations.rows[index]

    def possible(self, cell: Cell) -> bool:
        return bool(self.allowed[cell].any())


@lru_cache(maxsize=4)
def situations_of(
    links: tuple[str, ...], purposes: tuple[str, ...], workplaces: tuple[str, ...]
) -> Situations:
    rows, facts = [], []
    changes = [(NOTHING, "", None), *AGAINST]
    for link, purpose, workplace, (code, fact, value) in itertools.product(
        links, purposes, workplaces, changes
    ):
        rows.append(Situation(link, purpose, workplace, code))
        stated = {**KINDEST, "link": link, "purpose": purpose, "workplace": workplace}
        facts.append({**stated, fact: value} if fact else stated)
    columns = {name: np.array([each[name] for each in facts]) for name in facts[0]}
    return Situations(tuple(rows), columns)


def reach_of(loaded: Loaded) -> Reach:
    """Raises Refused for a policy whose condition cannot be computed here, naming it and the remedy."""
    words = loaded.vocabulary
    situations = situations_of(words.links, words.purposes, words.workplaces)
    allowed: dict[Cell, Truth] = {}
    for profile, action in itertools.product(words.profiles, words.actions):
        permits, forbids = _residuals(loaded, profile, action)
        anywhere = _Evaluator(situations, "")
        yes, no = (anywhere.any_of([r for r in of if not _asks_data(r)]) for of in (permits, forbids))
        for group in words.actions[action].groups:
            here = _Evaluator(situations, group)
            more, less = (here.any_of([r for r in of if _asks_data(r)]) for of in (permits, forbids))
            allowed[profile, action, group] = (yes | more) & ~(no | less)
    return Reach(situations, allowed)


Residual = tuple[str, list[Mapping[str, Any]]]  # @id, conditions


def _residuals(loaded: Loaded, profile: str, action: str) -> tuple[list[Residual], list[Residual]]:
    request = {
        "principal": f'Profile::"{profile}"',
        "action": f'Action::"{action}"',
        "resource": None,
        "context": None,
    }
    result = cedarpy.is_authorized_partial(request, loaded.policy_set, loaded.entities, loaded.schema)
    found: dict[str, list[Residual]] = {"permit": [], "forbid": []}
    for running, residual in result.residuals.items():
        found[residual["effect"]].append((loaded.policies[running].id, residual["conditions"]))
    return found["permit"], found["forbid"]


def _asks_data(residual: Residual) -> bool:
    return '"unknown": [{"Value": "resource"}]' in json.dumps(residual[1])


class _Evaluator:
    """Conditions of residuals over columns of facts, for one group of data."""

    def __init__(self, situations: Situations, group: str) -> None:
        self._columns = situations.columns
        self._known = situations.known
        self._group = group
        self._length = len(situations.rows)
        self._binary: Mapping[str, Callable[[Any, Any], Any]] = {
            "&&": lambda left, right: left & right,
            "||": lambda left, right: left | right,
            "==": self._equal,
            "!=": lambda left, right: ~self._equal(left, right),
            "contains": lambda left, right: self._member(right, left),
            "in": lambda left, right: self._member(left, right if isinstance(right, frozenset) else {right}),
        }

    def any_of(self, residuals: list[Residual]) -> Truth:
        found = self._constant(False)
        for name, conditions in residuals:
            holds = self._constant(True)
            for condition in conditions:
                truth = self._truth(self._value(condition["body"], name))
                holds &= truth if condition["kind"] == "when" else ~truth
            found |= holds
        return found

    def _value(self, node: Mapping[str, Any], name: str) -> Any:
        ((kind, body),) = node.items()
        if kind == "Value":
            return self._literal(body, name)
        if kind == "Set":
            return frozenset(self._value(member, name) for member in body)
        if kind == "unknown":
            if body == [{"Value": "resource"}]:
                return ("Field", self._group)
        elif kind == ".":
            if body["left"] == {"unknown": [{"Value": "context"}]} and body["attr"] in self._columns:
                return body["attr"]
        elif kind == "!":
            return ~self._truth(self._value(body["arg"], name))
        elif kind == "if-then-else":
            test, then, other = (self._value(body[part], name) for part in ("if", "then", "else"))
            return np.where(self._truth(test), self._truth(then), self._truth(other))
        elif kind in self._binary:
            left, right = self._value(body["left"], name), self._value(body["right"], name)
            if kind in ("&&", "||"):
                left, right = self._truth(left), self._truth(right)
            return self._binary[kind](left, right)
        raise Refused(
            "policy_not_analysable",
            gettext_noop(
                "Policy %(policy)s: what it means cannot be computed beforehand (%(part)s). Write it with"
                " ==, !=, contains, in, !, && and || on facts of the context."
            ),
            policy=name,
            part=kind,
        )

    def _literal(self, body: Any, name: str) -> Any:
        if isinstance(body, bool):
            return self._constant(body)
        if isinstance(body, dict) and "__entity" in body:
            return body["__entity"]["type"], body["__entity"]["id"]
        if isinstance(body, list):
            return frozenset(self._literal(member, name) for member in body)
        return body

    def _equal(self, left: Any, right: Any) -> Truth:
        if isinstance(left, str) and isinstance(right, str):
            return np.asarray(self._columns[left] == self._columns[right])
        if isinstance(right, str):
            left, right = right, left
        if isinstance(left, str):
            return self._member(left, {right})
        if isinstance(left, np.ndarray):
            return np.asarray(self._truth(left) == self._truth(right))
        return self._constant(left == right)

    def _member(self, one: Any, many: Any) -> Truth:
        """`one` is the name of a fact or a word; `many` are words (kind, code) or truth values."""
        if not isinstance(one, str):
            return self._constant(one in many)
        key = one, frozenset(many)
        if key not in self._known:
            column, matches = self._columns[one], self._constant(False)
            wanted = [code for kind, code in many if kind == WORD_TYPES[one]] if one in WORD_TYPES else many
            for value in wanted:
                matches |= column == value
            self._known[key] = matches
        return self._known[key]

    def _truth(self, value: Any) -> Truth:
        return self._columns[value] if isinstance(value, str) else value

    def _constant(self, value: bool) -> Truth:
        return np.full(self._length, value)
