"""Hand messages to a sink in their order. A generator per kind: it yields each time one more was taken."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings

from duecause.apps import mail_relay, webhook
from duecause.apps.gate.formats import cef, ocsf, syslog
from duecause.apps.gate.formats.message import Message
from duecause.apps.gate.models import Sink
from duecause.engine.problems import Refused, Unavailable

SECONDS = 10.0
# What says that this very message is not wanted; every other answer may change once somebody mends the sink.
UNWANTED = frozenset({400, 413, 415, 422})


class Away(Exception):
    """The sink takes nothing now. Its text names no address."""


class Declined(Exception):
    """The sink will not take this message."""


def send(sink: Sink, messages: Sequence[Message], *, secret: str, now: datetime) -> Iterator[None]:
    """Raises Away, Declined; what was yielded before stays taken."""
    if sink.kind == Sink.Kind.WEBHOOK:
        yield from _post(sink, messages, secret, now)
    elif sink.kind == Sink.Kind.EMAIL:
        yield from _mail(sink, messages)
    else:
        yield from _syslog(sink, messages)


def text_of(sink: Sink, message: Message) -> str:
    if sink.format == Sink.Format.CEF:
        return cef.line(message)
    return json.dumps(ocsf.event(message), separators=(",", ":"))


def _post(sink: Sink, messages: Sequence[Message], secret: str, now: datetime) -> Iterator[None]:
    for message in messages:
        body = json.dumps(ocsf.event(message)).encode()
        stamp = int(now.timestamp())
        try:
            webhook.post(url=sink.address, secret=secret, body=body, timestamp=stamp, inside=sink.inside)
        except webhook.NotReached as silent:
            if silent.status in UNWANTED:
                raise Declined(str(silent)) from None
            raise Away(str(silent)) from None
        except Refused as refused:
            raise Away(refused.problem.text) from None
        yield


def _mail(sink: Sink, messages: Sequence[Message]) -> Iterator[None]:
    try:
        with mail_relay.relay() as relay:
            for message in messages:
                try:
                    relay.send(_letter(sink, message))
                except mail_relay.Bounced as bounced:
                    raise Declined(bounced.why) from None
                yield
    except (Unavailable, Refused) as away:
        raise Away(away.problem.code) from None


def _letter(sink: Sink, message: Message) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = f"[Duecause] {message.title}"
    made["From"], made["To"] = settings.MAIL_FROM, sink.address
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{message.uid}@{settings.MAIL_FROM.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    lines = [
        f"{message.title} (severity {message.severity} of 4), {message.at:%Y-%m-%d %H:%M} UTC.",
        f"Reference: {message.reference or message.uid}",
        "Who and what stands in Duecause under Alarms. This message names nobody.",
    ]
    made.set_content("\n".join(lines))
    return made


def _syslog(sink: Sink, messages: Sequence[Message]) -> Iterator[None]:
    """All of them on one connection. A receiver acknowledges nothing, and the first write to a dead one
    succeeds: they count as taken once it has closed its side after ours."""
    frames = b"".join(
        syslog.frame(message, text=text_of(sink, message), host=socket.gethostname()) for message in messages
    )
    host, _, port = sink.address.rpartition(":")
    try:
        with closing(_connected(host.strip("[]"), int(port), sink.tls)) as connection:
            connection.sendall(frames)
            _see_it_closed(connection)
    except (OSError, ValueError) as error:
        raise Away(f"The syslog server did not take it ({type(error).__name__}).") from None
    for _message in messages:
        yield


def _connected(host: str, port: int, tls: bool) -> socket.socket:
    plain = socket.create_connection((host, port), SECONDS)
    if not tls:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _see_it_closed(connection: socket.socket) -> None:
    """Raises OSError where the other side was gone or fell over; its silence is no answer."""
    if isinstance(connection, ssl.SSLSocket):
        with suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):  # it closed without saying so first
            connection.unwrap().close()
        return
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass
