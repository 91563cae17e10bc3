"""Call a partner's webhook: a signed ping that says how far its feed is, and nothing else. The partner
refuses one that is older than the feed pack says."""

from __future__ import annotations

import json

from duecause.apps.webhook import ALLOW_LOCAL as ALLOW_LOCAL
from duecause.apps.webhook import NotReached as NotReached
from duecause.apps.webhook import may_be_called as may_be_called
from duecause.apps.webhook import post
from duecause.engine.webhook_signature import SIGNATURE as SIGNATURE
from duecause.engine.webhook_signature import TIMESTAMP as TIMESTAMP
from duecause.engine.webhook_signature import signature as signature


def ping(*, url: str, secret: str, cursor: int, timestamp: int, inside: bool = False) -> int:
    """Post {"cursor": n}, as `webhook.post`."""
    body = json.dumps({"cursor": cursor}).encode()
    return post(url=url, secret=secret, body=body, timestamp=timestamp, inside=inside)
