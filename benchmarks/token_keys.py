"""How fast the keys behind stored tokens change, over an imported register with four identifiers per person:

./dev bench token_keys [--json] [--rows N] [--database sqlite,postgres]

Per database and table the rows per second of the pass that puts the new cover on (`<table>_rows_per_s`), this
process's CPU per row (`<table>_us`), and how long the last pass over all tables of the look-up key takes
(`last_pass_seconds`).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.import_parts.people import write_list
from benchmarks.import_parts.running import imported, installed, run
from benchmarks.report import Figure, report

FAMILIES = ("dial", "lookup")
FEWEST = 100  # rows of a table from which a rate says something


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def main() -> None:
    rows = int(option("--rows", "100000"))
    figures: dict[str, Figure] = {"rows": rows}
    with tempfile.TemporaryDirectory(prefix="dc-tokens-") as folder:
        path = Path(folder) / "people.csv"
        write_list(path, rows)
        for kind in option("--database", "sqlite,postgres").split(","):
            with installed(kind, Path(folder)) as place:
                imported(place, path)
                told = json.loads(run(place, "-m", "benchmarks.token_keys", "inside"))
            figures |= {f"{kind}_{name}": round(value, 1) for name, value in told.items()}
            print(f"{kind}: measured", file=sys.stderr)
    report("token_keys", figures)


def inside() -> dict[str, float]:
    """In the installation: what the figures are of."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
    import django

    django.setup()
    from datetime import UTC, datetime

    from django.conf import settings

    from duecause.apps.vault import covers, token_tables
    from duecause.apps.vault import token_rotation_actions as rotation

    settings.TOKEN_GRACE_SECONDS = 0.0  # nobody else is here to learn of the change
    figures: dict[str, float] = {}
    for family in FAMILIES:
        key = rotation.announce(family, now=datetime.now(UTC))
        covers.forget()
        rotation.begin_covering(key, now=datetime.now(UTC))
        rows, seconds, cpu = (
            defaultdict[str, int](int),
            defaultdict[str, float](float),
            defaultdict[str, float](float),
        )
        while True:
            waiting = (
                table.name for table in token_tables.tables(family) if not rotation._swept(key, table).ended
            )
            name, began, spent = next(waiting, ""), time.perf_counter(), time.process_time()
            done = rotation.sweep(key)
            if done is None:
                break
            rows[name] += done
            seconds[name] += time.perf_counter() - began
            cpu[name] += time.process_time() - spent
        began = time.perf_counter()
        rotation.sweep_to_the_end(key, now=datetime.now(UTC))
        figures["last_pass_seconds"] = time.perf_counter() - began
        rotation.finish(key, now=datetime.now(UTC))
        covers.forget()
        for name, count in rows.items():
            if count >= FEWEST:
                figures[f"{name}_rows_per_s"] = count / seconds[name]
                figures[f"{name}_us"] = cpu[name] / count * 1e6
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        print(json.dumps(inside()))
    else:
        main()
