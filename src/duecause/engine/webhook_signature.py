"""Signatures of webhooks: HMAC-SHA256 over "<timestamp>.<body>", so that a signed call can be told from one
that somebody made up or kept for later."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

TIMESTAMP = "Duecause-Timestamp"
SIGNATURE = "Duecause-Signature"
_LONGEST_TIMESTAMP = 12


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`v1=` and the HMAC-SHA256 in hexadecimal."""
    signed = str(timestamp).encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def genuine(
    *, secret: str, timestamp: str, given: str, body: bytes, now: datetime, within: timedelta
) -> bool:
    """Whether the call was signed with this secret not longer ago, nor further ahead, than `within`."""
    if len(timestamp) > _LONGEST_TIMESTAMP or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    same = hmac.compare_digest(signature(secret, int(timestamp), body).encode(), given.encode())
    return same and abs(now.timestamp() - int(timestamp)) <= within.total_seconds()
