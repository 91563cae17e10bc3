"""Populate a PostgreSQL database with the canary, then erase it: run as two processes by a test."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django


def populate() -> dict[str, object]:
    from django.core.management import call_command

    from tests.apps.rights.cases import known_everywhere
    from tests.apps.rights.traces import traces_of
    from tests.support.world import make_world

    for alias in ("default", "keys"):
        call_command("migrate", database=alias, verbosity=0)
    traces = traces_of(known_everywhere(make_world()))
    return {"traces": {name: trace.hex() for name, trace in traces.items()}}


def erase() -> dict[str, object]:
    from duecause.apps.ledger import checking
    from duecause.apps.ledger.actions import sequence
    from duecause.apps.register.models import Person
    from tests.apps.rights.cases import approved, existing_world, lookups_of, work_off
    from tests.security import canary
    from tests.support.world import OPERATOR

    person = Person.objects.filter(lookups_of(canary.NUMBER)).distinct().get()
    case = work_off(approved(existing_world(), person))
    sequence(actor=OPERATOR, now=datetime.now(UTC))
    report = checking.verify_live(now=datetime.now(UTC), anchor=None)
    return {
        "state": case.state,
        "stage": case.stage,
        "files": case.work.get("scrubbed"),
        "verify": int(report.exit_code),
        "erased": report.erased,
        "sealed_for_good": case.certificate.get("ledger_parts_sealed_for_good", 0),
    }


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "duecause.settings"
    django.setup()
    from duecause.apps.vault import keyring

    keyring.create(Path(os.environ["DUECAUSE_DATA"]) / "keys")
    sys.stdout.write(json.dumps({"populate": populate, "erase": erase}[sys.argv[1]]()) + "\n")
