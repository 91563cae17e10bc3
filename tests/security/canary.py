"""A person whose every value is found nowhere else, so that a single one in the wrong place is seen."""

from __future__ import annotations

from duecause.apps.register.models import Person
from tests.support.scan import Scanner, Secret
from tests.support.world import World

NUMBER = 32478919293
VALUES = {
    "first_name": "Zoëlie",
    "last_name": "Kanarievanger",
    "birth_date": "1987-09-13",
    "phone": f"+{NUMBER}",
    "email": "zoelie.k77@canary.example",
    "street": "Sijsjesstraat 77",
    "postcode": "3320",
    "city": "Hoegaarden",
    "customer_no": "CN-7712009314",
}
SECRETS = {
    "name": (Secret("first name", VALUES["first_name"]), Secret("last name", VALUES["last_name"])),
    "birth": (
        Secret(
            "birth date",
            VALUES["birth_date"],
            also=("13/09/1987", "13-09-1987", "13.09.1987", "19870913", "13 September 1987", "13 sep 1987"),
        ),
    ),
    "phone": (Secret("number", VALUES["phone"]),),
    "email": (Secret("e-mail", VALUES["email"]),),
    "address": (Secret("street", VALUES["street"]), Secret("town", VALUES["city"])),
    "customer_no": (Secret("customer number", VALUES["customer_no"]),),
}
ALL = [secret for secrets in SECRETS.values() for secret in secrets]


def canary(world: World, *, number: int = NUMBER) -> Person:
    return world.person(number=number, **{**VALUES, "phone": f"+{number}"})


def betrayed(content: bytes) -> set[str]:
    """The groups of data of which this content holds a value, in any form."""
    return {group for group, secrets in SECRETS.items() if Scanner(list(secrets)).bytes("answer", content)}
