"""./dev bench precall [--json] [--database sqlite|postgres] [--seconds N] [--suppressions N]
[--objections N]: checks before calls against the running product, events committed, while people object.

Each database gets a scratch installation with 5,000,000 suppressions and is asked for 60 seconds at the rate
of its goal; a latency counts from when the check was due. N objections per second (default 2) arrive
meanwhile by the API, of people whose numbers are asked for too. Wrong is an allow that was asked for after an
objection had been accepted, a no before anybody objected, and any answer that is no answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.house import CLIENTS, DATABASES, OFFERED, SETTLING_SECONDS, chosen, option, workers
from benchmarks.house_parts.installation import ROOT, Installation, installed, up
from benchmarks.report import Figure, report

RELEASED = 2_000
CAMPAIGN = "HEATPUMP-BE"
WARMING_SECONDS = 3.0


def measure(house: Installation, seconds: float, objections: float) -> dict[str, Figure]:
    """Figures of one installation, without its name."""
    rate = OFFERED[house.kind]
    given = {name: house.seeded[name] for name in ("key", "feed_key", "numbers")}
    plan = {**given, "campaign": CAMPAIGN, "clients": 2 * CLIENTS, "rate": rate}
    with up(house, workers=workers(house.kind)) as port:
        house.inside("settle", SETTLING_SECONDS)
        first, rest = given["numbers"][:100], given["numbers"][100:]
        _asked({**plan, "port": port, "seconds": WARMING_SECONDS, "numbers": first, "objections_per_s": 0.1})
        done = _asked(
            {**plan, "port": port, "seconds": seconds, "numbers": rest, "objections_per_s": objections}
        )
    failed = sum(done["failed"].values())
    return {
        "offered_per_s": rate,
        "answered_per_s": done["per_s"],
        "p50_ms": done["p50_ms"],
        "p99_ms": done["p99_ms"],
        "wrong_answers": done["wrong_allow"] + done["wrong_deny"] + failed,
        "objections": done["objections"],
        "objection_effective_ms": done["objection_effective_ms"],
        "web_processes": workers(house.kind),
    }


def _asked(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a load generator in a process of its own found."""
    command = [sys.executable, "-m", "benchmarks.house_parts.objecting"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(plan), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the load failed: {done.stderr.strip()[-800:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    seconds = float(option("--seconds", "60"))
    suppressions = int(option("--suppressions", "5000000"))
    objections = float(option("--objections", "2"))
    figures: dict[str, Figure] = {"seconds": seconds, "suppressions": suppressions}
    for kind in chosen("--database", DATABASES):
        with installed(kind, rows=0, released=RELEASED, suppressions=suppressions) as house:
            found = measure(house, seconds, objections)
        print(f"{kind}: measured", file=sys.stderr)
        figures |= {
            f"{kind}_{name}": round(value, 2) if isinstance(value, float) else value
            for name, value in found.items()
        }
    report("precall", figures)


if __name__ == "__main__":
    main()
