"""Take what systems tell of contacts; set up, key and end a system that tells."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.interactions.models import ContactSystem, Interaction, Pop, SignedCall
from duecause.apps.interactions.telling import MAY_CHANGE, NotTaken, Told, Whose, changed, read
from duecause.apps.ledger.actions import record
from duecause.apps.parties.queries import hash_of, new_key
from duecause.apps.vault import derived
from duecause.engine.actor import Actor
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.packs.interactions import terms

SCOPE = "interactions"
SIGNING = "contacts"
MOST_AT_ONCE = 1_000
PREFIX_BYTES, SECRET_BYTES, SALT_BYTES = 4, 32, 16
OWN = "duecause"  # rows that our own rooms write
DELETED_AT_ONCE = 5_000

Key = tuple[str, UUID | None, int | None]


@dataclass(frozen=True, slots=True)
class Taken:
    """Places among those told: `new`, `updated`, and why others were `refused`. The rest was known."""

    new: frozenset[int]
    updated: frozenset[int]
    refused: Mapping[int, Problem]


def contact_actor(system: ContactSystem) -> Actor:
    return Actor(kind="system", id=system.code, functions=frozenset({SCOPE}))


def take(*, actor: Actor, system: ContactSystem, told: Sequence[Told], now: datetime) -> Taken:
    """Keep what a system tells of contacts. The same reference of the same employee or team is one contact:
    told again it changes nothing, told with its end or with who it was it is completed.

    Refused one by one: what cannot be read, names nobody of ours, or contradicts what was told before.
    Raises NotPermitted."""
    actor.require(SCOPE)
    whose = Whose.named_in(told)
    refused: dict[int, Problem] = {}
    said: dict[int, Interaction] = {}
    for place, each in enumerate(told):
        try:
            said[place] = read(each, whose, now)
        except NotTaken as wrong:
            refused[place] = wrong.problem
    with transaction.atomic():
        # The same batch sent twice at once counts once.
        ContactSystem.objects.select_for_update().get(pk=system.pk)
        new, updated = _keep(system, said, refused)
        payload = {
            "system": system.code,
            "told": len(told),
            "new": len(new),
            "updated": len(updated),
            "refused": dict(Counter(problem.code for problem in refused.values())),
        }
        record(actor=actor, kind="interactions.told", now=now, payload=payload)
    return Taken(frozenset(new), frozenset(updated), dict(sorted(refused.items())))


def _keep(
    system: ContactSystem, said: Mapping[int, Interaction], refused: dict[int, Problem]
) -> tuple[set[int], set[int]]:
    references = {each.reference for each in said.values()}
    known = {_key(each): each for each in Interaction.objects.filter(system=system, reference__in=references)}
    new: dict[int, Interaction] = {}
    updated: dict[int, Interaction] = {}
    for place, each in said.items():
        each.system = system
        held = known.get(_key(each))
        if held is None:
            new[place] = known[_key(each)] = each
            continue
        try:
            if changed(held, each) and held.pk:  # one that is new is written below as it is by then
                updated[place] = held
        except NotTaken as wrong:
            refused[place] = wrong.problem
    Interaction.objects.bulk_create(new.values(), batch_size=500)
    # As a set: a batch may say an end twice.
    Interaction.objects.bulk_update(
        {each.pk: each for each in updated.values()}.values(),
        MAY_CHANGE,
        batch_size=200,
    )
    return set(new), set(updated)


def _key(each: Interaction) -> Key:
    return each.reference, each.employee_id, each.team_id


def take_once(*, system: ContactSystem, digest: str, now: datetime) -> bool:
    """Whether this signed message is taken for the first time. In the caller's transaction or one of its
    own."""
    _, made = SignedCall.objects.get_or_create(system=system, digest=digest, defaults={"at": now})
    return made


def forget_old(*, actor: Actor, now: datetime) -> int:
    """Delete contacts at the end of their time (packs/interactions.yaml), and what only a minute needed.
    Gives how many contacts. Raises NotPermitted."""
    actor.require("interactions.forget")
    kept = terms(now.date())
    SignedCall.objects.filter(at__lt=now - 2 * kept.webhook_valid).delete()
    Pop.objects.filter(offered_at__lt=now - kept.keep).delete()
    ended = Interaction.objects.filter(begun_at__lt=now - kept.keep, ended_at__lt=now - kept.keep)
    silent = Interaction.objects.filter(begun_at__lt=now - kept.keep_open, ended_at=None)
    gone = 0
    for rows in (ended, silent):
        while batch := list(rows.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
            with transaction.atomic():
                Interaction.objects.filter(pk__in=batch).delete()
                payload = {"deleted": len(batch), "keep_days": kept.keep.days}
                record(actor=actor, kind="interactions.forgotten", now=now, payload=payload)
            gone += len(batch)
    return gone


def set_up(*, actor: Actor, code: str, name: str, now: datetime) -> ContactSystem:
    """Set up a system that tells of contacts, or name it anew. Raises NotPermitted, Refused."""
    actor.require("apikeys.manage")
    if (
        not code
        or not code.isascii()
        or not code.isprintable()
        or " " in code
        or len(code) > 40
        or code == OWN
    ):
        raise Refused(
            "contact_system_code",
            gettext_noop(
                "A system needs a code of its own: up to 40 letters, digits and hyphens, as CTI-GENT."
            ),
        )
    with transaction.atomic():
        system, _made = ContactSystem.objects.update_or_create(
            code=code, defaults={"name": name or code, "ended_at": None}
        )
        record(actor=actor, kind="interactions.system_set", now=now, payload={"system": code})
    return system


def own_system() -> ContactSystem:
    """Under which contacts stand that our own rooms or the operator's files tell."""
    made, _ = ContactSystem.objects.get_or_create(code=OWN, defaults={"name": "Duecause"})
    return made


def end(*, actor: Actor, system: ContactSystem, now: datetime) -> None:
    """The system tells nothing any more: its key opens nothing and its signature proves nothing."""
    actor.require("apikeys.manage")
    with transaction.atomic():
        ContactSystem.objects.filter(pk=system.pk).update(ended_at=now, key_prefix="", key_hash="", salt="")
        record(actor=actor, kind="interactions.system_ended", now=now, payload={"system": system.code})


def make_key(*, actor: Actor, system: ContactSystem, now: datetime) -> str:
    """Make the key of a system and return it in clear, this once. The one before ends at once."""
    actor.require("apikeys.manage")
    prefix, clear = new_key()
    with transaction.atomic():
        ContactSystem.objects.filter(pk=system.pk).update(
            key_prefix=prefix, key_hash=hash_of(clear), key_made_at=now
        )
        payload = {"system": system.code, "prefix": prefix, "scope": SCOPE}
        record(actor=actor, kind="interactions.key_made", now=now, payload=payload)
    return clear


def give_secret(*, actor: Actor, system: ContactSystem, now: datetime) -> str:
    """Make the secret with which the system signs its webhook and return it, this once. The one before
    proves nothing any more."""
    actor.require("apikeys.manage")
    salt = secrets.token_hex(SALT_BYTES)
    with transaction.atomic():
        ContactSystem.objects.filter(pk=system.pk).update(salt=salt)
        record(actor=actor, kind="interactions.secret_given", now=now, payload={"system": system.code})
    return derived.secret(SIGNING, salt)
