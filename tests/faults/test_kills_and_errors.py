"""Killed at any write, or met by a full or broken disk, nothing acknowledged is lost and nothing done twice.

Operations: import, queued upload with its job, objection, release, erasure, sequencer, change of token keys
(`house.py`). After each point, in fresh processes: both databases are whole, the ledger agrees with its
anchor, every sealed row has its key, no name stands in clear anywhere; going on ends in the same rows and
events as an undisturbed run (`checking.py`). `./dev faults --points N` takes more points than the default
here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("DUECAUSE_FAULTS", "300"))
ERRORS = max(60, KILLS // 30)
MEET_ERRORS = {"import", "objection", "release", "sequence", "erase"}
OPERATIONS = {"import", "upload", "objection", "release", "sequence", "erase", "tokens"}

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    tasks = [f"kills={KILLS}", f"errors={ERRORS}", "control=1", "two_workers=1"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.server", *tasks],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    for name in ("kills", "errors"):
        print(spoken(name, told[name]))
    return told


def spoken(name: str, tally: dict[str, Any]) -> str:
    """The figure that `./dev faults` shows."""
    shown = {key: tally[key] for key in ("points", "killed", "missed", "reported", "acknowledged", "seconds")}
    return f"{name}: {shown}, bad {len(tally['bad'])}, {tally['per_operation']}"


def test_killed_at_any_write_it_keeps_what_it_acknowledged_and_ends_as_if_undisturbed(found):
    kills = found["kills"]
    assert kills["bad"] == []
    assert kills["points"] == kills["killed"] + kills["missed"] == KILLS
    assert kills["missed"] <= KILLS // 50, "points that the operation did not reach"
    assert set(kills["per_operation"]) == OPERATIONS
    assert 0 < kills["acknowledged"] < KILLS, "some die before and some after the acknowledgement"


def test_on_a_full_or_broken_disk_it_says_so_and_a_later_run_completes(found):
    errors = found["errors"]
    assert errors["bad"] == []
    assert errors["points"] >= ERRORS // 2 and errors["reported"] > errors["points"] // 4
    assert set(errors["per_operation"]) == MEET_ERRORS


def test_of_two_worker_processes_on_one_step_the_overtaken_one_changes_nothing(found):
    assert found["two_workers"] == {"asleep at chunk 1": "", "asleep at chunk 2": ""}


def test_the_checks_see_a_promise_that_is_not_kept(found):
    """The control: an operation that acknowledges before it commits, one that does its work twice, one that
    destroys a key too much and one that leaves a name behind."""
    control = found["control"]
    assert "lost" in control["acknowledges too early"]
    assert "should have" in control["does it twice"]
    assert "no key" in control["destroys a key"]
    assert "in clear" in control["leaves a file"]
