"""Every endpoint of the product as Django's resolver knows it, beside its reviewed row in matrix.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, get_resolver, resolve, reverse

from duecause.api import api

MATRIX = Path(__file__).with_name("matrix.yaml")
PUBLIC = "public"
SIGNED_IN = "any signed-in"
PARTNER = "partner scope "
SYSTEM = "system scope "
CONTACT = "contact scope "
SIGNATURE = "signature scope "
DIRECTORY = "directory scope "
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEYS = {"methods", "needs", "takes", "send", "json", "query", "answers"}


@dataclass(frozen=True)
class Endpoint:
    """One named URL. `needs` is the function code that stands on its view, if any."""

    name: str
    route: str
    parameters: tuple[str, ...]
    needs: str | None
    view: Callable[..., Any]

    def path(self, values: Mapping[str, object]) -> str:
        return reverse(self.name, kwargs=dict(values))


@dataclass(frozen=True)
class Row:
    """The reviewed expectation of one endpoint; the head of matrix.yaml says what each key means."""

    name: str
    methods: tuple[str, ...]
    needs: Mapping[str, str]
    takes: Mapping[str, str]
    send: Mapping[str, Any]
    json: Any
    query: Mapping[str, Any]
    answers: frozenset[int]

    def scope(self, method: str) -> str:
        """The API scope this endpoint needs; empty for pages."""
        needed = self.needs[method]
        whose = (PARTNER, SYSTEM, CONTACT, SIGNATURE, DIRECTORY)
        return next((needed.removeprefix(each) for each in whose if needed.startswith(each)), "")

    def holder(self, method: str) -> str:
        """Who has a key of that scope."""
        holders = {
            SYSTEM: "system key",
            CONTACT: "contact system's key",
            SIGNATURE: "who can sign",
            DIRECTORY: "directory's key",
        }
        return next(
            (key for whose, key in holders.items() if self.needs[method].startswith(whose)), "partner key"
        )


@cache
def endpoints() -> dict[str, Endpoint]:
    found: dict[str, Endpoint] = {}
    for endpoint in _walk(get_resolver(), (), ""):
        assert not endpoint.name.endswith(":?"), f"/{endpoint.route} has no name: give its path() one."
        found.setdefault(endpoint.name, endpoint)
    return found


def _walk(resolver: Any, namespaces: tuple[str, ...], prefix: str) -> Iterator[Endpoint]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if not isinstance(entry, URLPattern):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry, inner, route)
            continue
        yield Endpoint(
            name=":".join((*namespaces, entry.name or "?")),
            route=route,
            parameters=tuple(entry.pattern.converters),
            needs=_needs_of(entry.callback),
            view=entry.callback,
        )


def _needs_of(view: Callable[..., Any]) -> str | None:
    return getattr(view, "needs", None) or getattr(getattr(view, "view_class", None), "needs", None)


@cache
def rows() -> dict[str, Row]:
    return {name: _row(name, entry or {}) for name, entry in yaml.safe_load(MATRIX.read_text()).items()}


def _row(name: str, entry: Mapping[str, Any]) -> Row:
    unknown = set(entry) - KEYS
    assert not unknown, f"matrix.yaml, {name}: unknown keys {sorted(unknown)}; known are {sorted(KEYS)}."
    methods = METHODS if entry["methods"] == "any" else tuple(entry["methods"])
    needed = entry["needs"]
    takes = entry.get("takes", "nothing")
    if isinstance(takes, str):
        parameters = endpoints()[name].parameters if name in endpoints() else ()
        takes = {} if takes == "nothing" else dict.fromkeys(parameters, takes)
    return Row(
        name=name,
        methods=methods,
        needs=needed if isinstance(needed, dict) else dict.fromkeys(methods, needed),
        takes=takes,
        send=entry.get("send", {}),
        json=entry.get("json"),
        query=entry.get("query", {}),
        answers=frozenset(entry.get("answers", ())),
    )


def openapi_calls() -> Iterator[tuple[str, str]]:
    """(url name, method) of every operation that the API documents."""
    for path, operations in api.get_openapi_schema()["paths"].items():
        sample = "/".join(_sample(part) for part in path.split("/"))
        for method in operations:
            yield resolve(sample).view_name, method.upper()


def _sample(part: str) -> str:
    return "00000000-0000-7000-8000-000000000000" if part.startswith("{") else part


def calls() -> list[tuple[str, str]]:
    """(url name, method) of every reviewed endpoint that exists."""
    return [(name, method) for name, row in rows().items() if name in endpoints() for method in row.methods]
