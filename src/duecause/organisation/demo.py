"""The demonstration: the organisation file of packs/demo and what is loaded after it, once, into an empty
data folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files

from duecause.apps.parties.models import Controller
from duecause.engine.actor import Actor
from duecause.organisation import applying
from duecause.organisation.schema import Organisation

Say = Callable[[str], object]
Load = Callable[[Actor, datetime, Say], object]
SignIns = list[tuple[str, str, str]]

FILE = "org.yaml"

# Run in this order after the organisation file; each says what it loaded.
LOADERS: tuple[Load, ...] = ()


def load_demo(*, actor: Actor, now: datetime, say: Say) -> SignIns:
    """Load everything when there is no organisation yet. Gives name, profile, password of each employee."""
    organisation = demo_organisation()
    if not Controller.objects.exists():
        done = applying.apply(organisation, actor=actor, now=now)
        say(
            f"Loaded the demonstration organisation {organisation.organisation}: {len(done.changes)} entries."
        )
        for load in LOADERS:
            load(actor, now, say)
    elif not _is_demo(organisation):
        return []
    return [(entry.username, entry.profile, entry.demo_password) for entry in organisation.employees]


def demo_organisation() -> Organisation:
    text = files("duecause.packs").joinpath("demo", FILE).read_text(encoding="utf-8")
    return applying.read(text, file=FILE)


def _is_demo(organisation: Organisation) -> bool:
    """The organisation in this data folder is the demonstration, not somebody's own."""
    codes = {entry.code for entry in organisation.controllers}
    return set(Controller.objects.values_list("code", flat=True)) == codes
