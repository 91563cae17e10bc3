"""Secrets that are reckoned from a key of the vault when they are needed, so that no table holds them."""

from __future__ import annotations

import hmac

from duecause.apps.vault import keyring


def secret(use: str, salt: str) -> str:
    """128 bits in hexadecimal. Another `salt` makes another secret; the salt alone says nothing."""
    return keyring.current().lookup.token(f"secret.{use}", salt, bits=128).hex()


def tag(use: str, message: str) -> str:
    """What proves that this house wrote `message`: 128 bits in hexadecimal."""
    return keyring.current().lookup.token(f"tag.{use}", message, bits=128).hex()


def is_tagged(use: str, message: str, given: str) -> bool:
    return hmac.compare_digest(tag(use, message).encode(), given.encode())
