"""Encrypt a file so that only the holder of one key can read it: the age format (C2SP age v1) through pyrage.

A recipient is the public key of a company: `age1…`, as `age-keygen` prints it, or the `ssh-ed25519` or
`ssh-rsa` line of an OpenSSH key. The house holds no secret key and cannot read what it has encrypted.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import pyrage

from duecause.engine.problems import Refused

SUFFIX = ".age"
SECRET = re.compile(r"AGE-SECRET-KEY-|PRIVATE KEY-----", re.IGNORECASE)
MOST_CHARACTERS = 2_000
GROUP = 4
SHOWN = 32  # hexadecimal digits of the fingerprint: 128 bits


@dataclass(frozen=True, slots=True)
class Recipient:
    """`text` is the key in its one form: without comment and spaces around it."""

    text: str

    @classmethod
    def parse(cls, given: str) -> Recipient:
        """Raises Refused for what is no public key, and for a secret one, which nobody may know."""
        if SECRET.search(given):
            raise Refused(
                "recipient_secret",
                "This is the secret key, which only its owner may know. It was not kept. Let the centre make"
                " a new pair, since this one is known to others now, and hand in the public key (age1…).",
            )
        words = given.split() if len(given) <= MOST_CHARACTERS else []
        ssh = bool(words) and words[0].startswith("ssh-")
        text = " ".join(words[:2]) if ssh else "".join(words[:1]) if len(words) == 1 else ""
        try:
            _key(text)
        except pyrage.RecipientError:
            raise Refused(
                "recipient_unreadable",
                "This is no public key. It is one line: age1… as “age-keygen” prints it, or the ssh-ed25519"
                " line of an OpenSSH key.",
            ) from None
        return cls(text)

    @property
    def fingerprint(self) -> str:
        """128 bits of the SHA-256 of the key’s text, in groups, to be read out on the telephone."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:SHOWN]
        return " ".join(digest[place : place + GROUP] for place in range(0, SHOWN, GROUP))

    def encrypt(self, content: bytes) -> bytes:
        """An age file. Twice the same content gives two different files."""
        return bytes(pyrage.encrypt(content, [_key(self.text)]))


def _key(text: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    if text.startswith("ssh-"):
        return pyrage.ssh.Recipient.from_str(text)
    return pyrage.x25519.Recipient.from_str(text)
