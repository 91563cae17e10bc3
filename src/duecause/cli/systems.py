"""Our own systems that follow what changes: set one up, give it a key, see how far each is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from duecause.apps.register import restrict_actions
from duecause.apps.systems import actions, queries
from duecause.cli import people
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")


@click.group("systems")
def systems_group() -> None:
    """Our own systems that follow what changes about people (GET /api/changes)."""


@systems_group.command("set")
@click.argument("code")
@click.option("--name", default="", help="What people call it.")
@click.option("--source", "sources", multiple=True, required=True, help="Code of a source that is its own.")
@click.option("--field", "fields", multiple=True, help="Field whose new values it needs to know.")
@click.option("--webhook", default="", help="Address to call when there is something.")
def set_system(code: str, name: str, sources: tuple[str, ...], fields: tuple[str, ...], webhook: str) -> None:
    """Set up the system CODE, or change it. Without --field it is told of no value."""
    founding.require_founded()
    system = actions.set_up(
        actor=OPERATOR,
        code=code,
        name=name,
        sources=sources,
        fields=fields,
        webhook_url=webhook,
        now=datetime.now(UTC),
    )
    told = ", ".join(system.fields) or "no values"
    click.echo(f"{system.code} follows the people of {', '.join(sorted(sources))}; it is told {told}.")


@systems_group.command("end")
@click.argument("code")
def end_system(code: str) -> None:
    """Let the system CODE follow nothing any more."""
    founding.require_founded()
    actions.end(actor=OPERATOR, system=queries.system_named(code), now=datetime.now(UTC))
    click.echo(f"{code} follows nothing any more; its key has ended.")


@systems_group.command("key")
@click.argument("code")
def key(code: str) -> None:
    """Make the key of CODE and show it, this once. The one before ends."""
    founding.require_founded()
    system = queries.system_named(code)
    click.echo(actions.make_key(actor=OPERATOR, system=system, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@systems_group.command("secret")
@click.argument("code")
def secret(code: str) -> None:
    """Make the secret that signs the calls of CODE's webhook and show it, this once."""
    founding.require_founded()
    system = queries.system_named(code)
    click.echo(actions.give_secret(actor=OPERATOR, system=system, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@systems_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Show how far each system is."""
    founding.require_founded()
    states = queries.states()
    if as_json:
        click.echo(json.dumps({"systems": states}, indent=1, default=datetime.isoformat))
        return
    for state in states:
        waits = (
            f"waits since {state['waits_since']:%Y-%m-%dT%H:%M}" if state["waits_since"] else "has everything"
        )
        click.echo(f"{state['system']}  {state['acknowledged']} of {state['written']} acknowledged, {waits}")


@click.command("restrict")
@click.argument("person", required=False)
@click.option("--number", help="A number of the person instead of the id; “-” asks for it.")
@click.option("--end", "ends", is_flag=True, help="End the restriction; the person was told before.")
def restrict(person: str | None, number: str | None, ends: bool) -> None:
    """Restrict the processing of a person's data (GDPR Art. 18), or end that."""
    founding.require_founded()
    found, now = people.named(person, number), datetime.now(UTC)
    if ends:
        done = restrict_actions.end_restriction(actor=OPERATOR, person=found, now=now)
        click.echo("The restriction has ended." if done else "There was no restriction.")
        return
    done = restrict_actions.restrict(actor=OPERATOR, person=found, now=now)
    click.echo("Restricted: nobody calls, and only who it is may be seen." if done else "Nothing to change.")


COMMANDS = (systems_group, restrict)
