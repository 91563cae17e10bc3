"""Killed at any point of an erasure, the next run finishes it: nothing is half done, lost or done to others.

The suite kills at a sample; `DUECAUSE_KILL_POINTS=all` kills at every point there is (more than 200).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import stores

SAMPLE = 5


def killed(folder: Path, point: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.connectors.killing", str(folder), str(point)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)


def content(folder: Path) -> dict[str, list[str]]:
    """Every row of every store, without what is drawn anew for each request: pseudonyms and fakes."""
    example = stores.Example({n: f"sqlite:///{folder / f'{n}.sqlite'}" for n in stores.STORES}, folder)
    found = {}
    for name in stores.STORES:
        tables = example.rows(name, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for (table,) in tables:
            rows = example.rows(name, f"SELECT * FROM {table}")
            found[f"{name}.{table}"] = sorted(str([_same(value) for value in row]) for row in rows)
    return found


def _same(value: object) -> object:
    text = str(value)
    drawn = text.endswith("@erased.invalid") or text.startswith("+999")
    return "drawn" if drawn or (len(text) == 20 and set(text) <= set("0123456789abcdef")) else value


def test_killed_at_any_point_the_next_run_completes_the_erasure(tmp_path: Path):
    stores.example(None, tmp_path / "whole")
    whole = killed(tmp_path / "whole", 0)
    number, complete, _ = whole.stdout.split()
    assert complete == "True" and int(number) > 200, whole.stderr[-500:]
    expected = content(tmp_path / "whole")
    every = range(1, int(number) + 1)
    step = 1 if os.environ.get("DUECAUSE_KILL_POINTS") == "all" else int(number) // SAMPLE
    for point in list(every)[step - 1 :: step]:
        folder = tmp_path / f"killed-{point}"
        stores.example(None, folder)
        assert killed(folder, point).returncode == -9, f"point {point} was not reached"
        again = stores.Example({n: f"sqlite:///{folder / f'{n}.sqlite'}" for n in stores.STORES}, folder)
        outcome = again.run("erasure")
        assert outcome.complete, (point, outcome.reasons)
        assert content(folder) == expected, f"killed at point {point}"
        assert not (folder / "R-2026-erasure/work.json").exists(), f"killed at point {point}"
        shutil.rmtree(folder)
