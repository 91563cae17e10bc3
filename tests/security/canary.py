"""A person whose every value is found nowhere else, so that a single one in the wrong place is seen."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from django.conf import settings

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
BORN = tuple(
    format_date(date.fromisoformat(VALUES["birth_date"]), form, locale=language)
    for language in ("en_GB", *dict(settings.LANGUAGES))
    for form in ("dd/MM/y", "dd-MM-y", "dd.MM.y", "yMMdd", "d MMMM y", "d MMM y")
)
SECRETS = {
    "name": (Secret("first name", VALUES["first_name"]), Secret("last name", VALUES["last_name"])),
    "birth": (Secret("birth date", VALUES["birth_date"], also=BORN),),
    "phone": (Secret("number", VALUES["phone"]),),
    "email": (Secret("e-mail", VALUES["email"]),),
    "address": (Secret("street", VALUES["street"]), Secret("town", VALUES["city"])),
    "customer_no": (Secret("customer number", VALUES["customer_no"]),),
}
ALL = [secret for secrets in SECRETS.values() for secret in secrets]


def canary(world: World, *, number: int = NUMBER) -> Person:
    return world.person(number=number, **{**VALUES, "phone": f"+{number}"})


def listed(world: World, *others: dict[str, str]) -> bytes:
    """The canary as a row of a list that a source sends, and further rows that differ from it as told."""
    row = {**VALUES, "consent_text": world.wording.text, "obtained_on": "2026-03-03"}
    lines = [";".join(row), *(";".join({**row, **other}.values()) for other in ({}, *others))]
    return "\n".join(lines).encode()


def betrayed(content: bytes) -> set[str]:
    """The groups of data of which this content holds a value, in any form."""
    return {group for group, secrets in SECRETS.items() if Scanner(list(secrets)).bytes("answer", content)}
