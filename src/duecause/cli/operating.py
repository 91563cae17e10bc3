"""Ask whether this installation is in order."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import click

from duecause.operating.checks import all_checks


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One object per check.")
def doctor(as_json: bool) -> None:
    """Check versions, permissions, keys, databases, clock, sequencer and worker. Exit code 1: something is
    to be mended, and the line says how."""
    found = list(all_checks(now=datetime.now(UTC)))
    for check in found:
        mend = check.problem.text if check.problem else ""
        if as_json:
            click.echo(json.dumps({"check": check.name, "ok": check.ok, "found": check.found, "mend": mend}))
        else:
            click.echo(f"{'ok  ' if check.ok else 'MEND'}  {check.name:18} {mend or check.found}")
    if not all(check.ok for check in found):
        sys.exit(1)


COMMANDS = (doctor,)
