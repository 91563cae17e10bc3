"""What a verification can find, in one number per kind, so that a script can tell them apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from duecause.engine.problems import Problem, gettext_noop

LISTED_PER_KIND = 200


class Kind(IntEnum):
    """The kind of a failure is also the exit code of the command.

    | code | kind       | what it says                                                                   |
    |------|------------|--------------------------------------------------------------------------------|
    | 0    | OK         | nothing found                                                                  |
    | 2    | MALFORMED  | the bundle, the anchor or a part cannot be read                                |
    | 3    | SIGNATURE  | a signature does not fit, the key is unknown, or witnesses are missing         |
    | 4    | TREE       | a leaf or tile was altered, removed, added or swapped                          |
    | 5    | FORK       | checkpoints contradict each other, or one that was published is gone           |
    | 6    | ROLLBACK   | the bundle is older than the anchor, or not its continuation                   |
    | 7    | COMMITMENT | a disclosed payload is not the one the leaf commits to                         |
    | 8    | TIME       | a leaf lies outside the time of its checkpoint, or checkpoints run backwards   |
    | 9    | GAP        | leaves are missing                                                             |
    | 10   | TOO_OLD    | the newest checkpoint is older than allowed                                    |

    All failures are listed. With several, the exit code is the first of this order: MALFORMED, SIGNATURE,
    FORK, ROLLBACK, TREE, GAP, COMMITMENT, TIME, TOO_OLD (from "nothing can be said" over "history was
    replaced" and "one entry was touched" to "fetch a newer one").
    """

    OK = 0
    MALFORMED = 2
    SIGNATURE = 3
    TREE = 4
    FORK = 5
    ROLLBACK = 6
    COMMITMENT = 7
    TIME = 8
    GAP = 9
    TOO_OLD = 10


SEVERITY = (
    Kind.MALFORMED,
    Kind.SIGNATURE,
    Kind.FORK,
    Kind.ROLLBACK,
    Kind.TREE,
    Kind.GAP,
    Kind.COMMITMENT,
    Kind.TIME,
    Kind.TOO_OLD,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """`where` names a file, a note or a leaf; neither it nor the text holds a payload."""

    kind: Kind
    where: str
    problem: Problem

    @property
    def text(self) -> str:
        return self.problem.text


@dataclass(frozen=True, slots=True)
class Report:
    """Failures by severity. `leaves` were read and hashed, `unread` of them are of a kind unknown here.

    `newest_time` is the last witness's time of the newest checkpoint, else that of the newest leaf.
    `own_keys`: the bundle was checked with the keys it brought along, which proves no identity.
    """

    failures: tuple[Failure, ...]
    leaves: int
    unread: int
    checkpoints: int
    newest_size: int | None
    newest_root: bytes | None
    newest_time: datetime | None
    own_keys: bool

    @property
    def exit_code(self) -> Kind:
        return self.failures[0].kind if self.failures else Kind.OK

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(failure.kind for failure in self.failures)


@dataclass(slots=True)
class Findings:
    """Collects failures; a hostile bundle cannot make the list endless."""

    failures: list[Failure] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)

    def add(self, kind: Kind, where: str, template: str, **params: object) -> None:
        self.add_problem(kind, where, Problem("tlog." + kind.name.lower(), template, params))

    def add_problem(self, kind: Kind, where: str, problem: Problem) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= LISTED_PER_KIND:
            self.failures.append(Failure(kind, where, problem))

    def extend(self, other: Findings) -> None:
        """Take over what another pass has found."""
        before = Counter(self.counts)
        self.counts.update(other.counts)
        for failure in other.failures:
            before[failure.kind] += 1
            if before[failure.kind] <= LISTED_PER_KIND:
                self.failures.append(failure)

    def listed(self) -> tuple[Failure, ...]:
        failures = list(self.failures)
        for kind, count in self.counts.items():
            if count > LISTED_PER_KIND:
                more = Problem(
                    "tlog.more",
                    gettext_noop("%(count)s more of this kind are not listed."),
                    {"count": count - LISTED_PER_KIND},
                )
                failures.append(Failure(kind, "…", more))
        return tuple(sorted(failures, key=lambda failure: SEVERITY.index(failure.kind)))
