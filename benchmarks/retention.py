"""When everything has to go, worked out for a whole register, and a night in which a part of it goes:

./dev bench retention [--json] [--rows N] [--due N] [--database sqlite,postgres]

Per database CPU seconds of this process: for the forecast over N imported records (`forecast_cpu_seconds`),
for reading and working out alone (`reading_…`), for what a change of the rules would do (`change_…`), and for
a night that erases `--due` whole records (`night_…`), each certified and read back. `left` must be 0.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.import_parts.people import write_list
from benchmarks.import_parts.running import imported, installed, run
from benchmarks.report import Figure, report


def option(name: str, default: str) -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def main() -> None:
    rows, due = int(option("--rows", "100000")), int(option("--due", "1000"))
    figures: dict[str, Figure] = {"rows": rows, "due": due}
    with tempfile.TemporaryDirectory(prefix="dc-retention-") as folder:
        path = Path(folder) / "people.csv"
        write_list(path, rows)
        for kind in option("--database", "sqlite,postgres").split(","):
            with installed(kind, Path(folder)) as place:
                imported(place, path)
                told = json.loads(run(place, "-m", "benchmarks.retention", "inside", due))
            figures |= {f"{kind}_{name}": round(value, 2) for name, value in told.items()}
            print(f"{kind}: measured", file=sys.stderr)
    report("retention", figures)


def inside(due: int) -> dict[str, float]:
    """In the installation: what the figures are of."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
    import django

    django.setup()
    from datetime import UTC, datetime, timedelta

    from duecause.apps.catalogue.retention_queries import book_of, in_force
    from duecause.apps.register.models import Record
    from duecause.apps.rights import retention_counting as counting
    from duecause.apps.rights.retention_actions import run_retention
    from duecause.apps.rights.retention_facts import Walk
    from duecause.engine.actor import Actor
    from duecause.engine.ids import uuid7

    now = datetime.now(UTC)
    book = book_of(in_force())
    assert book is not None
    figures = {"forecast_cpu_seconds": _spent(lambda: counting.forecast(now))}
    figures["reading_cpu_seconds"] = _spent(
        lambda: sum(len(chunk) for chunk in Walk([book], now).everybody())
    )
    figures["change_cpu_seconds"] = _spent(lambda: counting.count_impact(book, book, now))
    gone = list(Record.objects.order_by("pk").values_list("pk", flat=True)[:due])
    for start in range(0, due, 500):
        old = now - timedelta(days=4000)
        Record.objects.filter(pk__in=gone[start : start + 500]).update(obtained_on=old.date())
    started, actor = time.perf_counter(), Actor.system("benchmark")
    figures["night_cpu_seconds"] = _spent(lambda: run_retention(actor=actor, run=uuid7(), now=now))
    figures["night_seconds"] = time.perf_counter() - started
    figures["left"] = Record.objects.filter(pk__in=gone).count()
    return figures


def _spent(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        print(json.dumps(inside(int(sys.argv[2]))))
    else:
        main()
