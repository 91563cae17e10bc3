"""After a restore: erase again whoever was erased since the copy was made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.register.models import GuardToken, Person, Record
from duecause.apps.rights import journal, planning, removing, scrubbing
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import bury_keys
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor

FUNCTION = "rights.replay"


def replay(*, actor: Actor, now: datetime) -> int:
    """Destroy keys and rows of every erasure that the journal knows; returns of how many people this database
    still held something. Idempotent. Raises Busy where the files cannot be scrubbed yet: run it again."""
    actor.require(FUNCTION)
    every = [str(name) for name in (*planning.OF_A_PERSON, Compartment.PROOF)]
    back = 0
    for entry in journal.entries():
        bury_keys(entry.owners(every), now=now)
        back += _again(actor, entry, now)
    if back:
        scrubbing.scrub(removing.TOUCHED)
    return back


def _again(actor: Actor, entry: journal.Entry, now: datetime) -> bool:
    person = UUID(entry.person)
    at, until = datetime.fromisoformat(entry.at), datetime.fromisoformat(entry.guards_until)
    kept = {UUID(text) for text in entry.kept}
    with transaction.atomic():
        GuardToken.objects.bulk_create(
            [
                GuardToken(
                    kind=kind,
                    token=bytes.fromhex(token),
                    key_id=indexes.guard_key_id(),
                    made_at=at,
                    delete_after=until,
                )
                for kind, token in entry.guards
                if until > now
            ],
            ignore_conflicts=True,
        )
        alive = Record.objects.filter(person=person).exclude(pk__in=kept)
        untouched = Record.objects.filter(pk__in=kept, identity__isnull=False)
        came_back = Person.objects.filter(pk=person, erased_at=None).update(erased_at=at)
        if not (came_back or alive.exists() or untouched.exists()):
            return False
        done = removing.remove(person, kept=kept & set(_ids(person)))
        payload = {"case": entry.case, "rows": done, "replayed": True}
        record(actor=actor, kind="rights.erased", now=now, person=person, payload=payload)
        return True


def _ids(person: UUID) -> list[UUID]:
    return list(Record.objects.filter(person=person).values_list("pk", flat=True))
