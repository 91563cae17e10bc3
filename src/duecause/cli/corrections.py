"""Corrections: put one right for a person, and see which call centres still hold what was wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import click

from duecause.apps.dialling.correction_queries import correction_states
from duecause.apps.gate.actions import Denied
from duecause.apps.register import correct_actions
from duecause.apps.register.models import Correction
from duecause.cli import people
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")


@click.group("corrections")
def corrections_group() -> None:
    """Data that were wrong, and who still holds them."""


@corrections_group.command("record")
@click.argument("person", required=False)
@click.option("--number", help="A number of the person instead of the id; “-” asks for it.")
@click.option("--field", required=True, help="Code of the field, as in the catalogue.")
@click.option("--how", type=click.Choice(Correction.How.values), default="letter", show_default=True)
@click.option("--reference", default="", help="Of the letter or ticket.")
@click.option(
    "--record", type=click.UUID, help="Of several records that say different things, the wrong one."
)
def record(
    person: str | None, number: str | None, field: str, how: str, reference: str, record: UUID | None
) -> None:
    """Correct one value as the person says. The right value is asked for, so that no history keeps it."""
    founding.require_founded()
    found = people.named(person, number)
    value = click.prompt("Right value", hide_input=True)
    done = correct_actions.correct(
        actor=OPERATOR,
        person=found,
        field=field,
        value=value,
        saying=correct_actions.Saying(how=how, reference=reference),
        record_id=record,
        now=datetime.now(UTC),
    )
    assert not isinstance(done, Denied)  # the operator is no employee
    click.echo(f"Corrected in {len(done.records)} records: {done.act}")
    click.echo("Who must be told: duecause corrections status")


@corrections_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs: every correction with its centres.")
@click.option("--open", "open_only", is_flag=True, help="Only where somebody still holds the old value.")
def status(as_json: bool, open_only: bool) -> None:
    """Show per correction which call centres must hear of it, which fetched it and which acknowledged."""
    founding.require_founded()
    states = correction_states(open_only=open_only)
    if as_json:
        click.echo(json.dumps({"corrections": states}, indent=1))
        return
    for state in states:
        counts = f"{state['must_be_told']} told, {state['told']} sent, {state['acknowledged']} acknowledged"
        said = state["source"] or "the person"
        click.echo(
            f"{state['correction']}  {state['at'][:16]}  {', '.join(state['fields'])} ({said})  {counts}"
        )
        for centre in state["centres"]:
            at = centre["acknowledged_at"]
            word = f"acknowledged {at[:16]}" if at else "still holds the old value"
            click.echo(f"  {centre['centre']}: {centre['rows']} rows, {word}")


COMMANDS = (corrections_group,)
