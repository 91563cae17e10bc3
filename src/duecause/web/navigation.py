"""The rail: what a person may go to, by job. An item whose page is not there, or not theirs, is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """`function` is the code the actor needs; empty means everybody who is signed in. `others` are further
    pages of the same job, each with its function: whoever may not see the first goes to the next."""

    label: str | Promise
    url_name: str
    icon: str
    function: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def pages(self) -> tuple[tuple[str, str], ...]:
        return (self.url_name, self.function), *self.others


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
    Item(
        _("Partners"),
        "parties:list",
        "building-office-2",
        "parties.read",
        (("systems:list", "parties.read"),),
    ),
    Item(_("Rules"), "catalogue:rules", "scale", "catalogue.read"),
    Item(_("Evidence"), "ledger:log", "shield-check", "ledger.read", (("evidence:record", "evidence.read"),)),
)
# Pages of one job that lie in several rooms: code, label, address, function.
TABS: Mapping[str, tuple[tuple[str, str | Promise, str, str], ...]] = {
    "lists": (
        ("lists", _("Lists"), "dialling:lists", "dialling.read"),
        ("campaigns", _("Campaigns"), "dialling:campaigns", "dialling.read"),
        ("exchanges", _("Delivery"), "dialling:exchanges", "dialling.read"),
        ("corrections", _("Corrections"), "dialling:corrections", "dialling.read"),
    ),
    "partners": (
        ("partners", _("Partners"), "parties:list", "parties.read"),
        ("systems", _("Our systems"), "systems:list", "parties.read"),
    ),
    "evidence": (
        ("ledger", _("Ledger"), "ledger:log", "ledger.read"),
        ("record", _("Record of processing"), "evidence:record", "evidence.read"),
    ),
}


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
        open_to = [name for name, function in item.pages if not function or actor.may(function)]
        url = next((url for url in map(url_or_none, open_to) if url), None)
        if url is None:
            continue
        rooms = {name.partition(":")[0] for name in open_to}
        current = namespace in rooms or (url != "/" and path.startswith(url)) or path == url
        found.append(Link(label=item.label, url=url, icon=item.icon, current=current))
    return found


def tabs_for(actor: Actor, job: str) -> list[dict[str, object]]:
    """The pages of a job that this actor may open, as `c-tabs` takes them; none where there is but one."""
    found: list[dict[str, object]] = [
        {"code": code, "label": label, "url": url}
        for code, label, name, function in TABS[job]
        if actor.may(function) and (url := url_or_none(name))
    ]
    return found if len(found) > 1 else []
