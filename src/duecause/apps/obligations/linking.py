"""Where the page of a request lives. The rooms above know; they register here."""

from __future__ import annotations

from collections.abc import Callable

from duecause.apps.obligations.models import Obligation
from duecause.engine.actor import Actor

PageOf = Callable[[Obligation, Actor], str]
_pages: dict[str, PageOf] = {}


def leads_to(kind: str) -> Callable[[PageOf], PageOf]:
    """Register which page a row of this kind leads to; "" where it is not for this actor."""

    def register(page: PageOf) -> PageOf:
        _pages[kind] = page
        return page

    return register


def page_of(obligation: Obligation, actor: Actor) -> str:
    page = _pages.get(obligation.kind)
    return page(obligation, actor) if page else ""
