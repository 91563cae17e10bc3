"""Verification of a long log runs as a job. Jobs belong to a room above; it registers itself here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Running:
    done: int
    total: int


class Jobs(Protocol):
    def start(self, *, actor: Actor, now: datetime) -> None:
        """Have the log verified soon. Does nothing while one verification waits or runs."""

    def running(self) -> Running | None:
        """How far the verification is that waits or runs."""


_jobs: list[Jobs] = []


def register_jobs(jobs: Jobs) -> None:
    _jobs[:] = [jobs]


def start(*, actor: Actor, now: datetime) -> bool:
    """False: nothing here can run jobs."""
    for jobs in _jobs:
        jobs.start(actor=actor, now=now)
    return bool(_jobs)


def running() -> Running | None:
    return _jobs[0].running() if _jobs else None
