"""Contacts and work that link employees with persons: the systems that tell of them, and files of them.

Exit codes: 0 done; 2 refused, or some rows could not be taken (the others were).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from duecause.apps.interactions import actions, files, queries
from duecause.cli.attempts import zone_named
from duecause.cli.errors import REFUSED, SHOWN
from duecause.cli.files import read_bytes, write_bytes
from duecause.engine.actor import Actor
from duecause.engine.tabular import write_csv
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
PATH = click.Path(path_type=Path)
REPORT = ("row", "outcome", "problem")


@click.group("interactions")
def interactions_group() -> None:
    """Contacts and work by which look-ups are explained (POST /api/interactions)."""


@interactions_group.command("set")
@click.argument("code")
@click.option("--name", default="", help="What people call it.")
def set_system(code: str, name: str) -> None:
    """Set up the system CODE (telephony, ticketing …) that tells of contacts, or name it anew."""
    founding.require_founded()
    system = actions.set_up(actor=OPERATOR, code=code, name=name, now=datetime.now(UTC))
    click.echo(f"{system.code} may tell of contacts. Give it a key: duecause interactions key {system.code}")


@interactions_group.command("end")
@click.argument("code")
def end_system(code: str) -> None:
    """Let the system CODE tell nothing any more."""
    founding.require_founded()
    actions.end(actor=OPERATOR, system=queries.system_named(code), now=datetime.now(UTC))
    click.echo(f"{code} tells nothing any more; its key and its secret have ended.")


@interactions_group.command("key")
@click.argument("code")
def key(code: str) -> None:
    """Make the key of CODE and show it, this once. The one before ends."""
    founding.require_founded()
    system = queries.system_named(code)
    click.echo(actions.make_key(actor=OPERATOR, system=system, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@interactions_group.command("secret")
@click.argument("code")
def secret(code: str) -> None:
    """Make the secret that signs CODE's messages and show it, this once. The one before ends."""
    founding.require_founded()
    system = queries.system_named(code)
    click.echo(actions.give_secret(actor=OPERATOR, system=system, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@interactions_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Show which systems tell of contacts, how many, and the last time."""
    founding.require_founded()
    states = queries.states()
    if as_json:
        click.echo(json.dumps({"systems": states}, indent=1))
        return
    for state in states:
        last = f"last told {state['last_told_at'][:16]}" if state["last_told_at"] else "has told nothing yet"
        click.echo(f"{state['system']}  {state['contacts']} contacts, {last}")


@interactions_group.command("import")
@click.argument("file", type=PATH)
@click.option("--system", "code", default=actions.OWN, help="Code of the system that they come from.")
@click.option("--country", default="", help="Country of numbers without country code.")
@click.option("--zone", "zone_name", default="", help="Zone of moments without one, as Europe/Paris.")
@click.option("--report", "report_file", type=PATH, help="Write what each row became.")
def import_interactions(file: Path, code: str, country: str, zone_name: str, report_file: Path | None) -> int:
    """Take the contacts in FILE (CSV or XLSX). The same file again changes nothing.

    \b
    Columns: reference, kind, begun_at, and employee (user name) or team (code);
      if known ended_at, number or email or customer_no, contact, drawn (yes, no), made_by (user name).
    Kinds: call, call_joined, chat, ticket, dial_item, callback, appointment, visit, order, work_order,
    dispute, qa_sample, request_case, incident. --report (CSV) holds: row, outcome (new, updated, known,
    refused), problem
    """
    founding.require_founded()
    system = actions.own_system() if code == actions.OWN else queries.system_named(code)
    done = files.take_file(
        actor=OPERATOR,
        system=system,
        data=read_bytes(file),
        name=file.name,
        country=country.upper(),
        zone=zone_named(zone_name),
        now=datetime.now(UTC),
    )
    click.echo(f"{file.name}: {len(done)} contacts of {system.code}")
    for outcome, rows in files.counts(done).items():
        click.echo(f"  {outcome}: {rows}")
    refused = [row for row in done if row.problem]
    for row in refused[:SHOWN]:
        click.echo(f"Row {row.row}: {row.problem.text if row.problem else ''}", err=True)
    if len(refused) > SHOWN:
        click.echo(f"… and {len(refused) - SHOWN} more; --report FILE writes all of them.", err=True)
    if report_file:
        lines = ((r.row, r.outcome, r.problem.text if r.problem else "") for r in done)
        write_bytes(report_file, b"".join(write_csv(lines, REPORT)))
    return REFUSED if refused else 0


COMMANDS = (interactions_group,)
