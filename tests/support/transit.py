"""A key service on loopback that speaks the part of HashiCorp Vault's transit API that we use, and can
fail."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cryptography.fernet import Fernet

TOKEN = "s.for-tests"


@dataclass
class KeyService:
    url: str
    outage: int | None = None  # the HTTP status of every answer while it is out; 0: it hangs up
    asked: list[str] = field(default_factory=list)  # verb and key of each call


@contextmanager
def key_service() -> Iterator[KeyService]:
    secret = Fernet(Fernet.generate_key())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            verb, name = self.path.split("/")[-2:]
            service.asked.append(f"{verb} {name}")
            if service.outage == 0:
                self.connection.close()
            elif service.outage or self.headers.get("X-Vault-Token") != TOKEN:
                self.answer(service.outage or 403, {"errors": ["no"]})
            elif verb == "encrypt":
                sealed = secret.encrypt(f"{name} {body['plaintext']}".encode()).decode()
                self.answer(200, {"data": {"ciphertext": f"vault:v1:{sealed}"}})
            else:
                opened = secret.decrypt(body["ciphertext"].removeprefix("vault:v1:")).decode()
                self.answer(200, {"data": {"plaintext": opened.removeprefix(f"{name} ")}})

        do_PUT = do_POST

        def answer(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = KeyService(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def as_key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()
