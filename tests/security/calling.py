"""Call an endpoint as its row in matrix.yaml says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse

from tests.security.endpoints import Row, endpoints
from tests.security.objects import Caller
from tests.support.world import World


def call(
    world: World,
    caller: Caller,
    row: Row,
    method: str,
    names: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """`names`: the objects in the address, by parameter."""
    query = urlencode(filled(world, row.query), doseq=True)
    path = endpoints()[row.name].path(names) + (f"?{query}" if query else "")
    if method == "POST" and row.json is None:
        return caller.client.post(path, filled(world, row.send), headers=headers)
    body = "" if row.json is None else json.dumps(filled(world, row.json))
    return caller.client.generic(method, path, body, content_type="application/json", headers=headers)


def filled(world: World, value: Any) -> Any:
    """`world.centre.code` becomes the code of the fictional company's centre."""
    if isinstance(value, Mapping):
        return {name: filled(world, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(world, inner) for inner in value]
    if isinstance(value, str) and value.startswith("world."):
        return attrgetter(value.removeprefix("world."))(world)
    return value
