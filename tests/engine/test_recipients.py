"""A file for one company can be read with its key and with no other, and a secret key is never taken."""

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from duecause.engine.problems import Refused
from duecause.engine.recipients import Recipient

CLEAR = b"reference,number\r\nR1,+32470000011\r\n"


def refused(text):
    with pytest.raises(Refused) as why:
        Recipient.parse(text)
    return why.value


def test_the_owner_of_the_key_reads_the_file_and_nobody_else():
    own, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    sealed = Recipient.parse(str(own.to_public())).encrypt(CLEAR)
    assert b"32470000011" not in sealed
    assert pyrage.decrypt(sealed, [own]) == CLEAR
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [other])


def test_the_key_of_an_openssh_pair_works_too_and_its_comment_does_not_count():
    pair = Ed25519PrivateKey.generate()
    line = pair.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    secret = pair.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    recipient = Recipient.parse(f"  {line} dialler@centre.example\n")
    assert recipient == Recipient.parse(line)
    assert pyrage.decrypt(recipient.encrypt(CLEAR), [pyrage.ssh.Identity.from_buffer(secret)]) == CLEAR


def test_a_changed_byte_makes_the_file_unreadable_instead_of_wrong():
    own = pyrage.x25519.Identity.generate()
    sealed = bytearray(Recipient.parse(str(own.to_public())).encrypt(CLEAR))
    sealed[-20] ^= 1
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(bytes(sealed), [own])


def test_a_fingerprint_is_short_grouped_and_differs_from_key_to_key():
    keys = [Recipient.parse(str(pyrage.x25519.Identity.generate().to_public())) for _ in range(20)]
    marks = {key.fingerprint for key in keys}
    assert len(marks) == 20
    assert all([len(group) for group in mark.split(" ")] == [4] * 8 for mark in marks)


@pytest.mark.parametrize("text", ["", "age1abc", "hello", "ssh-ed25519", "ssh-ed25519 AAAA", "a" * 3_000])
def test_what_is_no_public_key_is_refused_with_what_one_looks_like(text):
    assert refused(text).code == "recipient_unreadable"


def test_two_keys_in_one_text_are_refused():
    keys = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2)]
    assert refused(" ".join(keys)).code == "recipient_unreadable"


def test_a_secret_key_is_refused_and_not_repeated():
    secret = str(pyrage.x25519.Identity.generate())
    why = refused(secret)
    assert why.code == "recipient_secret"
    assert secret not in str(why)
    assert refused("-----BEGIN OPENSSH PRIVATE KEY-----\nabc").code == "recipient_secret"
