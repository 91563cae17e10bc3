"""Envelope encryption, blind indexes and number tokens. Pure: keys are handed in, never read.

* A *data key* (32 bytes) belongs to one owner and one compartment; it is stored wrapped by a key-encryption
  key (KEK). Destroying the wrapped key makes every blob under it unreadable (crypto-shredding).
* A *blob* is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the associated data bind it to its
  owner, compartment and use, so that a blob moved to another row does not open.
* A *blind index* is keyed BLAKE2b (RFC 7693), 128 bits, separated by domain: equality and nothing else.
* A *number token* is one AES block of the E.164 integer: injective, vectorised, reversible with its key,
  therefore pseudonymous personal data and never handed to partners (figures: notes on screening §2).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
TOKEN_BYTES = 16
VERSION = b"\x01"
CHUNK = 65_536


class SealBroken(Exception):
    """A blob or wrapped key does not open: wrong key, wrong place or altered bytes."""


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plaintext: bytes, *, bound_to: bytes) -> bytes:
    """Return version ‖ nonce ‖ ciphertext ‖ tag. `bound_to` must be given again to open."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, bound_to)


class Sealer:
    """Seals many blobs, each under a new key of its own that is handed back wrapped: with the key-encryption
    key set up once and random bytes drawn by the thousand, a blob and its key cost 5 µs."""

    DRAWN = 1 << 16

    def __init__(self, kek: bytes) -> None:
        self._kek = AESGCM(kek)
        self._drawn, self._place = b"", 0

    def seal_new(self, plaintext: bytes, *, bound_to: bytes, key_bound_to: bytes) -> tuple[bytes, bytes]:
        """The blob as `seal` makes it, and its wrapped key as `seal` of the key under the KEK makes it."""
        key, nonce, wrapping = self._random(KEY_BYTES), self._random(NONCE_BYTES), self._random(NONCE_BYTES)
        blob = VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, bound_to)
        return blob, VERSION + wrapping + self._kek.encrypt(wrapping, key, key_bound_to)

    def _random(self, size: int) -> bytes:
        """Each byte is handed out once."""
        if self._place + size > len(self._drawn):
            self._drawn, self._place = os.urandom(self.DRAWN), 0
        self._place += size
        return self._drawn[self._place - size : self._place]


def open_sealed(key: bytes, blob: bytes, *, bound_to: bytes) -> bytes:
    """Inverse of `seal`. Raises SealBroken."""
    return open_alike(key, [blob], bound_to=bound_to)[0]


def open_alike(key: bytes, blobs: Iterable[bytes], *, bound_to: bytes) -> list[bytes]:
    """As `open_sealed`, for many blobs under one key and bound to one place; the key is set up once. Raises
    SealBroken if one of them does not open."""
    cipher, opened = AESGCM(key), []
    for blob in blobs:
        if len(blob) < 1 + NONCE_BYTES + 16 or blob[:1] != VERSION:
            raise SealBroken("the sealed bytes have an unknown form")
        try:
            opened.append(cipher.decrypt(blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :], bound_to))
        except InvalidTag:
            raise SealBroken("the sealed bytes do not belong here or were altered") from None
    return opened


class BlindIndex:
    """Keyed equality index of short texts: `token(domain, value)` gives 16 bytes."""

    def __init__(self, key: bytes, key_id: str) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"an index key has {KEY_BYTES} bytes, this one {len(key)}")
        self._key = key
        self._begun: dict[str, hashlib.blake2b] = {}
        self.key_id = key_id

    def token(self, domain: str, value: str, *, bits: int = 128) -> bytes:
        """`domain` (at most 16 ASCII characters) separates uses of one key; `bits` < 128 truncates on
        purpose, for values of low entropy that must collide (name with postcode)."""
        state = self._start(domain)
        state.update(value.encode())
        digest = state.digest()
        if bits == 128:
            return digest
        kept = int.from_bytes(digest) >> (128 - bits)
        return kept.to_bytes((bits + 7) // 8)

    def tokens(self, domain: str, values: Iterable[str]) -> list[bytes]:
        """`token` at full length of each value."""
        copy, digests = self._start(domain).copy, []
        for value in values:
            state = copy()
            state.update(value.encode())
            digests.append(state.digest())
        return digests

    def _start(self, domain: str) -> hashlib.blake2b:
        begun = self._begun.get(domain)
        if begun is None:  # with its key block hashed already, which is half of the work
            begun = hashlib.blake2b(digest_size=TOKEN_BYTES, key=self._key, person=domain.encode())
            self._begun[domain] = begun
        return begun.copy()


class NumberTokens:
    """E.164 numbers (integers below 10^17) to 128-bit tokens: AES-256 of one block per number."""

    def __init__(self, key: bytes, key_id: str, *, domain: int) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a token key has {KEY_BYTES} bytes, this one {len(key)}")
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - one block is a permutation
        self._domain = domain
        self.key_id = key_id

    def token(self, e164: int) -> bytes:
        block = e164.to_bytes(8, "little") + self._domain.to_bytes(8, "little")
        return self._cipher.encryptor().update(block)

    def tokens(self, e164: npt.NDArray[np.int64] | Sequence[int]) -> npt.NDArray[np.void]:
        """Column of numbers, shape (n,), to tokens, shape (n,), dtype V16; order is kept."""
        numbers = np.ascontiguousarray(e164, dtype="<i8")
        out = np.empty(len(numbers), dtype="V16")
        encryptor = self._cipher.encryptor()
        blocks = np.empty((min(CHUNK, max(len(numbers), 1)), 2), dtype="<i8")
        blocks[:, 1] = self._domain
        for start in range(0, len(numbers), CHUNK):
            part = numbers[start : start + CHUNK]
            blocks[: len(part), 0] = part
            out[start : start + len(part)] = np.frombuffer(
                encryptor.update(blocks[: len(part)].tobytes()), dtype="V16"
            )
        return out

    def number(self, token: bytes) -> int:
        """The number behind a token. Raises SealBroken for a token of another key or domain."""
        block = self._cipher.decryptor().update(token)
        if int.from_bytes(block[8:], "little") != self._domain:
            raise SealBroken("this token was not made with this key")
        return int.from_bytes(block[:8], "little")
