"""./dev bench house [--json] [--only PART,…] [--database sqlite|postgres] [--seconds N] [--suppressions N]
[--full]: the running product under load, on scratch installations on SQLite and PostgreSQL.

Parts: import (a clean list), check (one pre-call check in one process: CPU, queries), precall and pages (HTTP
against `duecause up`), ledger (8 writers, one event per commit, beside the same rows without anything around
them), verify. --full: 1,000,000 suppressions and 100,000 rows instead of 100,000 and 10,000.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.house_parts.installation import Installation, bare, installed, load, up, write_together
from benchmarks.report import Figure, report

DATABASES = ("sqlite", "postgres")
PARTS = ("import", "check", "precall", "pages", "ledger", "verify")
SETTLING_SECONDS = 120
OFFERED = {"sqlite": 100, "postgres": 200}  # pre-call checks per second, the goals
CLIENTS = 8
WRITERS = 8
ROUNDS = 3
RELEASED = 2_000
MOST = 20_000


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def chosen(name: str, among: tuple[str, ...]) -> list[str]:
    asked = option(name, ",".join(among)).split(",")
    unknown = set(asked) - set(among)
    if unknown:
        raise SystemExit(f"{name}: {', '.join(sorted(unknown))} is none of {', '.join(among)}")
    return asked


def measure(house: Installation, parts: list[str], seconds: float, events: int) -> dict[str, Figure]:
    """Figures of one installation, without its name."""
    found: dict[str, Figure] = {}
    if "import" in parts:
        found |= {name: house.seeded[name] for name in ("import_rows_per_s", "import_rows_per_cpu_s")}
    if "check" in parts:
        found |= house.inside("check", 300)
    if {"precall", "pages"} & set(parts):
        with up(house, workers=workers(house.kind)) as port:
            house.inside("settle", SETTLING_SECONDS)
            if "precall" in parts:
                found |= precall(house, port, seconds)
            if "pages" in parts:
                found |= pages(house, port, seconds)
    if "pages" in parts:
        found |= ceiling(house, seconds, float(found["pages_per_s"]))
    if "ledger" in parts:
        found |= ledger(house, seconds)
    if "verify" in parts:
        found |= house.inside("verify", events)
    return found


def workers(kind: str) -> int:
    """Web processes: one on SQLite, as `duecause up` has it, two on PostgreSQL."""
    return int(option("--workers", "1" if kind == "sqlite" else str(min(2, os.cpu_count() or 1))))


def precall(house: Installation, port: int, seconds: float) -> dict[str, Figure]:
    """Latency at the rate of the goal, counted from when a request was due; then as many as it can."""
    plan = _plan(house, port, "precall", seconds)
    steady = load({**plan, "rate": OFFERED[house.kind], "clients": 2 * CLIENTS})
    most = load({**plan, "rate": 0})
    return {
        "web_processes": workers(house.kind),
        "precall_offered_per_s": OFFERED[house.kind],
        "precall_answered_per_s": steady["per_s"],
        "precall_p50_ms": steady["p50_ms"],
        "precall_p99_ms": steady["p99_ms"],
        "precall_most_per_s": most["per_s"],
        "precall_most_p99_ms": most["p99_ms"],
        "precall_load_cpu_ms": most["load_cpu_ms"],
    }


def pages(house: Installation, port: int, seconds: float) -> dict[str, Figure]:
    """The card as the desk asks for it, a fragment; then the same as a whole page."""
    plan = {**_plan(house, port, "pages", seconds), "clients": 2 * CLIENTS}
    fragment, whole = load({**plan, "rate": 0}), load({**plan, "rate": 0, "fragment": False})
    return {
        "pages_per_s": fragment["per_s"],
        "pages_p50_ms": fragment["p50_ms"],
        "pages_p99_ms": fragment["p99_ms"],
        "pages_load_cpu_ms": fragment["load_cpu_ms"],
        "whole_pages_per_s": whole["per_s"],
    }


def ceiling(house: Installation, seconds: float, reached: float) -> dict[str, Figure]:
    """What the same web server, clients and machine give where the page is a constant: after an event is
    committed through the driver, and without one."""
    with bare(house, workers=workers(house.kind)) as port:
        plan = {**_plan(house, port, "event", seconds), "clients": 2 * CLIENTS, "rate": 0}
        event, plain = load(plan), load({**plan, "part": "plain"})
    return {
        "bare_event_per_s": event["per_s"],
        "bare_plain_per_s": plain["per_s"],
        "pages_share_of_bare": reached / event["per_s"],
    }


def ledger(house: Installation, seconds: float) -> dict[str, Figure]:
    """In turns, so that whatever else the machine does meets both alike."""
    rates: dict[str, list[float]] = {"raw": [], "ledger": []}
    for _ in range(ROUNDS):
        for kind, found in rates.items():
            found.append(write_together(house, kind, processes=WRITERS, seconds=seconds / ROUNDS))
    raw, own = (sum(found) / ROUNDS for found in rates.values())
    return {"raw_inserts_per_s": raw, "ledger_events_per_s": own, "ledger_share_of_raw": own / raw}


def _plan(house: Installation, port: int, part: str, seconds: float) -> dict[str, Any]:
    given = {name: house.seeded[name] for name in ("agent", "people", "key", "numbers")}
    return {
        **given,
        "campaign": "HEATPUMP-BE",
        "port": port,
        "part": part,
        "seconds": seconds,
        "clients": CLIENTS,
        "most": MOST,
    }


def named(figures: Mapping[str, Mapping[str, Figure]]) -> dict[str, Figure]:
    """Each figure with its database at the end; the ones that are no matter of pages also under their own
    name, from SQLite, the database of the first start (the ledger's: from PostgreSQL, where writers meet)."""
    flat = {f"{name}_{kind}": value for kind, found in figures.items() for name, value in found.items()}
    for name, kind in (
        ("import_rows_per_s", "sqlite"),
        ("verify_per_s", "sqlite"),
        ("ledger_share_of_raw", "postgres"),
    ):
        if f"{name}_{kind}" in flat:
            flat[name] = flat[f"{name}_{kind}"]
    return {
        name: round(value, 2) if isinstance(value, float) else value for name, value in sorted(flat.items())
    }


def main() -> None:
    full = "--full" in sys.argv
    parts = chosen("--only", PARTS)
    seconds = min(float(option("--seconds", "5")), 60.0)
    suppressions = int(option("--suppressions", "1000000" if full else "100000"))
    rows = (100_000 if full else 10_000) if "import" in parts else 0
    figures: dict[str, Mapping[str, Figure]] = {}
    for kind in chosen("--database", DATABASES):
        needed = suppressions if {"precall", "check"} & set(parts) else 0
        with installed(kind, rows=rows, released=RELEASED, suppressions=needed) as house:
            figures[kind] = measure(house, parts, seconds, 100_000 if full else 10_000)
        print(f"{kind}: measured", file=sys.stderr)
    report("house", {**named(figures), "suppressions": suppressions})


if __name__ == "__main__":
    main()
