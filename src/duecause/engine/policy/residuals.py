"""What policies leave open when only who, what and on which data are known: analysis, never a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cedarpy

from duecause.engine.policy.loading import Loaded

if TYPE_CHECKING:
    from duecause.engine.policy.cedar import CedarPolicies


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One square of the table. `permits` can apply, `forbids` may still deny, `never` forbids always do."""

    permits: tuple[str, ...]
    forbids: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def possible(self) -> bool:
        return bool(self.permits) and not self.never


def live_policies(
    loaded: Loaded, *, profile: str, action: str, group: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Permits and forbids that some facts could meet, by partial evaluation."""
    cell = _cell(loaded, profile, action, group)
    return (() if cell.never else cell.permits), cell.forbids


def who_can_see(engine: CedarPolicies) -> dict[tuple[str, str, str], Cell]:
    """The table profile × action × group of data."""
    loaded = engine.loaded
    words = loaded.vocabulary
    return {
        (profile, action, group): _cell(loaded, profile, action, group)
        for profile in words.profiles
        for action in words.actions
        for group in words.groups
    }


def _cell(loaded: Loaded, profile: str, action: str, group: str) -> Cell:
    request = {
        "principal": f'Profile::"{profile}"',
        "action": f'Action::"{action}"',
        "resource": f'Field::"{group}"',
        "context": None,
    }
    result = cedarpy.is_authorized_partial(request, loaded.policy_set, loaded.entities, loaded.schema)
    permits, forbids, never = [], [], []
    for running, residual in result.residuals.items():
        if any(_is(condition, False) for condition in residual["conditions"]):
            continue
        name = loaded.policies[running].id
        if residual["effect"] == "permit":
            permits.append(name)
        elif all(_is(condition, True) for condition in residual["conditions"]):
            never.append(name)
        else:
            forbids.append(name)
    return Cell(permits=tuple(sorted(permits)), forbids=tuple(sorted(forbids)), never=tuple(sorted(never)))


def _is(condition: Mapping[str, Any], outcome: bool) -> bool:
    settled = {"Value": outcome if condition["kind"] == "when" else not outcome}
    return bool(condition["body"] == settled)
