"""What one decision of the gate costs: warm, cold, on mixed traffic, next to others:

./dev bench gate [--json] [--looks N] [--seed N]

Every engine answers the same random look-ups under the same policies: a whole record at once (every group
of data), which is what a look-up asks. Ours: the allow-sets of `engine.policy`, warm (asked before) and cold
(a set never asked before); Cedar without a memory (cedarpy, everything parsed before); a plain Python loop
over the rules; pycasbin with its ABAC model and one rule per permit and forbid, asked once per group. All run
one after the other in this process. `hit_rate`: of N look-ups of mixed traffic, the share answered from
memory, starting with none. Times are wall-clock per record; ratios are of medians, and those to others are of
a warm answer: `uncached_p50_us` to `casbin_p50_us` compares the engines themselves.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.gate_parts.casbin_rules import Casbin
from benchmarks.gate_parts.traffic import Look, look_ups
from benchmarks.report import Figure, report
from duecause.engine.policy import CedarPolicies
from duecause.packs import policies as packed
from tests.engine.policy import reference

COLD, UNCACHED, LOOP, PEER = 400, 400, 2_000, 60


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def timed(ask: Callable[[Look], object], looks: Sequence[Look]) -> list[float]:
    """Microseconds of each."""
    took = []
    for look in looks:
        started = time.perf_counter_ns()
        ask(look)
        took.append((time.perf_counter_ns() - started) / 1_000)
    return took


def share(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def main() -> None:
    count = int(option("--looks", "100000"))
    looks = look_ups(random.Random(int(option("--seed", "20261128"))), count)  # noqa: S311 - traffic
    engine = CedarPolicies.from_texts(**packed.texts(), cache_size=20_000)
    groups = engine.vocabulary.groups

    def ours(look: Look) -> frozenset[str]:
        return engine.allow_set(profile=look.profile, action=look.action, facts=look.facts).groups

    def uncached(look: Look) -> frozenset[str]:
        return engine.decide(profile=look.profile, action=look.action, facts=look.facts).groups

    def loop(look: Look) -> frozenset[str]:
        return frozenset(
            group for group in groups if reference.decide(look.profile, look.action, group, look.facts)[0]
        )

    misses: list[float] = []
    for look in looks:
        held = len(engine._cache)
        (took,) = timed(ours, [look])
        if len(engine._cache) > held:
            misses.append(took)
    warm = timed(ours, looks[-20_000:])
    plain, cedar = timed(loop, looks[:LOOP]), timed(uncached, looks[:UNCACHED])
    casbin = Casbin(engine.vocabulary)
    peer = timed(casbin.groups, looks[:PEER])
    disagreeing = sum(
        not (ours(look) == loop(look) == casbin.groups(look) == uncached(look)) for look in looks[:PEER]
    )
    figures: dict[str, Figure] = {
        "looks": count,
        "disagreeing": disagreeing,
        "warm_p50_us": round(median(warm), 3),
        "warm_p99_us": round(share(warm, 0.99), 3),
        "cold_p50_us": round(median(misses), 1),
        "cold_p99_us": round(share(misses, 0.99), 1),
        "hit_rate": round(1 - len(misses) / count, 4),
        "sets_remembered": len(misses),
        "loop_p50_us": round(median(plain), 2),
        "uncached_p50_us": round(median(cedar), 1),
        "casbin_p50_us": round(median(peer), 1),
        "ratio_vs_loop": round(median(plain) / median(warm), 1),
        "ratio_vs_uncached": round(median(cedar) / median(warm), 1),
        "ratio_vs_casbin": round(median(peer) / median(warm), 1),
    }
    report("gate", figures)


if __name__ == "__main__":
    main()
