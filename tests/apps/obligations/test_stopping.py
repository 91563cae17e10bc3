"""A worker that is asked to end finishes what is short, hands on what is long, and keeps no lease."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as StopSignal

import pytest
from django.db import transaction

from duecause.apps.obligations import actions, runner, stopping
from duecause.apps.obligations.models import Step
from tests.apps.ledger.test_several_sequencers import command, house  # noqa: F401
from tests.support.world import OPERATOR

ROOT = Path(__file__).parents[3]
Process = subprocess.Popen[bytes]


@pytest.fixture
def handlers(db, monkeypatch):
    monkeypatch.setattr(runner, "_handlers", {})
    monkeypatch.setattr(runner, "_periodic", {})
    monkeypatch.setattr(runner, "_meanwhile", {})
    return runner.handles


def opened(systems=("here",)) -> None:
    with transaction.atomic():
        now = datetime.now(UTC)
        actions.open_obligation(actor=OPERATOR, kind="test.thing", now=now, systems=list(systems))


def test_a_short_step_is_finished_and_the_next_is_not_begun(handlers):
    stop = StopSignal()

    @handlers("test.thing")
    def asks_to_stop(step):
        stop.set()
        return {}

    opened(["one", "two"])
    runner.run(stop)
    assert sorted(Step.objects.values_list("state", flat=True)) == ["done", "due"]


def test_a_long_step_is_handed_on_at_its_next_progress_as_if_not_tried(handlers):
    stop, chunks = StopSignal(), []

    @handlers("test.thing")
    def long(step):
        for chunk in range(5):
            if not actions.report_progress(step=step, now=datetime.now(UTC), done=chunk, total=5):
                raise runner.Postponed("Another worker has taken over.")
            chunks.append(chunk)
            if chunk == 1:
                stop.set()
        return {}

    opened()
    runner.run(stop)
    step = Step.objects.get()
    assert chunks == [0, 1]
    assert (step.state, step.attempts, step.lease_by, step.lease_until) == (Step.State.DUE, 0, "", None)
    assert step.error == {} and step.next_at <= datetime.now(UTC)
    stop.clear()
    assert not stopping.asked()
    runner.run_once("next")
    assert Step.objects.get().state == Step.State.DONE


def test_a_worker_hands_on_its_own_leases_only(handlers):
    opened(["one", "two"])
    now = datetime.now(UTC)
    actions.claim(worker="other", now=now)
    actions.claim(worker="mine", now=now)
    assert actions.give_back(worker="mine", now=now) == 1
    assert list(Step.objects.filter(state=Step.State.LEASED).values_list("lease_by", flat=True)) == ["other"]


# A worker as `duecause worker` runs it, with one more kind of work: a line in a file per piece of a step.
WORKER = """
import os, sys, time
from datetime import UTC, datetime
import django
django.setup()
from duecause.apps.obligations import actions, runner
from duecause.cli.processes import worker

@runner.handles("test.pieces")
def pieces(step):
    for done in range(int(sys.argv[2])):
        if not actions.report_progress(step=step, now=datetime.now(UTC), done=done, total=int(sys.argv[2])):
            raise runner.Postponed("Another worker has taken over.")
        with open(sys.argv[1], "a") as file:
            file.write(f"{step.system} {done} {os.getpid()}\\n")
        time.sleep(0.01)
    return {}

runner._periodic.clear()
sys.exit(worker.main([], standalone_mode=False))
"""
OPENS = """
import sys, django
django.setup()
from datetime import UTC, datetime
from django.db import transaction
from duecause.apps.obligations.actions import open_obligation
from duecause.engine.actor import Actor
with transaction.atomic():
    open_obligation(actor=Actor.system("test"), kind="test.pieces", now=datetime.now(UTC),
                    systems=[f"S{n:02}" for n in range(int(sys.argv[1]))])
"""
STATES = """
import django, json
django.setup()
from duecause.apps.obligations.models import *
print(json.dumps({
    "states": list(Step.objects.values_list("state", flat=True)),
    "leases": Step.objects.exclude(lease_by="").count(),
    "attempts": list(Step.objects.values_list("attempts", flat=True)),
    "obligation": Obligation.objects.get(kind="test.pieces").state,
}))
"""


@contextmanager
def workers(env: dict[str, str], count: int, work: Path, pieces: int) -> Iterator[list[Process]]:
    words = [sys.executable, "-c", WORKER, str(work), str(pieces)]
    running = [
        subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def until(work: Path, reached: Callable[[list[str]], bool]) -> None:
    end = time.monotonic() + 60
    while not (work.exists() and reached(work.read_text().splitlines())):
        assert time.monotonic() < end, work.read_text() if work.exists() else "nothing was done"
        time.sleep(0.02)


def ended_steps(work: Path, pieces: int) -> list[str]:
    """The systems whose step came to its last piece, in order."""
    pieced = [line.split() for line in work.read_text().splitlines()]
    return [system for system, piece, _ in pieced if int(piece) == pieces - 1]


def states(env: dict[str, str]) -> dict:
    return json.loads(command(env, "-c", STATES).stdout)


@pytest.mark.postgres
def test_several_workers_share_the_steps_and_sigterm_leaves_no_lease(house, tmp_path):  # noqa: F811
    """Three processes. SIGTERM in the middle: each ends well at once, its step is due again and untried; two
    new ones do the rest. Every step is done once; what was handed on may repeat the pieces of its step."""
    work, steps, pieces = tmp_path / "work", 12, 60
    assert command(house, "-c", OPENS, str(steps)).returncode == 0
    with workers(house, 3, work, pieces) as running:
        until(work, lambda lines: len({line.split()[2] for line in lines}) == 3)
        asked = time.monotonic()
        for process in running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=10) for process in running]
        took = time.monotonic() - asked
    between = states(house)
    assert codes == [0, 0, 0] and took < 5
    assert between["leases"] == 0 and set(between["states"]) <= {"done", "due"}
    tried = zip(between["attempts"], between["states"], strict=True)
    assert all(attempts == (state == "done") for attempts, state in tried)
    done = ended_steps(work, pieces)
    with workers(house, 2, work, pieces):
        end = time.monotonic() + 40
        while (found := states(house))["obligation"] != "done" and time.monotonic() < end:
            time.sleep(0.2)
    assert found["obligation"] == "done" and set(found["states"]) == {"done"}
    ended = ended_steps(work, pieces)
    assert len(ended) == len(set(ended)) == steps and set(done) < set(ended)
