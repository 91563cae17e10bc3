"""A mail relay on loopback: keeps what it takes, refuses what it is told to and dies when it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Relay(socketserver.ThreadingTCPServer):
    """`refuse`: address → code of its answer. `dies_after`: messages it takes before it hangs up for good."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[tuple[str, str, EmailMessage]] = []
        self.refuse: dict[str, int] = {}
        self.dies_after: int | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def dead(self) -> bool:
        return self.dies_after is not None and len(self.taken) >= self.dies_after


class _Session(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a sender needs."""

    server: Relay

    def handle(self) -> None:
        sender = recipient = ""
        if self.server.dead:
            return
        self._say("220 relay.test ESMTP")
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            verb, argument = line.split(" ")[0].upper(), line.partition(":")[2].split(">")[0].strip("< ")
            if self.server.dead:
                return
            if verb in ("EHLO", "HELO", "RSET", "NOOP"):
                self._say("250 relay.test")
            elif verb == "MAIL":
                sender = argument
                self._say("250 ok")
            elif verb == "RCPT":
                recipient = argument
                code = self.server.refuse.get(recipient)
                self._say(f"{code} not this one" if code else "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                self._take(sender, recipient)
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("502 no")

    def _take(self, sender: str, recipient: str) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        made = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.server.taken.append((sender, recipient, made))

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def running() -> Iterator[Relay]:
    with Relay() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
