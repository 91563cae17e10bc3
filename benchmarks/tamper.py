"""./dev bench tamper [--json] [--positions N] [--clean N]: the tamper matrix with its figures.

Each kind of touching a log is tried at N places of logs of several sizes; a partner who holds the keys of log
and witness and every earlier checkpoint verifies it. Then clean logs are verified.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.report import report
from tests.engine.tlog import tampering

POSITIONS = 100
CLEAN = 1_000


def option(name: str, default: int) -> int:
    words = sys.argv[1:]
    return int(words[words.index(name) + 1]) if name in words else default


def main() -> int:
    positions, clean = option("--positions", POSITIONS), option("--clean", CLEAN)
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in tampering.KINDS:
            outcome = tampering.run(kind, positions, folder)
            missed += len(outcome.missed)
            found = ", ".join(f"{code.name.lower()} {count}" for code, count in sorted(outcome.found.items()))
            print(f"  {kind:<30} {outcome.tried} tried, {len(outcome.missed)} missed  ({found})")
        alarms = tampering.false_alarms(clean, folder)
    figures = {
        "tamper_kinds": len(tampering.KINDS),
        "tamper_positions_per_kind": positions,
        "tamper_missed": missed,
        "clean_logs": clean,
        "false_alarms": len(alarms),
    }
    report("tamper", figures)
    return 1 if missed or alarms else 0


if __name__ == "__main__":
    sys.exit(main())
