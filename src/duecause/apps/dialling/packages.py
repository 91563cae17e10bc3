"""What leaves for a call centre: in clear while it has no public key, encrypted to that key ever after."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from duecause.apps.catalogue.models import Field
from duecause.apps.dialling.models import Campaign, Release
from duecause.apps.parties.models import Partner
from duecause.apps.parties.release_key_actions import recipient_of
from duecause.apps.register.fields import is_phone
from duecause.engine.recipients import SUFFIX

CLEAR = ".csv"


@dataclass(frozen=True, slots=True)
class Package:
    """`clear_sha256`: of what the centre has once it has opened it. `encrypted_to`: fingerprint, or empty."""

    content: bytes
    clear_sha256: str
    encrypted_to: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def carried(campaign: Campaign) -> list[str]:
    """The fields of a released row beside its number: what the campaign asks for, as far as the catalogue
    says now that its purpose needs it (GDPR Art. 5(1)(c))."""
    needed = set(Field.objects.filter(purposes=campaign.purpose_id).values_list("code", flat=True))
    return [name for name in campaign.release_fields if name in needed and not is_phone(name)]


def packed(content: bytes, centre: Partner) -> Package:
    clear, recipient = hashlib.sha256(content).hexdigest(), recipient_of(centre)
    if recipient is None:
        return Package(content, clear, "")
    return Package(recipient.encrypt(content), clear, recipient.fingerprint)


def packed_files(files: Mapping[str, bytes], centre: Partner) -> dict[str, Package]:
    """File name → what is handed out under it; an encrypted one says so by its ending."""
    made = {name: packed(content, centre) for name, content in files.items()}
    return {name + (SUFFIX if package.encrypted_to else ""): package for name, package in made.items()}


def is_encrypted(release: Release) -> bool:
    return bool(release.certificate.get("encrypted_to"))


def file_name(stem: str, encrypted: bool) -> str:
    return stem + CLEAR + (SUFFIX if encrypted else "")
