"""Requests of persons on the example of three stores (PostgreSQL, MariaDB, SQLite):

./dev bench rights [--json] [--requests N] [--rounds N]

`access_20_rows_ms`: median from the request to the durable answer, stores open, 21 rows. `access_40k_rows_s`
and `access_40k_peak_mb`: a person with 40,000 readings, in a process of its own. `erase_20k_rows_s`: 20,000
rows of one person on PostgreSQL erased, read back and certified. `requests_per_min`: access requests one
after another. `plan_…_ms`: planning alone, CPU time, for so many collections.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, report
from benchmarks.rights_parts.plans import planning_ms
from duecause.apps.rights.foreign.configuring import Stores
from duecause.apps.rights.foreign.folder import Folder
from duecause.apps.rights.foreign.running import Outcome, Run
from duecause.engine.datamap.request import read_request
from tests.support import stores as support

SIZES = (100, 500, 2000)
MANY = (
    "INSERT INTO meter_reading SELECT g, {contract}, DATE '2026-01-01', g"
    " FROM generate_series({first}, {last}) g"
)


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def main() -> None:
    if sys.argv[1:2] == ["inside"]:
        inside(Path(sys.argv[2]))
        return
    rounds, requests = int(option("--rounds", "15")), int(option("--requests", "100"))
    figures: dict[str, Figure] = {f"plan_{size}_ms": round(planning_ms(size), 1) for size in SIZES}
    figures["plan_growth_100_to_2000"] = round(
        float(figures["plan_2000_ms"]) / float(figures["plan_100_ms"]), 1
    )
    with tempfile.TemporaryDirectory(prefix="dc-rights-") as folder, support.servers(Path(folder)) as servers:
        example = support.example(servers, Path(folder) / "example")
        opened = example.stores()
        carried(opened, Path(folder) / "warm", "ada@example.net")
        times = [carried(opened, Path(folder) / f"a{n}", "ada@example.net")[0] for n in range(rounds)]
        figures["access_20_rows_ms"] = round(statistics.median(times) * 1000, 1)
        figures["access_rows"] = rows(Path(folder) / "a0")
        began = time.perf_counter()
        for n in range(requests):
            carried(opened, Path(folder) / f"q{n}", "mila@example.org")
        figures["requests_per_min"] = round(requests / (time.perf_counter() - began) * 60)
        example.execute("billing", MANY.format(contract=13, first=1_000_001, last=1_020_000))
        spent, outcome = carried(opened, Path(folder) / "erased", "ada@example.net", kind="erasure")
        if not outcome.complete:
            raise SystemExit(f"the erasure is not complete: {outcome.reasons}")
        figures["erase_20k_rows_s"] = round(spent, 2)
        figures["erased_rows"] = rows(Path(folder) / "erased")
        opened.close()
        example.execute("billing", MANY.format(contract=11, first=2_000_001, last=2_040_000))
        figures |= apart(example, Path(folder))
    report("rights", figures)


def carried(stores: Stores, out: Path, email: str, kind: str = "access") -> tuple[float, Outcome]:
    """Seconds and outcome of one request."""
    given = support.request(kind, email=email)
    began = time.perf_counter()
    folder = Folder(out)
    with folder.taken(given):
        outcome = Run(read_request(given), stores, folder, now=support.NOW).carry_out()
    return time.perf_counter() - began, outcome


def rows(out: Path) -> int:
    plan = json.loads((out / "plan.json").read_text())
    return sum(int(each["rows"]) for each in plan["collections"])


def apart(example: support.Example, folder: Path) -> dict[str, Figure]:
    """In a process of its own, so that its memory is that of one request."""
    place = folder / "place.json"
    place.write_text(json.dumps({"urls": example.urls, "out": str(folder / "many")}))
    command = [sys.executable, "-m", "benchmarks.rights", "inside", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "access_many_rows": rows(folder / "many")}


def inside(place: Path) -> None:
    given = json.loads(place.read_text())
    example = support.Example(given["urls"], Path(given["out"]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent, _ = carried(example.stores(), Path(given["out"]), "mila@example.org")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "access_40k_rows_s": round(spent, 2),
                "access_40k_peak_mb": round(peak / 1024),
                "access_40k_more_than_idle_mb": round((peak - before) / 1024),
            }
        )
    )


if __name__ == "__main__":
    main()
