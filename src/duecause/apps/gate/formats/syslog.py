"""RFC 5424 messages in the octet-counting frames of RFC 6587 (section 3.4.1), as TLS transport uses them (RFC
5425, section 4.3)."""

from __future__ import annotations

from datetime import UTC

from duecause.apps.gate.formats.message import Message

LOG_AUDIT = 13
SEVERITY = {1: 6, 2: 4, 3: 3, 4: 2}  # informational, warning, error, critical
NIL = "-"


def frame(message: Message, *, text: str, host: str) -> bytes:
    """One framed message. `text` is printable ASCII, so it needs no byte-order mark."""
    at = message.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    priority = LOG_AUDIT * 8 + SEVERITY[message.severity]
    head = f"<{priority}>1 {at} {_name(host, 255)} duecause {NIL} {_name(message.what, 32)} {NIL}"
    whole = f"{head} {text}".encode("ascii", "backslashreplace")
    return str(len(whole)).encode() + b" " + whole


def _name(text: str, limit: int) -> str:
    """Printable ASCII without spaces (RFC 5424, section 6)."""
    return "".join(char for char in text if "!" <= char <= "~")[:limit] or NIL
