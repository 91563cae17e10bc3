"""How every benchmark reports: a table for people, or one JSON object as the last line."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Figure = int | float | str


def cpu() -> str:
    """The processor's name and how many of it there are, e.g. `AMD EPYC 9R14 x2`."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    count = 1
    if information.exists():
        models = [
            line.partition(":")[2].strip()
            for line in information.read_text().splitlines()
            if line.startswith("model name")
        ]
        if models:
            name, count = models[0], len(models)
    return f"{name} x{count}"


def commit() -> str:
    """The commit measured, with `+` when the working tree differs from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout

    short = git("rev-parse", "--short", "HEAD").strip() or "unknown"
    return f"{short}+" if git("status", "--porcelain", "--untracked-files=no") else short


def report(bench: str, figures: Mapping[str, Figure]) -> None:
    """Print the figures. Keys are stable names with their unit at the end, e.g. `insert_rows_per_s`."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({"bench": bench, "commit": commit(), "cpu": cpu(), "figures": dict(figures)}))
        return
    print(f"{bench} · {commit()} · {cpu()}")
    width = max((len(name) for name in figures), default=0)
    for name, value in figures.items():
        print(
            f"  {name:<{width}}  {value:,.4g}" if isinstance(value, float) else f"  {name:<{width}}  {value}"
        )
