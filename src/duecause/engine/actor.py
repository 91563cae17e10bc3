"""Who acts. Every verb that changes state takes an Actor and asks it, so that the lowest room can check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

ActorKind = Literal["employee", "partner", "subject", "job", "system"]


class NotPermitted(Exception):
    """The actor may not do this. `function` is the code of what was tried."""

    def __init__(self, actor: Actor, function: str) -> None:
        self.actor = actor
        self.function = function
        super().__init__(f"{actor.kind} {actor.id} may not {function}")


@dataclass(frozen=True, slots=True)
class Actor:
    """A staff member, partner client, data subject, job or the system itself.

    `id` is an opaque identifier, never a name. `functions` are the codes of what this actor may do,
    computed once by the gate from the policies in force; a system actor (the operator at the command
    line, the sequencer) may do everything.
    """

    kind: ActorKind
    id: str
    profile: str = ""
    functions: frozenset[str] = frozenset()

    def may(self, function: str) -> bool:
        return self.kind == "system" or function in self.functions

    def require(self, function: str) -> None:
        """Raise NotPermitted unless this actor may do `function`."""
        if not self.may(function):
            raise NotPermitted(self, function)

    def limited_to(self, *functions: str) -> Actor:
        return replace(self, functions=self.functions & frozenset(functions))

    @classmethod
    def system(cls, name: str) -> Actor:
        return cls(kind="system", id=name)

    @classmethod
    def job(cls, step_id: str, *functions: str) -> Actor:
        return cls(kind="job", id=step_id, functions=frozenset(functions))

    @property
    def ref(self) -> str:
        """`kind:id`, as written into events."""
        return f"{self.kind}:{self.id}"
