"""Alarms as the operator sees them: where they are sent to, whether they arrive, accounts that were
locked."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from uuid import UUID

import click
from django.db.models import Count

from duecause.apps.gate import delivery_actions
from duecause.apps.gate.activation import standings
from duecause.apps.gate.activation_actions import file_paper, withdraw_paper
from duecause.apps.gate.case_actions import decide
from duecause.apps.gate.delivery_queries import last_heartbeat, sink_named, sink_standings
from duecause.apps.gate.models import Case, Sink
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
def send_test(code: str) -> None:
    """Send a test to the sink CODE now, after what waits for it. Exit code 1: it was not taken."""
    founding.require_founded()
    now = datetime.now(UTC)
    if delivery_actions.send_test(actor=OPERATOR, sink=sink_named(code), now=now):
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


@alarms_group.command("measures")
def measures() -> None:
    """Show which measures that watch employees may run, what is missing for the others, and from when."""
    founding.require_founded()
    for standing in standings(datetime.now(UTC)):
        if standing.missing:
            click.echo(f"{standing.measure}  off; missing: {', '.join(standing.missing)}")
        else:
            state = "runs" if standing.running else "off"
            click.echo(f"{standing.measure}  {state}; from {standing.runs_from}")


@alarms_group.command("file")
@click.argument("measure")
@click.argument("paper")
@click.option("--reference", required=True, help="Where the paper lies.")
@click.option(
    "--dated", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day it was given or told."
)
def file(measure: str, paper: str, reference: str, dated: datetime) -> None:
    """File a PAPER (notice, basis, assessment, works_council) for a MEASURE. It replaces the one before."""
    founding.require_founded()
    file_paper(
        actor=OPERATOR,
        measure=measure,
        kind=paper,
        reference=reference,
        dated=dated.date(),
        now=datetime.now(UTC),
    )
    click.echo("Filed. See: duecause alarms measures")


@alarms_group.command("withdraw")
@click.argument("measure")
@click.argument("paper")
def withdraw(measure: str, paper: str) -> None:
    """Withdraw a PAPER of a MEASURE: the measure stops at once."""
    founding.require_founded()
    now = datetime.now(UTC)
    filed = next((each.papers.get(paper) for each in standings(now) if each.measure == measure), None)
    if filed is None:
        raise click.ClickException(f"No paper {paper} is filed for {measure}. See: duecause alarms measures")
    withdraw_paper(actor=OPERATOR, paper=filed, now=now)
    click.echo("Withdrawn: the measure is off.")


@alarms_group.command("cases")
def cases() -> None:
    """List the open cases, the newest first: whose, how many alarms, how it stands. No reason is shown."""
    founding.require_founded()
    rows = Case.objects.exclude(state=Case.State.CLOSED).select_related("employee")
    for case in rows.annotate(count=Count("alarms")).order_by("-newest_at"):
        click.echo(f"{case.pk}  {case.employee.username}  {case.count} alarms, {case.state}")


@alarms_group.command("decide")
@click.argument("case", type=click.UUID)
@click.argument("outcome", type=click.Choice(Case.Outcome.values))
def decide_case(case: UUID, outcome: str) -> None:
    """Decide a CASE; its alarms are closed with that."""
    founding.require_founded()
    found = Case.objects.filter(pk=case).first()
    if found is None:
        raise click.ClickException("There is no such case. See: duecause alarms cases")
    decided = decide(actor=OPERATOR, case=found, outcome=outcome, now=datetime.now(UTC))
    click.echo("Decided." if decided else "It was decided before.")


def _plain(value: object) -> object:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


COMMANDS = (alarms_group,)
