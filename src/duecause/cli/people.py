"""A person named at the command line: by id, or by a number that is asked for so that no history keeps it."""

from __future__ import annotations

from uuid import UUID

import click

from duecause.apps.register.models import Lookup, Person
from duecause.apps.vault import indexes
from duecause.engine.phone import parse_e164
from duecause.engine.problems import Refused


def named(person: str | None, number: str | None) -> Person:
    """The one person of an id or of a number. Raises UsageError unless exactly one is given, Refused."""
    if bool(person) == bool(number):
        raise click.UsageError("Give the id of a person or --number.")
    return by_id(person) if person else by_number(typed(number or ""))


def typed(number: str) -> str:
    """“-” asks for it, so that it stays out of the shell's history and the list of processes."""
    return click.prompt("Number", hide_input=True) if number == "-" else number


def by_id(text: str) -> Person:
    try:
        found = Person.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused("unknown_person", "There is no person with this id. Copy it from a report or event.")
    return found


def by_number(text: str) -> Person:
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
