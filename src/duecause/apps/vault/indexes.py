"""Look-up, dialling and guard tokens. Keys stay in this room; tokens are pseudonymous personal data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from duecause.apps.vault import keyring

NORMALISER_VERSION = 1
NAME_POSTCODE_BITS = 20  # about four candidates in 4.5 million people, told apart after opening


def lookup_token(kind: str, value: str) -> bytes:
    """`kind` is phone, email or customer_no with its normalised value (phone: E.164 digits), or
    name_postcode with `folded surname|postcode`."""
    bits = NAME_POSTCODE_BITS if kind == "name_postcode" else 128
    return keyring.current().lookup.token(kind, value, bits=bits)


def lookup_tokens(pairs: Iterable[tuple[str, str]]) -> list[bytes]:
    """`lookup_token` of many kinds and values."""
    token = keyring.current().lookup.token
    return [
        token(kind, value, bits=NAME_POSTCODE_BITS if kind == "name_postcode" else 128)
        for kind, value in pairs
    ]


def row_tokens(domain: str, values: Iterable[str]) -> list[bytes]:
    """Tokens at full length under the look-up key, of one kind."""
    return keyring.current().lookup.tokens(domain, values)


def lookup_key_id() -> str:
    return keyring.current().lookup.key_id


def dial_token(e164: int) -> bytes:
    return keyring.current().dial.token(e164)


def dial_tokens(numbers: npt.NDArray[np.int64] | Sequence[int]) -> npt.NDArray[np.void]:
    return keyring.current().dial.tokens(numbers)


def dial_key_id() -> str:
    return keyring.current().dial.key_id


def guard_token(kind: str, value: str) -> bytes:
    """Token of an erased identifier. Phones are numbers, so that a later key change can re-token them."""
    ring = keyring.current()
    if kind == "phone":
        return ring.guard_numbers.token(int(value))
    return ring.guard.token(kind, value)


def guard_phone_tokens(numbers: npt.NDArray[np.int64] | Sequence[int]) -> npt.NDArray[np.void]:
    """`guard_token` of many phone numbers."""
    return keyring.current().guard_numbers.tokens(numbers)


def guard_key_id() -> str:
    return keyring.current().guard.key_id
