"""Open a request to be erased from the command line; two privacy officers do the rest on its page."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click

from duecause.apps.register.models import Lookup, Person
from duecause.apps.rights import actions, replaying_actions
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.phone import parse_e164
from duecause.engine.problems import Refused
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
    if bool(person) == bool(number):
        raise click.UsageError("Give the id of a person or --number.")
    found = _by_id(person) if person else _by_number(_typed(number or ""))
    opened = actions.open_request(actor=OPERATOR, person=found, how=how, ground=reason, now=datetime.now(UTC))
    due = f"{opened.due_at:%Y-%m-%d}" if opened.due_at else "-"
    click.echo(f"Request {opened.pk} is open, due {due}. The objection holds now.")
    click.echo("Two privacy officers plan and approve it under Requests; nothing was erased yet.")


def _typed(number: str) -> str:
    """“-” asks for it, so that it stays out of the shell's history and the list of processes."""
    return click.prompt("Number", hide_input=True) if number == "-" else number


def _by_id(text: str) -> Person:
    try:
        found = Person.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused("unknown_person", "There is no person with this id. Copy it from a report or event.")
    return found


def _by_number(text: str) -> Person:
    number = parse_e164(text)
    if number is None:
        raise Refused("no_number", "This is no number in international form. Write it like +32470000011.")
    token = indexes.lookup_token(Lookup.Kind.PHONE, str(number.e164))
    people = list(Person.objects.filter(records__lookups__token=token).distinct().order_by("pk"))
    if not people:
        raise Refused("unknown_number", "Nobody in the register has this number.")
    if len(people) > 1:
        ids = ", ".join(str(person.pk) for person in people)
        raise Refused(
            "several_people",
            "%(count)s people have this number. Look them up at the desk, then give one id: %(ids)s",
            count=len(people),
            ids=ids,
        )
    return people[0]


COMMANDS = (erase,)
