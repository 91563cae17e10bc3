"""A mail relay on loopback: keeps what it takes, refuses what it is told to and dies when it is told to. With
encryption and sign-in where a test asks for them, by a certificate made for it."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Relay(socketserver.ThreadingTCPServer):
    """`refuse`: address → code of its answer. `dies_after`: messages it takes before it hangs up for good.
    `accounts`: user → password; with any, nobody sends without signing in. `secured`: per message, whether it
    came encrypted."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, security: str, certificate: Path | None, accounts: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.security, self.accounts = security, accounts
        self.secured: list[bool] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            self.context.load_cert_chain(certificate)
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
        signed_in = not self.server.accounts
        if self.server.dead:
            return
        if self.server.security == "tls" and not self._encrypt():
            return
        self._say("220 relay.test ESMTP")
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            verb, argument = line.split(" ")[0].upper(), line.partition(":")[2].split(">")[0].strip("< ")
            if self.server.dead:
                return
            if verb == "EHLO":
                self._greet()
            elif verb in ("HELO", "RSET", "NOOP"):
                self._say("250 relay.test")
            elif verb == "STARTTLS" and self.server.security == "starttls":
                self._say("220 go on")
                if not self._encrypt():
                    return
            elif verb == "AUTH" and self._encrypted:
                signed_in = self._known(line.rpartition(" ")[2])
                self._say("235 welcome" if signed_in else "535 unknown")
            elif not signed_in and verb != "QUIT":
                self._say("530 sign in")
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

    @property
    def _encrypted(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def _encrypt(self) -> bool:
        try:
            self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        except OSError:  # the sender does not trust the certificate
            return False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        return True

    def _greet(self) -> None:
        offers = ["relay.test"]
        if self.server.security == "starttls" and not self._encrypted:
            offers.append("STARTTLS")
        if self.server.accounts and self._encrypted:
            offers.append("AUTH PLAIN")
        for place, offer in enumerate(offers, start=1):
            self._say(f"250{' ' if place == len(offers) else '-'}{offer}")

    def _known(self, plain: str) -> bool:
        """RFC 4616."""
        _, user, password = base64.b64decode(plain).decode().split("\0")
        return self.server.accounts.get(user) == password

    def _take(self, sender: str, recipient: str) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        made = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.server.secured.append(self._encrypted)
        self.server.taken.append((sender, recipient, made))

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def running(
    *, security: str = "none", certificate: Path | None = None, accounts: dict[str, str] | None = None
) -> Iterator[Relay]:
    with Relay(security, certificate, accounts or {}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def certificate_for(address: str, folder: Path) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"relay-{address}.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    return path
