"""Who gains and who loses what when one policy set follows another, and what no set may ever do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from duecause.engine.policy.cedar import CedarPolicies
from duecause.engine.policy.reach import GONE, NOTHING, Reach, Situation, Truth
from duecause.engine.policy.residuals import live_policies
from duecause.engine.policy.vocabulary import Vocabulary
from duecause.engine.problems import Refused, gettext_noop

PROPOSE, APPROVE = "gate.policies", "gate.policies_approve"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A profile gains or loses an action on some groups of data, for some reasons at some places of work.

    `against`: empty, or what stands against the look-ups that differ, where those with nothing against them
    do not differ ("even of a colleague")."""

    profile: str
    gained: bool
    action: str
    groups: tuple[str, ...]
    links: tuple[str, ...]
    workplaces: tuple[str, ...]
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class FunctionDifference:
    profile: str
    gained: bool
    functions: tuple[str, ...]


def differences(words: Vocabulary, before: Reach, after: Reach) -> list[Difference]:
    """Profiles in the order of the vocabulary. Groups that differ in the same way stand together."""
    alike: dict[tuple[object, ...], list[str]] = {}
    for (profile, action, group), now in after.allowed.items():
        old = before.allowed.get((profile, action, group))
        was = np.zeros_like(now) if old is None or len(old) != len(now) else old
        for gained, differs in ((True, now & ~was), (False, was & ~now)):
            if differs.any():
                how = _how(words, after, differs)
                alike.setdefault((profile, gained, action, *how), []).append(group)
    found = [
        Difference(profile, gained, action, tuple(groups), links, places, against)  # type: ignore[arg-type]
        for (profile, gained, action, links, places, against), groups in alike.items()
    ]
    order = {profile: index for index, profile in enumerate(words.profiles)}
    return sorted(found, key=lambda d: (order[d.profile], not d.gained, d.action, d.groups))


def _how(words: Vocabulary, reach: Reach, differs: Truth) -> tuple[tuple[str, ...], ...]:
    rows = [reach.situations.rows[index] for index in np.flatnonzero(differs)]
    plain = [row for row in rows if row.against == NOTHING]
    told = _usual(words, plain or rows)
    links = {row.link for row in told}
    places = {row.workplace for row in told}
    against = () if plain else tuple(dict.fromkeys(row.against for row in rows))
    return (
        tuple(link for link in words.links if link in links),
        () if places == set(words.workplaces) else tuple(p for p in words.workplaces if p in places),
        against,
    )


def _usual(words: Vocabulary, rows: list[Situation]) -> list[Situation]:
    """Reasons come with their usual purpose at the desk; those rows tell more than the rest."""
    usual = [row for row in rows if words.usual_purpose.get(row.link) == row.purpose]
    return usual or rows


def function_differences(before: CedarPolicies, after: CedarPolicies) -> list[FunctionDifference]:
    found = []
    for profile in after.vocabulary.profiles:
        had, has = before.functions_of(profile), after.functions_of(profile)
        for gained, codes in ((True, has - had), (False, had - has)):
            if codes:
                ordered = tuple(code for code in (*after.vocabulary.functions, *sorted(had)) if code in codes)
                found.append(FunctionDifference(profile, gained, tuple(dict.fromkeys(ordered))))
    return found


def refuse_what_no_policy_may(engine: CedarPolicies, reach: Reach, *, blind: Iterable[str]) -> None:
    """Raises Refused for lines that would lock everyone out, show data to a `blind` profile, let in who has
    left, or leave an objection without anybody to take it down."""
    for profile, function in itertools.product(blind, engine.vocabulary.actions):
        for group in engine.vocabulary.actions[function].groups:
            if reach.possible((profile, function, group)):
                permits, _ = live_policies(engine.loaded, profile=profile, action=function, group=group)
                raise Refused(
                    "policy_blind_sees",
                    gettext_noop(
                        "These lines would let the profile %(profile)s do “%(action)s” with “%(group)s”:"
                        " %(policies)s. It may touch nobody's data. Take the profile out of these lines, or"
                        " forbid it again."
                    ),
                    profile=profile,
                    action=function,
                    group=group,
                    policies=", ".join(permits),
                )
    gone = np.array([row.against in GONE for row in reach.situations.rows])
    for (profile, action, group), allowed in reach.allowed.items():
        if (allowed & gone).any():
            raise Refused(
                "policy_gone_let_in",
                gettext_noop(
                    "These lines would let %(profile)s do “%(action)s” with “%(group)s” after leaving or"
                    " being locked out. Put back the line that forbids it."
                ),
                profile=profile,
                action=action,
                group=group,
            )
    for function in (PROPOSE, APPROVE):
        if not any(function in engine.functions_of(profile) for profile in engine.vocabulary.profiles):
            raise Refused(
                "policy_locks_out",
                gettext_noop(
                    "With these lines nobody could change the policies again: no profile may use"
                    " %(function)s. Permit it to a profile."
                ),
                function=function,
            )
    for action, what in (("view", "name"), ("record_objection", "objections")):
        cells = [(profile, action, what) for profile in engine.vocabulary.profiles]
        if not any(reach.possible(cell) for cell in cells):
            raise Refused(
                "policy_locks_everyone_out",
                gettext_noop(
                    "With these lines nobody could do “%(action)s” with “%(group)s”, whatever the reason. A"
                    " line forbids it to everyone, or none permits it: mend that line."
                ),
                action=action,
                group=what,
            )
