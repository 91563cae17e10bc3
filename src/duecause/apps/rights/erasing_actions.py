"""Apply an approved erasure in stages. Each stage ends in one transaction that says so; a crash between two
stages, or inside one, is made good by running on from the last that ended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.gate.actions import open_for_job
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.models import Obligation
from duecause.apps.register.fields import is_phone, numbers_in
from duecause.apps.register.identifiers import Token, guards_of
from duecause.apps.register.models import GuardToken, Person, Record, StoredField
from duecause.apps.rights import (
    certifying,
    journal,
    planning,
    reading_back,
    removing,
    scrubbing,
    stores,
    telling,
)
from duecause.apps.rights.actions import close_request
from duecause.apps.rights.models import ErasureCase
from duecause.apps.rights.rules import rules
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import bury_keys
from duecause.apps.vault.models import Compartment
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

OPEN = "erasure"
Stage = ErasureCase.Stage
State = ErasureCase.State
Progress = Callable[[int, int], None]
_LEFT = gettext_noop(
    "The erasure was applied, but reading back still found %(found)s. Look at these rows, then retry."
)


class Superseded(Exception):
    """Another worker has taken this stage, or the case is no longer approved."""


def apply_erasure(
    *, actor: Actor, case: UUID, now: datetime, progress: Progress = lambda done, total: None
) -> ErasureCase:
    """Run the stages that are still to do. Idempotent. `actor` carries `open:erasure`.

    Returns the case: proven, or planned anew where the person's data changed after the approval. Raises
    Refused where something was found on reading back, Busy, Superseded.
    """
    actor.require(f"open:{OPEN}")
    while True:
        current = ErasureCase.objects.get(pk=case)
        if current.stage == Stage.PROVEN or current.state == State.PLANNED:
            return current
        progress(list(_STAGES).index(current.stage), len(_STAGES))
        _STAGES[current.stage](current, actor, now)


@contextmanager
def _ending(case: ErasureCase, at: str) -> Iterator[ErasureCase]:
    """The transaction that ends a stage. Raises Superseded where the case is elsewhere by now."""
    with transaction.atomic():
        locked = ErasureCase.objects.select_for_update().filter(pk=case.pk, stage=case.stage).first()
        if locked is None or locked.state not in (State.APPROVED, State.APPLIED):
            raise Superseded
        yield locked
        if locked.state != State.PLANNED:
            locked.stage = at if locked.stage == case.stage else locked.stage
        locked.save()


def _start(case: ErasureCase, actor: Actor, now: datetime) -> None:
    """From here on the person is out of every list and check, and no key of theirs has been touched."""
    with _ending(case, Stage.STARTED) as locked:
        plan = planning.draft(locked.person_id, actor=actor, now=now)
        if planning.fingerprint(plan) != locked.plan_hash:
            _plan_again(locked, plan)
            return
        kept = planning.kept_for_contracts(locked.person_id, now)
        records = Record.objects.filter(person=locked.person_id).order_by("pk")
        locked.work = {
            "records": [str(pk) for pk in records.values_list("pk", flat=True)],
            "kept": sorted(str(pk) for pk in kept),
            "compartments": [str(name) for name in planning.compartments(locked.person_id)],
            "consents": certifying.consents_of_records(locked.person_id),
            "sealed_events": stores.sealed_events(locked.person_id),
        }
        Person.objects.filter(pk=locked.person_id, erased_at=None).update(erased_at=now)
        record(
            actor=actor,
            kind="rights.erasure_started",
            now=now,
            person=locked.person_id,
            payload={"case": str(locked.pk), "plan": locked.plan_hash, "approved_by": locked.approved_by},
        )


def _plan_again(case: ErasureCase, plan: dict[str, Any]) -> None:
    """What was approved is no longer what would happen: back to the privacy desk, nothing was done."""
    case.plan, case.plan_hash = plan, planning.fingerprint(plan)
    case.state, case.approved_by, case.approved_at, case.job = State.PLANNED, "", None, None


def _tell(case: ErasureCase, actor: Actor, now: datetime) -> None:
    with _ending(case, Stage.TOLD) as locked:
        rows = list(stores.release_rows(locked.person_id).values_list("pk", flat=True))
        order = telling.Order(actor, locked.pk, locked.person_id, rows, now)
        locked.work = {**locked.work, "partners": telling.tell(order)}


def _guard(case: ErasureCase, actor: Actor, now: datetime) -> None:
    """Tokens that keep the person out of bulk sources, from identifiers read for the last time."""
    # After a record came in between, what was read of the others before their keys went still counts.
    before = {(kind, bytes.fromhex(token)) for kind, token in case.work.get("tokens", [])}
    tokens = before | _guards_of_person(case, actor, now)
    with _ending(case, Stage.GUARDED) as locked:
        until = certifying.midnight(rules().guard_until(now.date()))
        GuardToken.objects.bulk_create(
            [
                GuardToken(
                    kind=kind,
                    token=token,
                    key_id=indexes.guard_key_id(),
                    made_at=now,
                    delete_after=until,
                )
                for kind, token in sorted(tokens)
            ],
            update_conflicts=True,
            unique_fields=["kind", "token"],
            update_fields=["made_at", "delete_after", "key_id"],
        )
        made: dict[str, int] = {}
        for kind, _ in tokens:
            made[kind] = made.get(kind, 0) + 1
        locked.work = {
            **locked.work,
            "guards": made,
            "guards_until": until.date().isoformat(),
            "guarded_at": now.isoformat(),
            "tokens": sorted([kind, token.hex()] for kind, token in tokens),
        }


def _guards_of_person(case: ErasureCase, actor: Actor, now: datetime) -> set[Token]:
    names = Record.objects.filter(person=case.person_id).values_list("fields", flat=True)
    phones = {name for fields in names for name in fields if is_phone(name)}
    stored = StoredField.objects.filter(record__person=case.person_id)
    phones |= {name for name in stored.values_list("field", flat=True) if is_phone(name)}
    opened = open_for_job(
        actor=actor,
        kind="person",
        ids=[case.person_id],
        fields={"email", "customer_no", *phones},
        why=OPEN,
        now=now,
        stored_only=True,
    )
    kept = set(case.work["kept"])
    tokens: set[Token] = set()
    for owner, values in opened.items():
        if str(owner) in kept:  # its customer number stays in use
            values = {name: value for name, value in values.items() if name != "customer_no"}
        numbers = [int(number.removeprefix("+")) for number in numbers_in(values)]
        tokens.update(guards_of(values, numbers))
    return tokens


def _destroy_keys(case: ErasureCase, actor: Actor, now: datetime) -> None:
    """Noted first where a restore does not reach, or a copy could bring the person back unnoticed."""
    every = [str(name) for name in (*planning.OF_A_PERSON, Compartment.PROOF)]
    entry = journal.Entry(
        case=str(case.pk),
        person=str(case.person_id),
        at=case.work["guarded_at"],
        records=case.work["records"],
        kept=case.work["kept"],
        compartments=case.work["compartments"],
        guards=case.work["tokens"],
        guards_until=certifying.midnight(date.fromisoformat(case.work["guards_until"])).isoformat(),
    )
    journal.note(entry)
    destroyed = bury_keys(entry.owners(every), now=now)
    with _ending(case, Stage.KEYLESS) as locked:
        locked.work = {**locked.work, "keys_destroyed": destroyed}


def _remove_rows(case: ErasureCase, actor: Actor, now: datetime) -> None:
    with _ending(case, Stage.REMOVED) as locked:
        came = set(Record.objects.filter(person=locked.person_id).values_list("pk", flat=True))
        known = {UUID(text) for text in locked.work["records"]}
        if came - known:  # an import that was already running: these need guards and their keys destroyed too
            locked.work = {**locked.work, "records": sorted(map(str, came | known))}
            locked.stage = Stage.TOLD
            return
        done = removing.remove(locked.person_id, kept={UUID(text) for text in locked.work["kept"]})
        locked.work = {**locked.work, "rows": done}
        locked.state, locked.applied_at = State.APPLIED, now
        record(
            actor=actor,
            kind="rights.erased",
            now=now,
            person=locked.person_id,
            payload={"case": str(locked.pk), "rows": done, "keys": locked.work["keys_destroyed"]},
        )


def _scrub(case: ErasureCase, actor: Actor, now: datetime) -> None:
    done = scrubbing.scrub(removing.TOUCHED)
    with _ending(case, Stage.SCRUBBED) as locked:
        locked.work = {**locked.work, "scrubbed": done}


def _read_back(case: ErasureCase, actor: Actor, now: datetime) -> None:
    records = [UUID(text) for text in case.work["records"]]
    kept = [UUID(text) for text in case.work["kept"]]
    found = reading_back.leftovers(person=case.person_id, records=records, kept=kept)
    opened = open_for_job(
        actor=actor,
        kind="person",
        ids=[case.person_id],
        fields=removing.IDENTIFYING,
        why=OPEN,
        now=now,
        stored_only=True,
    )
    found["opened"] = len([values for values in opened.values() if values])
    left = {name: count for name, count in found.items() if count}
    if left:
        raise Refused("rights.left", _LEFT, found=", ".join(f"{name}: {n}" for name, n in left.items()))
    with _ending(case, Stage.READ_BACK) as locked:
        locked.work = {**locked.work, "read_back": found}


def _certify(case: ErasureCase, actor: Actor, now: datetime) -> None:
    with _ending(case, Stage.PROVEN) as locked:
        request = Obligation.objects.get(pk=locked.obligation_id)
        locked.state, locked.proven_at = State.PROVEN, now
        locked.work = {**locked.work, "tokens": []}
        locked.certificate = certifying.certificate(locked, request)
        digest = hashlib.sha256(tlog.canonical_json(locked.certificate)).hexdigest()
        event = record(
            actor=actor,
            kind="rights.erasure_proven",
            now=now,
            person=locked.person_id,
            payload={"case": str(locked.pk), "certificate": digest},
        )
        locked.event = event.uid
        close_request(actor=actor, case=locked, now=now, receipt={"certificate": digest})


_STAGES: dict[str, Callable[[ErasureCase, Actor, datetime], None]] = {
    Stage.NONE: _start,
    Stage.STARTED: _tell,
    Stage.TOLD: _guard,
    Stage.GUARDED: _destroy_keys,
    Stage.KEYLESS: _remove_rows,
    Stage.REMOVED: _scrub,
    Stage.SCRUBBED: _read_back,
    Stage.READ_BACK: _certify,
}
