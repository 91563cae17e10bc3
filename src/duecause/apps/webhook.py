"""Call somebody's webhook: a signed message, and no redirect.

The signature is HMAC-SHA256 over "<timestamp>.<body>" with a secret that both know; the other side refuses
what is old. The address is resolved once and that very address is called, so that a name cannot turn into one
of the company's own network between the check and the call.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
from urllib.parse import urlsplit

from duecause.engine.problems import Refused
from duecause.engine.webhook_signature import SIGNATURE, TIMESTAMP, signature

TIMEOUT_SECONDS = 10.0
ALLOW_LOCAL = "DUECAUSE_ALLOW_LOCAL_WEBHOOKS"


class NotReached(Exception):
    """The server did not take the message; its text names no address. `status`: its answer."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


def post(*, url: str, secret: str, body: bytes, timestamp: int, inside: bool = False) -> int:
    """Post JSON, signed; gives the status. Redirects are not followed. `inside`: the operator named one of
    our own systems, which may lie in a private network. Raises Refused for an address that may not be called,
    NotReached where it did not answer with 2xx."""
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP: str(timestamp),
        SIGNATURE: signature(secret, timestamp, body),
    }
    connection, path = _connection(url, inside)
    try:
        connection.request("POST", path, body=body, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotReached(f"The webhook could not be reached ({type(error).__name__}).") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotReached(f"The webhook answered {status}.", status)
    return status


class _Pinned(http.client.HTTPSConnection):
    """Connects to an address that was checked, and still asks for the certificate of the name."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self.trust = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT_SECONDS, context=self.trust)
        self.address = address

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.port), TIMEOUT_SECONDS)
        self.sock = self.trust.wrap_socket(plain, server_hostname=self.host)


def _connection(url: str, inside: bool) -> tuple[http.client.HTTPConnection, str]:
    local = os.environ.get(ALLOW_LOCAL) == "1"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _not_callable() from None
    if not host or parts.username or parts.scheme not in (("http", "https") if local else ("https",)):
        raise _not_callable()
    port = port or (443 if parts.scheme == "https" else 80)
    address = _address(host, port, local, inside)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "http":
        return http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS), path
    return _Pinned(host, port, address), path


def _address(host: str, port: int, local: bool, inside: bool) -> str:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        raise NotReached("The name of the webhook could not be resolved.") from None
    if not local and not all(may_be_called(address, inside) for address in found):
        raise _not_callable()
    return min(found)


def may_be_called(address: str, inside: bool) -> bool:
    """A public address; of our own systems a private one too, never this machine or a link's own addresses,
    where clouds answer with their credentials."""
    known = ipaddress.ip_address(address.partition("%")[0])
    inner = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    known = inner or known
    if known.is_multicast or known.is_loopback or known.is_link_local or known.is_unspecified:
        return False
    return known.is_global or (inside and known.is_private and not known.is_reserved)


def _not_callable() -> Refused:
    return Refused(
        "webhook_not_callable",
        "This webhook address may not be called: it must be https and lie outside private and local networks."
        " Correct it in the organisation file.",
    )
