"""Alarms as the operator sees them: where they are sent to, whether they arrive, accounts that were
locked."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import click

from duecause.apps.gate import delivery_actions
from duecause.apps.gate.delivery_queries import last_heartbeat, sink_named, sink_standings
from duecause.apps.gate.models import Sink
from duecause.apps.staff.account_actions import unlock
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")


@click.group("alarms")
def alarms_group() -> None:
    """Where alarms are sent to (alarm_sinks in the organisation file) and whether they arrive."""


@alarms_group.command("sinks")
def sinks() -> None:
    """List the sinks."""
    founding.require_founded()
    for sink in Sink.objects.order_by("code"):
        state = "" if sink.is_active else ", ended"
        click.echo(f"{sink.code}  {sink.kind} {sink.format}, from severity {sink.severity_from}{state}")


@alarms_group.command("secret")
@click.argument("code")
def secret(code: str) -> None:
    """Make the secret that signs the webhook CODE and show it, this once."""
    founding.require_founded()
    click.echo(delivery_actions.give_secret(actor=OPERATOR, sink=sink_named(code), now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@alarms_group.command("test")
@click.argument("code")
def test_sink(code: str) -> None:
    """Send a test to the sink CODE now, after what waits for it. Exit code 1: it was not taken."""
    founding.require_founded()
    now = datetime.now(UTC)
    if delivery_actions.test_sink(actor=OPERATOR, sink=sink_named(code), now=now):
        click.echo(f"{code} took the test.")
        return
    click.echo(f"{code} did not take it; it waits and is tried again. See: duecause alarms status", err=True)
    sys.exit(1)


@alarms_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Show what waits for each sink, since when it is down, and the newest heartbeat."""
    founding.require_founded()
    beat, standings = last_heartbeat(), sink_standings()
    if as_json:
        found = [{name: _plain(getattr(each, name)) for name in each.__slots__} for each in standings]
        click.echo(json.dumps({"heartbeat": _plain(beat), "sinks": found}, indent=1))
        return
    click.echo(f"last heartbeat {_plain(beat) or 'none yet'}")
    for sink in standings:
        state = f"down since {_plain(sink.down_since)}" if sink.down_since else "takes what it is sent"
        click.echo(f"{sink.code}  {state}; {sink.waiting} wait, {sink.dead} set aside")


@alarms_group.command("unlock")
@click.argument("username")
@click.option("--reason", required=True, help="Why the account may be used again; stands in the ledger.")
def unlock_account(username: str, reason: str) -> None:
    """Open the locked or slowed account of USERNAME again."""
    founding.require_founded()
    employee = Employee.objects.filter(username=username).first()
    if employee is None:
        raise click.ClickException(f"There is no employee {username}.")
    opened = unlock(actor=OPERATOR, employee=employee, reason=reason, now=datetime.now(UTC))
    click.echo("The account is open again." if opened else "The account was open.")


def _plain(value: object) -> object:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


COMMANDS = (alarms_group,)
