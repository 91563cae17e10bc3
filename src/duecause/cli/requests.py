"""One request of a person in foreign systems, without the web and without the product's database.

Exit codes: 0 complete; 2 bad input, nothing done; 3 not complete, with the reasons.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from duecause.apps.rights.foreign.configuring import read_stores
from duecause.apps.rights.foreign.folder import Folder
from duecause.apps.rights.foreign.running import Run
from duecause.cli.files import read_bytes
from duecause.engine.datamap.request import read_request
from duecause.engine.problems import Refused

INCOMPLETE = 3
PATH = click.Path(path_type=Path)


@click.group("rights")
def rights_group() -> None:
    """What persons ask for: access, erasure, rectification, portability."""


@rights_group.command("run")
@click.argument("request_file", metavar="REQUEST.json", type=PATH)
@click.option("--config", required=True, type=PATH, help="The stores and their maps, STORES.yaml.")
@click.option("--out", required=True, type=PATH, help="A folder for this request alone.")
@click.option("--plan", "only_plan", is_flag=True, help="Write the plan for approval and change nothing.")
@click.option("--approved", default="", metavar="HASH", help="Change only by the plan with this hash.")
def run(request_file: Path, config: Path, out: Path, only_plan: bool, approved: str) -> int:
    """Carry out REQUEST.json in every mapped store; run it again to go on after a stop.

    OUT holds plan.json, what is told to the person (access.json, access.html), a receipt per store, what was
    read back, and certificate.json.
    """
    given = _json(request_file)
    request, stores, folder = read_request(given), read_stores(config), Folder(out)
    try:
        with folder.taken(given):
            carried = Run(request, stores, folder, now=datetime.now(UTC), approved=approved)
            outcome = carried.plan_only() if only_plan else carried.carry_out()
    finally:
        stores.close()
    click.echo(f"Plan {outcome.plan}")
    for reason in outcome.reasons:
        click.echo(f"  {_said(reason)}", err=True)
    if outcome.complete:
        click.echo("Complete: every store answered, and what had to change was read back.")
    else:
        click.echo(
            "Not complete. Remove what stands in the way and run it again with the same folder.", err=True
        )
    return 0 if outcome.complete or (only_plan and len(outcome.reasons) == 1) else INCOMPLETE


def _said(reason: dict[str, Any]) -> str:
    rest = ", ".join(f"{name} {value}" for name, value in reason.items() if name != "code")
    return f"{reason['code']}: {rest}" if rest else str(reason["code"])


def _json(file: Path) -> object:
    try:
        return json.loads(read_bytes(file))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        template = "%(file)s, line %(line)s: not valid JSON. Correct it there."
        raise Refused("rights_request", template, file=file, line=getattr(error, "lineno", 1)) from None


COMMANDS = (rights_group,)
