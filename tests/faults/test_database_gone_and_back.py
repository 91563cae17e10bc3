"""The database server dies under worker and sequencer and comes back: both go on by themselves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apps.ledger.test_several_sequencers import command, founded
from tests.apps.obligations.test_stopping import OPENS, WORKER
from tests.cli.running import environment
from tests.support import postgres

ROOT = Path(__file__).parents[2]
STEPS, PIECES = 4, 40
GONE_SECONDS = 1.5
LOOKS = """
import django, json
django.setup()
from duecause.apps.ledger.models import Event, QueueEntry
from duecause.apps.obligations.models import Obligation, Step
mine = Step.objects.filter(obligation__kind="test.pieces")
print(json.dumps({
    "open": mine.exclude(state="done").count(), "leases": mine.exclude(lease_by="").count(),
    "waiting": QueueEntry.objects.count(), "told": Event.objects.filter(kind="obligation.step_done").count(),
}))
"""

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")


def wait(until: Callable[[], bool], seconds: float = 50) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not go on"
        time.sleep(0.1)


def test_worker_and_sequencer_outlive_the_server_and_end_what_they_had_begun(tmp_path):
    with postgres.cluster() as url:
        env = {**environment(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "duecause.settings"}
        env = founded({**env, "DATABASE_URL": url})
        assert command(env, "-c", OPENS, str(STEPS)).returncode == 0
        work, log = tmp_path / "work", tmp_path / "log"
        with log.open("wb") as out:
            commands = (["-c", WORKER, str(work), str(PIECES)], ["-m", "duecause", "sequencer"])
            running = [
                subprocess.Popen([sys.executable, *words], env=env, cwd=ROOT, stdout=out, stderr=out)
                for words in commands
            ]
        try:
            wait(lambda: work.exists() and len(work.read_text().splitlines()) > PIECES // 2)
            postgres.crash(url)
            time.sleep(GONE_SECONDS)
            assert [process.poll() for process in running] == [None, None], log.read_text()[-3000:]
            back = time.monotonic()
            with postgres.restarted(url):
                found: dict[str, int] = {}

                def ended() -> bool:
                    found.update(json.loads(command(env, "-c", LOOKS).stdout))
                    return not found["open"] and not found["waiting"]

                wait(ended)
                took = time.monotonic() - back
                verified = command(env, "-m", "duecause", "ledger", "verify", "--json")
                for process in running:
                    process.terminate()
                codes = [process.wait(timeout=60) for process in running]
        finally:
            for process in running:
                process.kill()
                process.wait()
    assert (found["leases"], found["told"]) == (0, STEPS), "done twice, or somebody still holds a step"
    assert json.loads(verified.stdout)["exit"] == 0
    assert codes == [0, 0]
    assert took < 40, "the lease of a minute was waited for"
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert any(line["event"].startswith("the worker could not reach the database") for line in told)
