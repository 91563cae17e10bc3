"""The model of the nightly round at the size of a large register, with nothing else of the round: records are
made, added, and pairs for the rules and for people are found.

./dev bench matching_round [--json] [--records N] [--memory MB]

Per step CPU seconds, and the most memory of the process so far.
"""

from __future__ import annotations

import resource
import sys
import time

from benchmarks.matching_parts.ours import identity_of
from benchmarks.matching_parts.people import World
from benchmarks.report import Figure, report
from duecause.engine.matching.proposals import Limits, Register

PEOPLE = 50_000
MOST = 20_000  # as the round asks for


def option(name: str, default: int) -> int:
    words = sys.argv[1:]
    return int(words[words.index(name) + 1]) if name in words else default


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> None:
    records = option("--records", 100_000)
    limits = Limits(memory_mb=option("--memory", Limits.of_machine().memory_mb))
    figures: dict[str, Figure] = {"limit_mb": limits.memory_mb}
    with Register(limits) as register:
        seed = 0
        while register.size < records:
            seed += 1
            rows = World(people=PEOPLE, seed=seed).rows()[: records - register.size]
            register.add([identity_of(row) for row in rows])
        figures |= {"records": register.size, "filled_peak_mb": peak_mb()}
        for name, find in (
            ("rule_pairs", register.rule_pairs),
            ("proposals", lambda: register.proposals(most=MOST)),
        ):
            started = time.process_time()
            figures[name] = len(find())
            figures[f"{name}_cpu_seconds"] = round(time.process_time() - started, 1)
            figures[f"{name}_peak_mb"] = peak_mb()
    report("matching_round", figures)


if __name__ == "__main__":
    main()
