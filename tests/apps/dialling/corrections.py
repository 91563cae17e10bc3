"""A source whose people are on a centre's list, and what puts their data right."""

from duecause.apps.register import correct_actions
from duecause.apps.register.models import Person, Record
from duecause.engine.actor import Actor
from tests.apps.dialling.feeds import LATER
from tests.apps.dialling.lists import OWN_NUMBERS, load_dncm
from tests.apps.register.lists import take
from tests.support.world import OPERATOR, make_world

HEADER = "ref,first_name,last_name,phone,email,consent_on,consent_text"
WORDS = "Warm NV mag mij bellen over warmtepompen."
MAP = {"ref": "external_id"}


def ready_world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


def line(ref="1", first="Mila", last="Test-Peeters", phone="+32470000011", email="mila@example.org"):
    return f"{ref},{first},{last},{phone},{email},2026-03-03,{WORDS}"


def import_lines(world, *lines, now=LATER):
    text = "\n".join([HEADER, *lines])
    return take(world.source, text, now=now, explicit_map=MAP)


def person_of(world, row=2):
    return Person.objects.get(records__in=Record.objects.filter(source=world.source, row=row))


def correct(person, field, value, *, now=LATER, **given):
    saying = given.pop("saying", correct_actions.Saying())
    return correct_actions.correct(
        actor=given.pop("actor", OPERATOR),
        person=person,
        field=field,
        value=value,
        saying=saying,
        now=now,
        **given,
    )


def stored(person, *fields):
    """What a record of this person holds, opened."""
    from duecause.apps.gate.actions import open_for_job

    opened = open_for_job(
        actor=Actor.job("test", "open:test"),
        kind="person",
        ids=[person.pk],
        fields=fields,
        why="test",
        now=LATER,
    )
    return next(iter(opened.values()), {})
