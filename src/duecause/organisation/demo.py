"""The demonstration: the organisation file of packs/demo and what is loaded after it, once, into an empty
data folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files

from duecause.apps.consent.models import NationalRegister
from duecause.apps.consent.register_load_actions import load_register
from duecause.apps.parties.models import Controller, Source
from duecause.apps.register.actions import queue_import
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.organisation import applying
from duecause.organisation.schema import Organisation

Say = Callable[[str], object]
SignIns = list[tuple[str, str, str]]

FILE = "org.yaml"

# Imported by the worker after the start. The web shop's list is left for whoever tries the product.
LISTS = {
    "customers-be.xlsx": "CUSTOMERS-BE",
    "customers-nl.tsv": "CUSTOMERS-NL",
    "fair-be.csv": "FAIR-BE",
    "broker-nl.csv": "BROKER-NL",
    "callback-nl.csv": "CALLBACK-NL",
    "partner-fr.csv": "PARTNER-FR",
    "leads-pl.csv": "LEADS-PL",
}
REGISTER_FILES = {"BE-DNCM": "be-dncm-2026-11-20.txt"}


def load_demo(*, actor: Actor, now: datetime, say: Say) -> SignIns:
    """Load everything when there is no organisation yet. Gives name, profile, password of each employee."""
    organisation = demo_organisation()
    if not Controller.objects.exists():
        done = applying.apply(organisation, actor=actor, now=now)
        say(
            f"Loaded the demonstration organisation {organisation.organisation}: {len(done.changes)} entries."
        )
        _load_registers(actor, now)
        _queue_lists(actor, now)
        say(f"Loaded {len(REGISTER_FILES)} national register; {len(LISTS)} lists are being imported.")
    elif not _is_demo(organisation):
        return []
    return [(entry.username, entry.profile, entry.demo_password) for entry in organisation.employees]


def demo_organisation() -> Organisation:
    text = files("duecause.packs").joinpath("demo", FILE).read_text(encoding="utf-8")
    return applying.read(text, file=FILE)


def _load_registers(actor: Actor, now: datetime) -> None:
    """As published today: the demonstration must not grow too old to screen against."""
    for code, name in REGISTER_FILES.items():
        register = NationalRegister.objects.get(code=code)
        load_register(
            actor=actor,
            register=register,
            data=_file("registers", name),
            file_name=name,
            version_date=local_day(now, register.country),
            now=now,
        )


def _queue_lists(actor: Actor, now: datetime) -> None:
    for name, code in LISTS.items():
        source = Source.objects.get(code=code)
        queue_import(
            actor=actor, source=source, data=_file("lists", name), file_name=name, options={}, now=now
        )


def _file(folder: str, name: str) -> bytes:
    return files("duecause.packs").joinpath("demo", folder, name).read_bytes()


def _is_demo(organisation: Organisation) -> bool:
    """The organisation in this data folder is the demonstration, not somebody's own."""
    codes = {entry.code for entry in organisation.controllers}
    return set(Controller.objects.values_list("code", flat=True)) == codes
