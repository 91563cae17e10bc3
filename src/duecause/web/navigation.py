"""The rail: what a person may go to, by job. An item whose page is not there, or not theirs, is left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """`function` is the code the actor needs; empty means everybody who is signed in."""

    label: str | Promise
    url_name: str
    icon: str
    function: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    url: str
    icon: str
    current: bool


NAVIGATION: tuple[Item, ...] = (
    Item(_("Home"), "home:home", "home"),
    Item(_("Desk"), "desk:home", "phone", "desk.use"),
    Item(_("Lists"), "dialling:lists", "queue-list", "dialling.read"),
    Item(_("People"), "register:imports", "users", "register.read"),
    Item(_("Requests"), "obligations:list", "inbox-stack", "obligations.read"),
    Item(_("Alarms"), "gate:alarms", "bell-alert", "alarms.read"),
    Item(_("Partners"), "parties:list", "building-office-2", "parties.read"),
    Item(_("Rules"), "catalogue:rules", "scale", "catalogue.read"),
    Item(_("Evidence"), "ledger:log", "shield-check", "ledger.read"),
)


def url_or_none(name: str) -> str | None:
    """The address of a named page, or None where that page is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def links_for(
    actor: Actor | None, *, path: str, namespace: str = "", items: Iterable[Item] = NAVIGATION
) -> list[Link]:
    """Links this actor may follow; the one whose room serves `path` is marked current."""
    if actor is None:
        return []
    found = []
    for item in items:
        url = url_or_none(item.url_name)
        if url is None or (item.function and not actor.may(item.function)):
            continue
        room = item.url_name.partition(":")[0]
        current = room == namespace or (url != "/" and path.startswith(url)) or path == url
        found.append(Link(label=item.label, url=url, icon=item.icon, current=current))
    return found
