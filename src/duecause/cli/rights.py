"""Open a request to be erased from the command line; two privacy officers do the rest on its page."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from duecause.apps.rights import actions, replaying_actions
from duecause.cli.people import named
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
HOW = ("call", "letter", "mail", "portal", "partner")


@click.command("erase")
@click.argument("person", required=False)
@click.option("--number", help="Find the person by this number, written +32…; asked for if given as “-”.")
@click.option("--reason", type=click.Choice(actions.GROUNDS), default="request", show_default=True)
@click.option("--how", type=click.Choice(HOW), default="letter", show_default=True, help="How it reached us.")
@click.option("--replay", is_flag=True, help="After a restore: erase again who was erased since.")
def erase(person: str | None, number: str | None, reason: str, how: str, replay: bool) -> None:
    """Open a request to erase PERSON (an id, or found by --number).

    The objection that goes with it holds at once. Nothing is erased before one privacy officer has planned it
    and another has approved the plan, under Requests.
    """
    founding.require_founded()
    if replay:
        back = replaying_actions.replay(actor=OPERATOR, now=datetime.now(UTC))
        click.echo(f"{back} erased people were still in this copy. Nothing of them is left.")
        return
    found = named(person, number)
    opened = actions.open_request(actor=OPERATOR, person=found, how=how, ground=reason, now=datetime.now(UTC))
    due = f"{opened.due_at:%Y-%m-%d}" if opened.due_at else "-"
    click.echo(f"Request {opened.pk} is open, due {due}. The objection holds now.")
    click.echo("Two privacy officers plan and approve it under Requests; nothing was erased yet.")


COMMANDS = (erase,)
