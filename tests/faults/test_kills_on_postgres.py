"""On PostgreSQL: clients killed in the middle of their work, and all processes of the server at once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.server import in_memory, scratch
from tests.support import postgres

ROOT = Path(__file__).parents[2]
CLIENTS = int(os.environ.get("DUECAUSE_FAULTS_CLIENTS", "24"))

# Once is enough: it brings a cluster of its own, whatever database the other tests run on.
pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    with scratch() as folder, postgres.cluster(home=in_memory()) as url:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.faults.on_postgres",
                str(CLIENTS),
                str(seed),
                str(folder),
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    for name, tally in told.items():
        shown = {key: tally[key] for key in ("points", "killed", "acknowledged", "seconds")}
        print(f"PostgreSQL, {name}: {shown}, bad {len(tally['bad'])}")
    return told


def test_a_client_killed_at_any_moment_leaves_nothing_half_done(found):
    clients = found["clients"]
    assert clients["bad"] == []
    assert clients["points"] == clients["killed"] == CLIENTS


def test_a_server_killed_with_all_its_processes_comes_back_with_everything_acknowledged(found):
    servers = found["servers"]
    assert servers["bad"] == []
    assert servers["points"] == 3
