"""What every page knows: where the person may go, what is due, and how they want it to look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, get_language_info

from duecause.engine.actor import Actor

from . import navigation

Due = Callable[[Actor], int]


class Told(NamedTuple):
    """What somebody signed in is told on every page until they have read it, and where to answer."""

    meaning: str
    text: str
    href: str
    label: str


ToldOf = Callable[[HttpRequest], list[Told]]
RememberLanguage = Callable[[HttpRequest, str], None]
_due: list[Due] = []
_told: list[ToldOf] = []
_remember_language: list[RememberLanguage] = []

# Cookie name -> allowed values, the first being the default. Read by the server: no flash, no script needed.
CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("auto", "light", "dark"),
    "density": ("normal", "compact"),
    "rail": ("wide", "icons"),
    "keys": ("on", "off"),
}


def register_due(provider: Due) -> Due:
    """Add a count of things that wait for an actor. Called in a room's AppConfig.ready; once per provider."""
    if provider not in _due:
        _due.append(provider)
    return provider


def register_told(provider: ToldOf) -> ToldOf:
    """Add what somebody must be told. Called in a room's AppConfig.ready; once per provider."""
    if provider not in _told:
        _told.append(provider)
    return provider


def register_language(keeper: RememberLanguage) -> RememberLanguage:
    """Tell a room that keeps people's language when one is chosen (called with request and code)."""
    if keeper not in _remember_language:
        _remember_language.append(keeper)
    return keeper


def remember_language(request: HttpRequest, code: str) -> None:
    for keeper in _remember_language:
        keeper(request, code)


class Language(NamedTuple):
    code: str
    name: str
    current: bool


class Page:
    """Computed when a template asks, so that fragments do not pay for the frame."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def actor(self) -> Actor | None:
        return getattr(self._request, "actor", None)

    @cached_property
    def navigation(self) -> list[navigation.Link]:
        match = self._request.resolver_match
        return navigation.links_for(
            self.actor, path=self._request.path, namespace=match.namespace if match else ""
        )

    @cached_property
    def due(self) -> int:
        actor = self.actor
        return sum(count(actor) for count in _due) if actor else 0

    @cached_property
    def told(self) -> list[Told]:
        return [told for tell in _told for told in tell(self._request)] if self.actor else []

    @cached_property
    def due_url(self) -> str | None:
        return navigation.url_or_none("home:due") or navigation.url_or_none("home:home")

    @cached_property
    def search_url(self) -> str | None:
        """Where the search box posts to (never a query string: what is searched for is personal)."""
        if self.actor is None or not self.actor.may("desk.use"):
            return None
        return navigation.url_or_none("desk:search")

    @cached_property
    def me(self) -> str:
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return ""
        return str(getattr(user, "display_name", "") or user.get_username())

    @cached_property
    def sign_out_url(self) -> str | None:
        return navigation.url_or_none("sign-out")

    @cached_property
    def languages(self) -> list[Language]:
        now = get_language()
        return [
            Language(code, str(get_language_info(code)["name_local"]), code == now)
            for code, _name in settings.LANGUAGES
        ]

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def path(self) -> str:
        # Without the query: it may hold a filter the next page does not know.
        return self._request.path

    def _choice(self, name: str) -> str:
        value = self._request.COOKIES.get(name, "")
        return value if value in CHOICES[name] else CHOICES[name][0]

    @property
    def theme(self) -> str:
        return self._choice("theme")

    @property
    def density(self) -> str:
        return self._choice("density")

    @property
    def rail(self) -> str:
        return self._choice("rail")

    @property
    def keys(self) -> str:
        return self._choice("keys")


def page(request: HttpRequest) -> dict[str, Page]:
    return {"page": Page(request)}
