"""What happens inside the installation: `python -m benchmarks.import_parts.inside found|look`."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duecause.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from benchmarks.import_parts.people import number_of  # noqa: E402
from duecause.apps.ledger.models import Event  # noqa: E402
from duecause.apps.register.models import DialFact, ImportBatch, Lookup, Person, Record  # noqa: E402
from duecause.apps.vault import indexes  # noqa: E402
from duecause.apps.vault.models import DataKey  # noqa: E402
from duecause.engine.actor import Actor  # noqa: E402
from duecause.organisation import applying  # noqa: E402
from duecause.organisation.demo import demo_organisation  # noqa: E402

LOOKED = 200


def found() -> dict[str, object]:
    applying.apply(demo_organisation(), actor=Actor.system("benchmark"), now=datetime.now(UTC))
    return {}


def look() -> dict[str, object]:
    """Look-ups by phone as the desk makes them, each a number not asked before; then what is stored."""
    batch = ImportBatch.objects.order_by("started_at").last()
    assert batch is not None
    step, taken, hits = max(1, batch.rows_total // LOOKED), [], 0
    for index in range(0, batch.rows_total, step):
        token = indexes.lookup_token("phone", f"32{number_of(index)}")
        started = time.perf_counter()
        rows = Lookup.objects.filter(kind="phone", token=token).select_related("record")[:20]
        hits += bool(list(rows))
        taken.append(time.perf_counter() - started)
    taken.sort()
    return {
        "lookup_p50_ms": taken[len(taken) // 2] * 1_000,
        "lookup_p99_ms": taken[len(taken) * 99 // 100] * 1_000,
        "lookup_hits": hits / len(taken),
        "records": Record.objects.count(),
        "persons": Person.objects.count(),
        "lookups": Lookup.objects.count(),
        "dial_facts": DialFact.objects.count(),
        "keys": DataKey.objects.count(),
        "chunk_leaves": Event.objects.filter(kind="register.import_chunk").count(),
        "disk_mb": _disk(),
    }


def _disk() -> int:
    if connections["default"].vendor == "sqlite":
        return sum(path.stat().st_size for path in Path(settings.DATA).glob("*.sqlite3*")) >> 20
    size = 0
    for connection in (connections[name] for name in ("default", "keys")):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            size += cursor.fetchone()[0]
    return size >> 20


if __name__ == "__main__":
    print(json.dumps({"found": found, "look": look}[sys.argv[1]]()))
