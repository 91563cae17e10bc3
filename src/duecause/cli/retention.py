"""`duecause retention`: what goes when, what is due now, and doing it without waiting for the night."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import click

from duecause.apps.catalogue.retention_queries import in_force
from duecause.apps.rights import retention_counting as counting
from duecause.apps.rights.retention_actions import run_retention
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
NO_RULES = "No retention rules are in force. Approve those that wait, under Rules, Retention."
as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group("retention")
def retention() -> None:
    """What is kept until when."""


@retention.command()
@as_json
def forecast(as_json: bool) -> None:
    """Say what goes in which month, what is held and what no rule speaks of. Changes nothing."""
    founding.require_founded()
    found = counting.forecast(datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if found is None:
        click.echo(NO_RULES)
        return
    click.echo(f"{found['people']} persons, by version {found['version']} of the rules:")
    for month, actions in found["months"].items():
        for action, each in actions.items():
            click.echo(
                f"  {month:<8} {action:<16} {each['persons']} persons, {each['records']} records,"
                f" {each['fields']} fields"
            )
    if not found["months"]:
        click.echo("  nothing has a date by which it must go")
    for reason, each in found["held"].items():
        click.echo(f"  overdue and held ({reason}): {each['persons']} persons, {each['records']} records")
    for name, records in found["no_rule"].items():
        click.echo(f"  no rule speaks of {name} in {records} records: it stays")


@retention.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@as_json
def due(limit: int, as_json: bool) -> None:
    """List the records of which something is due now, by id. Changes nothing, opens nothing."""
    founding.require_founded()
    _require_rules()
    found = counting.rows(datetime.now(UTC), counting.Asked(month=counting.OVERDUE))
    rows = [_plain(row) for row in islice(found, limit)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        fields = ", ".join(f"{name} ({each['action']})" for name, each in row["fields"].items())
        click.echo(f"{row['record']}  {row['source']}: {fields}")
    click.echo(f"{len(rows)} records." if rows else "Nothing is due.")


@retention.command()
@click.option("--yes", is_flag=True, help="Really carry it out: what goes cannot be brought back.")
@as_json
def run(yes: bool, as_json: bool) -> None:
    """Carry out now what the night would carry out."""
    founding.require_founded()
    _require_rules()
    if not yes:
        raise Refused(
            "retention_unsure",
            "This erases what is due for good. Look at it with: duecause retention due. Then add --yes.",
        )
    done = run_retention(actor=OPERATOR, run=uuid7(), now=datetime.now(UTC))
    counting.note_forecast(datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(done, indent=2))
        return
    click.echo(
        f"{done['persons']} persons, {done['records']} records, {done['records_whole']} of them as a whole;"
        f" {done['keys']} keys destroyed, read back. Certificates are under Rules, Retention."
    )


def _require_rules() -> None:
    if in_force() is None:
        raise Refused("retention_none", NO_RULES)


def _plain(row: counting.Row) -> dict[str, Any]:
    fields = {
        name: {"until": until.isoformat(), "action": action, "purpose": purpose, "trigger": trigger}
        for name, (until, action, purpose, trigger, _held) in row.fields.items()
    }
    return {"record": str(row.record), "person": str(row.person), "source": row.source, "fields": fields}


COMMANDS = (retention,)
