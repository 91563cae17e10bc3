"""SCIM 2.0 (RFC 7644) for a directory of employees: users, and the groups that give profiles."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from duecause.apps.directory import actions, queries, scim
from duecause.apps.directory.actions import directory_actor
from duecause.apps.directory.models import Directory
from duecause.apps.directory.scim import Refusal
from duecause.apps.staff.models import Employee

log = logging.getLogger(__name__)
CONTENT = "application/scim+json"
LARGEST = 256 * 1024
NOT_FOUND = "There is no such account here."
View = Callable[..., Any]


def provisioned(view: View) -> View:
    """For whoever holds a directory's key; answers in SCIM's own form, errors too. `view` gets the directory
    behind the request and returns (status, body)."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kind, _, clear = request.headers.get("Authorization", "").partition(" ")
        try:
            directory = queries.directory_by_key(clear) if kind.lower() == "bearer" else None
            if directory is None:
                raise Refusal(
                    401, "The key is missing, unknown or ended. Make one: duecause directory key CODE."
                )
            status, body = view(request, directory, *args, **kwargs)
        except Refusal as refused:
            status, body = refused.status, refused.body
        answer = HttpResponse(
            json.dumps(body) if body is not None else "", status=status, content_type=CONTENT
        )
        answer["Cache-Control"] = "no-store"
        if status == 401:
            answer["WWW-Authenticate"] = 'Bearer realm="duecause"'
        return answer

    return answered


@require_http_methods(["GET", "POST"])
@provisioned
def users(request: HttpRequest, directory: Directory) -> tuple[int, dict[str, Any]]:
    if request.method == "POST":
        made = actions.take_in(
            actor=directory_actor(directory), directory=directory, said=scim.user(_body(request)), now=_now()
        )
        return 201, _user(request, made)
    rows = queries.found(directory, scim.asked(request.GET.get("filter", ""), queries.USER_FILTERS))
    start, count = scim.page(request.GET)
    shown = [_user(request, each) for each in rows[start - 1 : start - 1 + count]]
    return 200, scim.listed(shown, total=rows.count(), start=start)


@require_http_methods(["GET", "PUT", "PATCH", "DELETE"])
@provisioned
def user(request: HttpRequest, directory: Directory, known_id: str) -> tuple[int, dict[str, Any] | None]:
    known = _known(directory, known_id)
    given: dict[str, Any] = {
        "actor": directory_actor(directory), "directory": directory, "employee": known, "now": _now(),
    }  # fmt: skip
    if request.method == "DELETE":
        actions.remove(**given)
        return 204, None
    if request.method in ("PUT", "PATCH"):
        read = scim.user if request.method == "PUT" else scim.changes
        known = actions.bring(said=read(_body(request)), **given)
    return 200, _user(request, known)


@require_GET
@provisioned
def groups(request: HttpRequest, directory: Directory) -> tuple[int, dict[str, Any]]:
    asked = scim.asked(request.GET.get("filter", ""), ("displayname", "id"))
    names = [name for name in queries.groups() if asked is None or asked.value.lower() == name.lower()]
    start, count = scim.page(request.GET)
    whole = "members" not in request.GET.get("excludedAttributes", "")
    shown = [_group(request, directory, name, whole) for name in names[start - 1 : start - 1 + count]]
    return 200, scim.listed(shown, total=len(names), start=start)


@require_http_methods(["GET", "PATCH"])
@provisioned
def group(request: HttpRequest, directory: Directory, name: str) -> tuple[int, dict[str, Any]]:
    """Members come and go by PATCH; the groups themselves are the profiles of the product."""
    profile = queries.groups().get(name)
    if profile is None:
        raise Refusal(404, f"There is no such group. Groups here: {', '.join(queries.groups())}.")
    if request.method == "PATCH":
        for operation, path, value in list(scim.operations(_body(request))):
            act = actions.take_profile if operation == "remove" else actions.give_profile
            for employee in [_known(directory, each) for each in scim.members(operation, path, value)]:
                act(
                    actor=directory_actor(directory),
                    directory=directory,
                    employee=employee,
                    profile=profile,
                    now=_now(),
                )
    return 200, _group(request, directory, name, True)


@require_GET
@provisioned
def config(request: HttpRequest, directory: Directory) -> tuple[int, dict[str, Any]]:
    no = {"supported": False}
    scheme = {"type": "oauthbearertoken", "name": "Bearer", "description": "The key of the directory"}
    return 200, {
        "schemas": [f"{scim.CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": scim.MOST},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [scheme],
    }


@require_GET
@provisioned
def resource_types(request: HttpRequest, directory: Directory) -> tuple[int, dict[str, Any]]:
    shown = [
        {
            "schemas": [f"{scim.CORE}:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": schema,
        }
        for name, schema in (("User", scim.USER), ("Group", scim.GROUP))
    ]
    return 200, scim.listed(shown, total=len(shown), start=1)


def _now() -> datetime:
    return datetime.now(UTC)


def _body(request: HttpRequest) -> object:
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        raise Refusal(413, "The message is larger than 256 KB. Send fewer members at a time.")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is no valid JSON.", "invalidSyntax") from None


def _known(directory: Directory, text: str) -> Employee:
    pk = queries.as_id(text)
    known = queries.employees(directory).filter(pk=pk).first() if pk else None
    if known is None:
        raise Refusal(404, NOT_FOUND)
    return known


def _user(request: HttpRequest, known: Employee) -> dict[str, Any]:
    entry = getattr(known, "directory_entry", None)
    name = f"{queries.GROUPS_BEGIN}{known.profile}"
    return {
        "schemas": [scim.USER],
        "id": str(known.pk),
        "externalId": entry.external_id if entry else "",
        "userName": known.username,
        "displayName": known.display_name,
        "name": {"formatted": known.display_name},
        "preferredLanguage": known.language,
        "active": known.is_active,
        "groups": [{"value": name, "display": name}] if known.profile else [],
        "meta": _meta(request, "User", reverse("scim:user", args=[known.pk])),
    }


def _group(request: HttpRequest, directory: Directory, name: str, whole: bool) -> dict[str, Any]:
    held: list[Mapping[str, str]] = []
    if whole:
        rows = queries.employees(directory).filter(profile=queries.groups()[name], is_active=True)
        held = [{"value": str(each.pk), "display": each.display_name} for each in rows]
    return {
        "schemas": [scim.GROUP],
        "id": name,
        "displayName": name,
        **({"members": held} if whole else {}),
        "meta": _meta(request, "Group", reverse("scim:group", args=[name])),
    }


def _meta(request: HttpRequest, kind: str, path: str) -> dict[str, str]:
    return {"resourceType": kind, "location": request.build_absolute_uri(path)}
