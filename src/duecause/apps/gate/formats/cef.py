"""ArcSight Common Event Format, version 0: a head of seven fields, then key=value pairs. In the head
backslash and bar are escaped, in values backslash and equals sign; a line break is written as \\n."""

from __future__ import annotations

from duecause.apps.gate.formats.message import Message

SEVERITY = {1: 2, 2: 5, 3: 8, 4: 10}


def line(message: Message) -> str:
    head = ("CEF:0", "Duecause", "Duecause", "1", _kind(message), message.title)
    pairs = {
        "rt": str(int(message.at.timestamp() * 1000)),
        "externalId": message.uid,
        "suid": message.employee,
        "act": "blocked" if message.what == "alarm" and message.about_person else "",
        "outcome": message.outcome,
        "cs1": message.reference,
        "cs1Label": "alarm" if message.reference else "",
        "cs2": ",".join(message.groups),
        "cs2Label": "fieldGroups" if message.groups else "",
        "cs3": ",".join(message.policies),
        "cs3Label": "policies" if message.policies else "",
    }
    said = " ".join(f"{key}={_value(value)}" for key, value in pairs.items() if value)
    return "|".join([head[0], *map(_head, head[1:]), str(SEVERITY[message.severity]), said])


def _kind(message: Message) -> str:
    return message.kind if message.what == "alarm" else f"{message.what}:{message.kind}".rstrip(":")


def _head(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    return (
        text.replace("\\", "\\\\")
        .replace("=", "\\=")
        .replace("\r\n", "\\n")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
