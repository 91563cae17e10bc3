"""Signed notes, checkpoints and cosignatures: C2SP signed-note, tlog-checkpoint, tlog-cosignature.

Signature types: 0x01 Ed25519 over the note text (the log), 0x04 Ed25519 cosignature/v1 with a time (a
witness), 0x06 ML-DSA-44 cosignature, whose keys are read but whose signatures are not yet checked.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.hashing import HASH_SIZE
from duecause.engine.tlog.tiles import MAX_SIZE

ED25519 = 0x01
COSIGNATURE_ED25519 = 0x04
COSIGNATURE_ML_DSA_44 = 0x06
MAX_SIGNATURES = 64
MAX_NOTE_BYTES = 512 * 1024
_KEY_BYTES = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_ML_DSA_44: 1312}
_CHECKABLE = (ED25519, COSIGNATURE_ED25519)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


class Malformed(Refused):
    """Bytes that are not what they should be: nothing in them may be used."""


class BadSignature(Refused):
    """A known key's signature does not fit, or no known key has signed."""


def encode64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling. Raises Malformed."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        data = b""
    if encode64(data) != text:
        raise Malformed("tlog.base64", gettext_noop("Base64 text is damaged. Fetch the file again."))
    return data


def decimal(text: str) -> int:
    """An ASCII decimal without leading zeroes up to 2^63 - 1. Raises Malformed."""
    if _DECIMAL.fullmatch(text) is None or int(text) > MAX_SIZE:
        raise Malformed(
            "tlog.number", gettext_noop("A number in a ledger file is not a plain decimal. Fetch it again.")
        )
    return int(text)


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The first four bytes of SHA-256(name, newline, type byte, public key)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() or char < " " for char in name)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `blob` is what follows the four bytes of the key id."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        return f"— {self.name} {encode64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends in a newline and is what the log signs."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def with_signature(self, signature: Signature) -> Note:
        return Note(self.text, (*self.signatures, signature))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of the log `origin` at one moment."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        lines = (self.origin, str(self.size), encode64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key someone trusts: `name+<8 hex digits>+<base64 of type byte and key>`."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.algorithm, self.public_key)

    @property
    def is_witness(self) -> bool:
        return self.algorithm != ED25519

    def __str__(self) -> str:
        material = encode64(bytes([self.algorithm]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Raises Malformed, also when the key id does not belong to the key."""
        name, _, rest = text.partition("+")
        identifier, _, material = rest.partition("+")
        if _is_key_name(name) and _KEY_ID.fullmatch(identifier) and material:
            raw = decode64(material)
            verifier = cls(name, raw[0], raw[1:]) if raw else None
            known = verifier is not None and _KEY_BYTES.get(verifier.algorithm) == len(verifier.public_key)
            if verifier is not None and known and verifier.key_id.hex() == identifier:
                return verifier
        raise Malformed(
            "tlog.key",
            gettext_noop("A verifier key is not of the form name+id+key. Copy it again from its owner."),
        )

    def check(self, text: str, blob: bytes) -> int | None:
        """Check a signature over a note text; returns a cosignature's POSIX seconds.

        Raises BadSignature.
        """
        message, signed_at, signature = text.encode(), None, blob
        if self.algorithm == COSIGNATURE_ED25519:
            signed_at, signature = int.from_bytes(blob[:8], "big"), blob[8:]
            message = f"cosignature/v1\ntime {signed_at}\n".encode() + message
        try:
            if self.algorithm not in _CHECKABLE or (signed_at or 0) > MAX_SIZE:
                raise InvalidSignature
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise BadSignature(
                "tlog.signature",
                gettext_noop("The signature of %(name)s does not fit. The note was altered or damaged."),
                name=self.name,
            ) from None
        return signed_at


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key and the name it signs under. Never printed."""

    name: str
    private_key: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Signer:
        """`seed`: the 32 secret bytes. Raises ValueError for another length or an impossible name."""
        if not _is_key_name(name):
            raise ValueError("a key name is not empty and holds neither spaces nor plus signs")
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def verifier(self, *, witness: bool = False) -> Verifier:
        algorithm = COSIGNATURE_ED25519 if witness else ED25519
        return Verifier(self.name, algorithm, self.private_key.public_key().public_bytes_raw())

    def sign(self, text: str) -> Note:
        """Sign as the log. Deterministic: the same text gives the same note."""
        return Note(text, (self._signature(ED25519, self.private_key.sign(text.encode())),))

    def cosign(self, note: Note, *, at: int) -> Note:
        """Add a witness's cosignature/v1. `at` is POSIX seconds. Check consistency before."""
        message = f"cosignature/v1\ntime {at}\n{note.text}".encode()
        blob = at.to_bytes(8, "big") + self.private_key.sign(message)
        return note.with_signature(self._signature(COSIGNATURE_ED25519, blob))

    def _signature(self, algorithm: int, blob: bytes) -> Signature:
        public_key = self.private_key.public_key().public_bytes_raw()
        return Signature(self.name, key_id(self.name, algorithm, public_key), blob)

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> Note:
    """The caller keeps the promise never to sign two roots at one size."""
    return signer.sign(checkpoint.text())


def parse_note(data: bytes) -> Note:
    """Raises Malformed."""
    malformed = Malformed(
        "tlog.note",
        gettext_noop("This is not a signed note: text, empty line, signature lines. Fetch it again."),
    )
    try:
        text = data.decode() if len(data) <= MAX_NOTE_BYTES else ""
    except UnicodeDecodeError:
        raise malformed from None
    body, separator, tail = text.rpartition("\n\n")
    lines = tail.split("\n")
    control = any(char < " " and char != "\n" for char in text)
    if not separator or control or lines.pop() or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise malformed
    signatures = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, blob64 = rest.partition(" ")
        blob = decode64(blob64)
        if dash != "—" or not _is_key_name(name) or len(blob) < 5:
            raise malformed
        signatures.append(Signature(name, blob[:4], blob[4:]))
    return Note(body + "\n", tuple(signatures))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note text as a checkpoint. Raises Malformed."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise Malformed(
            "tlog.checkpoint",
            gettext_noop("This note is not a checkpoint: origin, size, root. Fetch it again."),
        )
    root = decode64(lines[2])
    if len(root) != HASH_SIZE:
        raise Malformed("tlog.root", gettext_noop("A checkpoint's root is not 32 bytes. Fetch it again."))
    return Checkpoint(lines[0], decimal(lines[1]), root, tuple(lines[3:]))


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature that fits; `at` is the POSIX time of a cosignature."""

    verifier: Verifier
    at: int | None


def check_note(note: Note, verifiers: Iterable[Verifier]) -> Sequence[Checked]:
    """The signatures of known keys; unknown keys are passed over, as the standard demands.

    Raises BadSignature when a known key's signature does not fit or when no known key has signed.
    """
    known = {(each.name, each.key_id): each for each in verifiers if each.algorithm in _CHECKABLE}
    checked = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is not None:
            checked.append(Checked(verifier, verifier.check(note.text, signature.blob)))
    if not checked:
        raise BadSignature(
            "tlog.unknown_key",
            gettext_noop("No known key has signed this note. Add its verifier key if you trust it."),
        )
    return checked


def join_notes(notes: Iterable[Note]) -> bytes:
    """Notes one after the other, each closed by an empty line, so that a file can be appended to."""
    return b"".join(str(note).encode() + b"\n" for note in notes)


def split_notes(data: bytes) -> tuple[list[bytes], bytes]:
    """Undo `join_notes` for checkpoints: (complete notes, torn rest of an interrupted append)."""
    parts = data.split(b"\n\n")
    rest = parts.pop()
    if len(parts) % 2:
        rest = parts.pop() + b"\n\n" + rest
    return [parts[at] + b"\n\n" + parts[at + 1] + b"\n" for at in range(0, len(parts), 2)], rest
