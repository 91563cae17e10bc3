"""Open Cybersecurity Schema Framework, events as JSON objects. Classes, activities and attributes from the
published schema (github.com/ocsf/ocsf-schema: events/base_event.json,
application/web_resources_activity.json, findings/finding.json, findings/detection_finding.json,
iam/authentication.json, iam/user_management.json, read on 28 November 2026)."""

from __future__ import annotations

from typing import Any

from duecause.apps.gate.formats.message import Message

VERSION = "1.9.0-dev"
BASE, WEB_RESOURCES, DETECTION, AUTHENTICATION, USER_MANAGEMENT = 0, 6001, 2004, 3002, 3007
CREATE, CLOSE = 1, 3  # of a finding
READ, UPDATE, SEARCH, EXPORT = 2, 3, 5, 7  # of web resources
LOGON, LOCK = 1, 6
ACTIVITY = {"view": READ, "reveal": READ, "see_proof": READ, "find": SEARCH, "export": EXPORT, "edit": UPDATE}
OTHER = 99
DENIED, BLOCKED, FAILURE = 2, 2, 2
SEVERITY = {1: 1, 2: 3, 3: 4, 4: 5}  # informational, medium, high, critical


def event(message: Message) -> dict[str, Any]:
    """The event that says it: 6001 for a blocked look, 3002 for a closed account's session, 3007 for a lock,
    2004 for every other alarm and for its end."""
    if message.what in ("heartbeat", "test"):
        return _event(message, BASE, 0 if message.what == "heartbeat" else OTHER)
    if message.what == "closed":
        return _event(message, DETECTION, CLOSE, **_finding(message), is_alert=False)
    if message.kind == "ladder_locked":
        return _event(message, USER_MANAGEMENT, LOCK, **_user(message), is_alert=True)
    if message.kind == "account":
        asked = {**_user(message), **_blocked(message), "service": {"name": "Duecause"}}
        return _event(message, AUTHENTICATION, LOGON, **asked, status_id=FAILURE)
    if message.about_person:
        kind = ACTIVITY.get(message.action, OTHER)
        named = [{"name": group, "type": "field group"} for group in message.groups or ("person",)]
        actor = {"actor": _user(message)} if message.employee else {}
        return _event(message, WEB_RESOURCES, kind, web_resources=named, **actor, **_blocked(message))
    return _event(message, DETECTION, CREATE, **_finding(message), is_alert=True)


def _event(message: Message, kind: int, activity: int, **more: Any) -> dict[str, Any]:
    return {
        "activity_id": activity,
        "category_uid": kind // 1000,
        "class_uid": kind,
        "type_uid": kind * 100 + activity,
        "severity_id": SEVERITY[message.severity],
        "time": int(message.at.timestamp() * 1000),
        "message": message.title,
        "metadata": {
            "version": VERSION,
            "uid": message.uid,
            "product": {"name": "Duecause", "vendor_name": "Duecause"},
            "correlation_uid": message.reference or message.uid,
        },
        **more,
    }


def _finding(message: Message) -> dict[str, Any]:
    return {"finding_info": {"uid": message.reference, "title": message.title, "types": [message.kind]}}


def _user(message: Message) -> dict[str, Any]:
    return {"user": {"uid": message.employee, "type": "User", "type_id": 1}}


def _blocked(message: Message) -> dict[str, Any]:
    """The profile security_control."""
    said: dict[str, Any] = {"action_id": DENIED, "disposition_id": BLOCKED, "is_alert": True}
    if message.policies:
        said["policy"] = {"name": ", ".join(message.policies), "uid": message.policies[0]}
    return said
