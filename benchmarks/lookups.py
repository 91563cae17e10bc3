"""Who snoops among 1,800 employees: alarms of the review, and of three baselines, on the same months.

./dev bench lookups [--full] [--json] [--seeds N] [--patterns development]

Two seeds at low noise and one at high; with --full ten at each. Per seed a month of two million look-ups in
which forty people snoop by patterns that were written after the detector (lookups_parts/reserved.yaml).
`accesses_per_s` is wall time from tables in memory to alarms, `accesses_per_cpu_s` the same in CPU seconds of
this process.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from benchmarks.lookups_parts import peers
from benchmarks.lookups_parts.measuring import Accusation, missed, worth
from benchmarks.lookups_parts.simulating import MONDAY, World, rates, simulate
from benchmarks.report import Figure, report
from duecause.engine.lookups.alarms import raise_alarms
from duecause.engine.lookups.review import Log, Outcome, review
from duecause.engine.memory_database import connect
from duecause.packs import lookups

FIRST_SEED = 101
PART = 1_000_000
ON = date(2026, 11, 28)


@dataclass(slots=True)
class Sums:
    """Figures of each seed by name; what is reported is their mean."""

    values: dict[str, list[float]] = field(default_factory=dict)
    missed: Counter[str] = field(default_factory=Counter)

    def add(self, **figures: float) -> None:
        for name, value in figures.items():
            self.values.setdefault(name, []).append(value)

    def mean(self, name: str) -> float:
        return float(np.nanmean(self.values[name]))


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    full, patterns = "--full" in sys.argv, option("--patterns", "reserved")
    figures: dict[str, Figure] = {}
    for noise, usual in (("low", 2), ("high", 1)):
        seeds = int(option("--seeds", "10" if full else str(usual)))
        sums = Sums()
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            one(seed, noise, patterns, sums)
        say(f"{noise}: missed at 5 a day, of {4 * seeds} each: {dict(sums.missed)}")
        figures |= {f"seeds_{noise}": seeds}
        figures |= {f"{name}_{noise}": round(sums.mean(name), 4) for name in sums.values}
    for name in ("explained_share", "accesses_per_s", "accesses_per_cpu_s"):
        figures[name] = figures[f"{name}_low"]
    report("lookups", figures)


def one(seed: int, noise: str, patterns: str, sums: Sums) -> None:
    world = simulate(rates(), noise=noise, names=patterns, seed=seed)
    wall, cpu = time.perf_counter(), time.process_time()
    found, loose = reviewed(world)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    sums.add(
        explained_share=found.explained / found.looks,
        accesses_per_s=found.looks / wall,
        accesses_per_cpu_s=found.looks / cpu,
    )
    for per_day in (2, 5, 10):
        told = accusations(found, per_day)
        value = worth(told, world.deeds)
        sums.add(
            **{f"recall_at_{per_day}": value.recall, f"precision_at_{per_day}": value.precision},
            **({"delay_days": value.delay, "alarms": len(told)} if per_day == 5 else {}),
        )
        if per_day == 5:
            sums.missed.update(missed(told, world.deeds))
    for name, scores in (
        ("volume", peers.volume(world)),
        ("unexplained_count", peers.unexplained(loose)),
        ("isolation_forest", peers.forest(world, seed)),
    ):
        value, few = (worth(peers.accused(scores, per_day), world.deeds) for per_day in (5, 2))
        sums.add(**{f"{name}_recall_at_5": value.recall, f"{name}_precision_at_2": few.precision})
    say(f"{noise} {seed}: " + ", ".join(f"{name} {values[-1]:.3g}" for name, values in sums.values.items()))


def reviewed(world: World) -> tuple[Outcome, peers.Floats]:
    """The review, and for each employee and day how many look-ups had no strong or medium reason."""
    tables = {name: parts(table) for name, table in world.tables.items()}
    db = connect(memory="1500MB", threads=2)
    found = review(db, Log(**tables), lookups.explanations(ON), lookups.flags(ON), per_day=5)
    loose = np.zeros((len(world.people.profile), world.days))
    rows = db.execute(
        "SELECT employee, date_diff('day', $first, CAST(moment AS DATE)), count(*) FROM loose GROUP BY ALL",
        {"first": MONDAY},
    ).fetchall()
    for employee, day, count in rows:
        loose[int(employee[1:]), day] = count
    db.close()
    return found, loose


def accusations(found: Outcome, per_day: int) -> list[Accusation]:
    alarms = raise_alarms(found.scores, (), lookups.flags(ON), per_day=per_day)
    return [(int(alarm.employee[1:]), (alarm.day - MONDAY).days) for alarm in alarms]


def parts(table: pa.Table) -> list[pa.Table]:
    return [table.slice(start, PART) for start in range(0, table.num_rows, PART)]


if __name__ == "__main__":
    main()
