"""SCIM 2.0 as messages: what a directory may say of a user, read strictly; answers and errors in its form.

Sources: RFC 7643 (schemas), RFC 7644 (protocol); Entra ID's own ways: operation names with a capital letter
and booleans as text (Microsoft, "SCIM compliance", issues of the PATCH operation). Pure: no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CORE = "urn:ietf:params:scim:schemas:core:2.0"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
USER, GROUP = f"{CORE}:User", f"{CORE}:Group"
MOST = 200  # in one page of a list
LONGEST = 254
OPERATIONS = ("add", "replace", "remove")
# Attributes that are taken over. All others are heard and dropped: nothing is kept without a purpose.
TEXTS = {"username": "username", "displayname": "display_name", "externalid": "external_id"}
NAMED = ("formatted", "givenname", "familyname")
FILTER = re.compile(
    r'\s*(?P<name>[A-Za-z]+)\s+eq\s+(?:"(?P<text>(?:[^"\\]|\\.)*)"|(?P<bare>true|false))\s*', re.I
)
MEMBERS = re.compile(r'members\[\s*value\s+eq\s+"(?P<id>[^"]+)"\s*\]', re.I)


class Refusal(Exception):
    """An answer that is an error. `kind` is a scimType of RFC 7644, table 9."""

    def __init__(self, status: int, detail: str, kind: str = ""):
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind

    @property
    def body(self) -> dict[str, Any]:
        said = {"schemas": [f"{MESSAGES}:Error"], "status": str(self.status), "detail": self.detail}
        return said | ({"scimType": self.kind} if self.kind else {})


@dataclass(frozen=True, slots=True)
class Said:
    """What a directory says of a user; None: it says nothing about that."""

    username: str | None = None
    display_name: str | None = None
    external_id: str | None = None
    language: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The one comparison a list is filtered by."""

    name: str  # in lower case
    value: str


def user(body: object) -> Said:
    """A whole user, as POST and PUT carry it. Raises Refusal."""
    if not isinstance(body, Mapping):
        raise Refusal(400, "The body must be a JSON object that describes a user.", "invalidSyntax")
    said = _said(body.items())
    if not said.username:
        raise Refusal(400, "“userName” is missing. Map it to the account's sign-in name.", "invalidValue")
    return said


def changes(body: object) -> Said:
    """What a PATCH changes of a user, of all its operations together. Raises Refusal."""
    pairs: list[tuple[str, Any]] = []
    for operation, path, value in operations(body):
        if operation == "remove":
            if path.lower() in TEXTS or path.lower() == "active":
                raise Refusal(400, f"“{path}” cannot be removed. Replace it.", "mutability")
        elif path:
            pairs.append((path, value))
        elif isinstance(value, Mapping):
            pairs += value.items()
        else:
            raise Refusal(400, "An operation without “path” needs an object as its “value”.", "noTarget")
    return _said(pairs)


def operations(body: object) -> Iterator[tuple[str, str, Any]]:
    """(add, replace or remove; path or ""; value). Raises Refusal."""
    listed = body.get("Operations") if isinstance(body, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise Refusal(400, "“Operations” must be a list of at least one operation.", "invalidSyntax")
    for one in listed:
        name = str(one.get("op", "")).lower() if isinstance(one, Mapping) else ""
        if name not in OPERATIONS:
            raise Refusal(400, "Each operation needs “op”: add, replace or remove.", "invalidSyntax")
        path = one.get("path") or ""
        if not isinstance(path, str):
            raise Refusal(400, "“path” must be text.", "invalidPath")
        yield name, path, one.get("value")


def members(operation: str, path: str, value: Any) -> list[str]:
    """Whom an operation on a group names; nobody where it is about something else. Raises Refusal."""
    if found := MEMBERS.fullmatch(path):
        return [found["id"]]
    if not path and isinstance(value, Mapping):
        path, value = ("members", value["members"]) if "members" in value else ("", None)
    if path.lower() != "members":
        return []
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if operation == "remove" and value is None:
        raise Refusal(400, "Name the members to remove: nobody loses a profile by a slip.", "noTarget")
    named = [one.get("value") if isinstance(one, Mapping) else None for one in listed]
    if not all(isinstance(each, str) for each in named):
        raise Refusal(400, "Each member needs “value”: the id of a user.", "invalidValue")
    return [str(each) for each in named]


def asked(text: str, known: Sequence[str]) -> Asked | None:
    """The filter of a list; None without one. Raises Refusal for more than one comparison by `eq`."""
    if not text.strip():
        return None
    found = FILTER.fullmatch(text)
    if not found or found["name"].lower() not in known:
        allowed = ", ".join(f"{name} eq" for name in known)
        raise Refusal(400, f"This filter is not known here. Known: {allowed}.", "invalidFilter")
    return Asked(found["name"].lower(), re.sub(r"\\(.)", r"\1", found["text"] or found["bare"] or ""))


def page(given: Mapping[str, str]) -> tuple[int, int]:
    """(first to show, counted from 1; how many) of a list (RFC 7644 section 3.4.2.4). Raises Refusal."""
    try:
        start, count = int(given.get("startIndex", 1)), int(given.get("count", MOST))
    except ValueError:
        raise Refusal(400, "“startIndex” and “count” must be whole numbers.", "invalidValue") from None
    return max(start, 1), min(max(count, 0), MOST)


def listed(resources: Sequence[Mapping[str, Any]], *, total: int, start: int) -> dict[str, Any]:
    return {
        "schemas": [f"{MESSAGES}:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def _said(pairs: Any) -> Said:
    found: dict[str, Any] = {}
    parts: dict[str, str] = {}
    for name, value in pairs:
        key = str(name).removeprefix(f"{USER}:").lower()
        if key in TEXTS:
            found[TEXTS[key]] = _text(name, value)
        elif key == "active":
            found["active"] = _boolean(name, value)
        elif key == "preferredlanguage" and value:
            found["language"] = _text(name, value).replace("_", "-").partition("-")[0].lower()
        elif key == "name" and isinstance(value, Mapping):
            parts |= {str(part).lower(): _text(part, text) for part, text in value.items() if text}
        elif key.startswith("name.") and value:
            parts[key.removeprefix("name.")] = _text(name, value)
    whole = parts.get("formatted") or " ".join(parts[part] for part in NAMED[1:] if part in parts)
    if whole and not found.get("display_name"):
        found["display_name"] = whole[:LONGEST]
    return Said(**{key: value for key, value in found.items() if value not in ("", None)})


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise Refusal(400, f"“{name}” must be text of at most {LONGEST} characters.", "invalidValue")
    return value.strip()


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Refusal(400, f"“{name}” must be true or false.", "invalidValue")
