"""A CSV list against what is known of its numbers: verdicts with all reasons, duplicates, Parquet out.

Beside it in the same run: a Python loop with three sets and phonenumbers (its first 30,000 rows, the rest at
that rate), and DuckDB's bare anti-join of integers that somebody else had made of the cells. Sizes with
reference sets of 4.5 million known, 3 million suppressed and 5 million listed numbers: 1 million rows, with
`--full` 10 million, with `--growth` 40 million too. Without them everything is a tenth, for a first look.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Figure, report
from benchmarks.screening_parts import stages

LOOPED = 30_000
MILLION = 1_000_000


def measured(rows: int, share: float, folder: Path) -> dict[str, Figure]:
    stages.apart(stages.write_list, folder, rows, share)
    ours = stages.apart(stages.duecause, folder, rows)
    loop = stages.apart(stages.python_loop, folder, LOOPED)
    join = stages.apart(stages.antijoin, folder)
    looped = loop.answer["set_cpu_s"] + loop.answer["loop_cpu_s"] * rows / LOOPED
    return {
        "rows": rows,
        "released": ours.answer["released"],
        "cpu_seconds": round(ours.cpu_seconds, 1),
        "read_cpu_seconds": round(ours.answer["read_cpu_s"], 1),
        "identify_cpu_seconds": round(ours.answer["identified_cpu_s"], 1),
        "seconds": round(ours.seconds, 1),
        "peak_mb": round(ours.peak_mb),
        "python_loop_cpu_seconds": round(looped),
        "antijoin_cpu_seconds": round(join.cpu_seconds, 2),
        "ratio_vs_python_loop": round(looped / ours.cpu_seconds, 1),
        "ratio_vs_antijoin": round(join.cpu_seconds / ours.cpu_seconds, 3),
    }


def main() -> None:
    sizes = [(MILLION, 0.1)]
    if "--full" in sys.argv[1:] or "--growth" in sys.argv[1:]:
        sizes = [(MILLION, 1.0), (10 * MILLION, 1.0)]
    if "--growth" in sys.argv[1:]:
        sizes.append((40 * MILLION, 1.0))
    figures: dict[str, Figure] = {}
    for rows, share in sizes:
        folder = Path(tempfile.mkdtemp(prefix="screening-"))
        try:
            found = measured(rows, share, folder)
        finally:
            shutil.rmtree(folder)
        figures |= {f"{name}_{rows // MILLION}m": value for name, value in found.items()}
        if rows == min(10 * MILLION, sizes[-1][0]):
            figures |= {name: found[name] for name in GOALS}
    report("screening", figures)


GOALS = ("cpu_seconds", "peak_mb", "ratio_vs_python_loop", "ratio_vs_antijoin")

if __name__ == "__main__":
    main()
