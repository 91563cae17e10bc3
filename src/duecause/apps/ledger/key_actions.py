"""What is done with the keys of the vault, as events. The vault itself knows none: it lies below."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.vault import copies, rotation_actions, token_rotation_actions
from duecause.apps.vault.models import TokenKey
from duecause.engine.actor import Actor

FUNCTION = "keys.manage"


def start_rotation(*, actor: Actor, now: datetime) -> str:
    """Let a new key-encryption key wrap from now on; its id. The caller opens the job that wraps again what
    the old one wrapped, in the same transaction. Raises Refused, Unavailable."""
    actor.require(FUNCTION)
    old, new = rotation_actions.start()
    with transaction.atomic():
        record(actor=actor, kind="keys.rotated", now=now, payload={"from": old, "to": new})
    return new


def protect(*, actor: Actor, by: str, now: datetime) -> None:
    """Keep the key-encryption keys in another way (`vault.protection`). Raises Refused, Unavailable."""
    actor.require(FUNCTION)
    rotation_actions.protect(by)
    with transaction.atomic():
        record(actor=actor, kind="keys.protected", now=now, payload={"by": by})


def start_token_rotation(*, actor: Actor, family: str, now: datetime) -> TokenKey:
    """Announce a new token key of this family. The caller opens the job that does the rest, in the same
    transaction. Raises Refused, Unavailable."""
    actor.require(FUNCTION)
    key = token_rotation_actions.announce(family, now=now)
    told = {"family": family, "to": key.key_id, "number": key.number, "replaces": key.replaces}
    record(actor=actor, kind="keys.token_rotation_started", now=now, payload=told)
    return key


def end_token_rotation(*, actor: Actor, key: TokenKey, now: datetime) -> None:
    """Belongs into the transaction of whoever ended it."""
    actor.require(FUNCTION)
    told = {"family": key.family, "to": key.key_id, "rows": token_rotation_actions.rewritten(key)}
    record(actor=actor, kind="keys.token_rotated", now=now, payload=told)


def destroy_retired_token_keys(*, actor: Actor, now: datetime) -> list[str]:
    """Destroy replaced token keys that no copy of the database needs any more; their ids."""
    actor.require(FUNCTION)
    gone = token_rotation_actions.destroy_retired(kept_for=copies.token_keys_kept(), now=now)
    if gone:
        with transaction.atomic():
            record(actor=actor, kind="keys.token_keys_destroyed", now=now, payload={"keys": gone})
    return gone


def destroy_retired(*, actor: Actor, now: datetime) -> list[str]:
    """Destroy replaced keys that no copy of the key database needs any more; their ids."""
    actor.require(FUNCTION)
    gone = rotation_actions.destroy_retired(kept_for=copies.copies_live(), now=now)
    if gone:
        with transaction.atomic():
            record(actor=actor, kind="keys.retired_destroyed", now=now, payload={"keys": gone})
    return gone


def make_copy(*, actor: Actor, now: datetime) -> copies.Copy:
    """Copy the key database into the folder for it. Raises Refused."""
    actor.require(FUNCTION)
    made = copies.make(now=now)
    with transaction.atomic():
        record(actor=actor, kind="keys.copied", now=now, payload={"copy": made.path.name})
    return made


def delete_old_copies(*, actor: Actor, now: datetime) -> list[str]:
    """Delete copies of the key database that lived long enough; their names."""
    actor.require(FUNCTION)
    gone = copies.delete_old(now=now)
    if gone:
        with transaction.atomic():
            record(actor=actor, kind="keys.copies_deleted", now=now, payload={"copies": gone})
    return gone
