"""The house that is harmed: one small company on SQLite, with everything the operations need prepared.

Each operation is what a person or a worker does, the proof that it was done, and what is done after a fault
until it is at its end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models import F

from duecause.apps.consent.actions import Taking, record_objection
from duecause.apps.consent.models import Objection, Suppression
from duecause.apps.dialling.models import DialList, Release
from duecause.apps.dialling.release_actions import release
from duecause.apps.gate.actors import actor_of
from duecause.apps.ledger import actions as ledger
from duecause.apps.ledger import publishing, sequencer
from duecause.apps.ledger.models import QueueEntry, State
from duecause.apps.obligations import actions as obligations
from duecause.apps.obligations import runner, token_jobs
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.models import Source
from duecause.apps.register import actions as register
from duecause.apps.register import matching_job, spool
from duecause.apps.register.models import ImportBatch, Person, Record
from duecause.apps.rights.models import ErasureCase
from duecause.apps.staff.models import Employee
from duecause.apps.vault import token_rotation_actions, token_tables
from duecause.apps.vault.actions import destroy_keys
from duecause.apps.vault.models import Compartment, TokenKey
from duecause.apps.vault.opening import Sealed as VaultSealed
from duecause.apps.vault.opening import open_bytes
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import imported, screen
from tests.apps.register.lists import customers, declare_fields
from tests.apps.rights.cases import approved, existing_world, known_everywhere, lookups_of
from tests.support.world import OPERATOR, World, make_world

ROWS = 60
LISTED, CALLED, QUEUED = "CUSTOMERS", "CALLED", "QUEUED"
FIRST_CALLED = 32470500001
CALLED_PEOPLE = 12
# One of these stands in every row of every list; none may stand anywhere under the data folder.
SECRETS = (b"Vuurvlieg", b"vuurvlieg", b"0470600", b"Kanarievanger")
LIST = "\n".join(
    (
        "voornaam;achternaam;email;telefoon;postcode",
        *(f"Mira{n};Vuurvlieg{n};vuurvlieg{n}@example.org;0470600{n:03};3320" for n in range(ROWS)),
    )
).encode()
Ack = Callable[[], object]
# Nobody else is in the house, and a fork knows no more than the process it comes from.
settings.TOKEN_STATE_SECONDS = settings.TOKEN_GRACE_SECONDS = 0.0
token_rotation_actions.SWEEP_BATCH = 10


@dataclass(frozen=True, slots=True)
class Operation:
    """`act` calls what it is given once the effect is acknowledged; `done` says whether that effect is there;
    `again` goes on from wherever a fault left it until its end."""

    name: str
    act: Callable[[Ack], object]
    done: Callable[[], bool]
    again: Callable[[], object]


def build() -> None:
    """Everything into the empty data folder, half of the ledger's events sequenced and published."""
    logging.disable(logging.WARNING)
    for alias in connections:
        call_command("migrate", database=alias, verbosity=0)
    world = make_world()
    declare_fields()
    for code in (LISTED, QUEUED):
        customers(world, code)
    approved(world, known_everywhere(world))
    _screened(world)
    world.employee("inbound", "listener")
    sequencer.begin()
    sequencer.sequence_all()
    for n in range(17):
        _event(n)
    connections.close_all()


def _screened(world: World) -> None:
    now = datetime.now(UTC)
    called = customers(world, CALLED, claimed_basis="consent")
    world.source, kept = called, world.source
    for n in range(CALLED_PEOPLE):
        imported(world, FIRST_CALLED + n, last_name=f"Vuurvlieg{n}")
    world.source = kept
    screen(world, sources=[CALLED], on=local_day(now, world.controller.country), now=now)


def _event(n: int) -> None:
    """Something that waits for the sequencer."""
    with transaction.atomic():
        ledger.record(actor=OPERATOR, kind="test.happened", now=datetime.now(UTC), payload={"n": n})


def work_off(worker: str = "worker") -> None:
    """A worker after the leases of dead ones have ended and the pauses before retries are over."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    for _ in range(60):
        Step.objects.filter(state=Step.State.LEASED).update(lease_until=past)
        Step.objects.filter(state=Step.State.DUE).update(next_at=past)
        claimed = obligations.claim(worker=worker, now=datetime.now(UTC))
        if not claimed:
            return
        for step in claimed:
            runner._run_step(step)


def _import(ack: Ack = lambda: None) -> None:
    source = Source.objects.get(code=LISTED)
    register.import_file(
        actor=OPERATOR, source=source, data=LIST, file_name="list.csv", now=datetime.now(UTC)
    )
    ack()


def _imported(code: str) -> bool:
    batch = ImportBatch.objects.filter(source__code=code, state=ImportBatch.State.COMPLETE).first()
    return batch is not None and Record.objects.filter(batch=batch).count() == ROWS


def _called() -> Person:
    return Person.objects.filter(lookups_of(FIRST_CALLED)).distinct().get()


def _object(ack: Ack = lambda: None) -> None:
    person = _called()
    record_objection(
        actor=actor_of(Employee.objects.get(username="listener")),
        person=person,
        controller=existing_world().controller,
        taking=Taking(how="call"),
        now=datetime.now(UTC),
    )
    ack()


def _objected() -> bool:
    held = Objection.objects.filter(person=_called(), lifted_at=None)
    return held.count() == 1 and Suppression.objects.filter(objection=held.get(), lifted_at=None).exists()


def _list() -> DialList:
    return DialList.objects.order_by("-screened_at").first()


def _release(ack: Ack = lambda: None) -> None:
    waiting = _list()
    with (settings.DATA.parent / "handed-over.csv").open("wb") as out:
        release(actor=OPERATOR, dial_list=waiting, now=waiting.screened_at, out=out)
    ack()


def _release_again() -> None:
    try:
        _release()
    except Refused as refused:
        if refused.code != "already_released":
            raise


def _released() -> bool:
    made = Release.objects.filter(dial_list=_list(), expires_at__gt=F("released_at")).first()
    return (
        made is not None
        and made.release_rows.filter(person__isnull=False).count() == made.rows == CALLED_PEOPLE
    )


def _sequence(ack: Ack = lambda: None) -> None:
    sequencer.begin()
    sequencer.sequence_all()
    ack()


def _sequenced() -> bool:
    published = publishing.newest_published()
    size = State.objects.get().size
    return (
        not QueueEntry.objects.exists()
        and published is not None
        and tlog.parse_checkpoint(published.text).size == size
        and (publishing.anchor_path().parent / "checkpoint").read_text() == str(published)
    )


def _erase(ack: Ack = lambda: None) -> None:
    work_off()
    if not _erased():
        raise AssertionError("the worker ended without erasing")
    ack()


def _erase_again() -> None:
    """A disk that stays broken makes the worker give up; once it is mended a person has it tried again."""
    for step in Step.objects.filter(state__in=obligations.STUCK):
        obligations.retry_step(actor=OPERATOR, step=step, now=datetime.now(UTC))
    _erase()


def _erased() -> bool:
    return ErasureCase.objects.get().state == ErasureCase.State.PROVEN


def _queue(ack: Ack = lambda: None) -> None:
    """Taken at once, imported by the worker after it was acknowledged."""
    queue_only()
    ack()
    work_off()


def queue_only() -> None:
    register.queue_import(
        actor=OPERATOR,
        source=Source.objects.get(code=QUEUED),
        data=LIST,
        file_name="list.csv",
        options={},
        now=datetime.now(UTC),
    )


def work_one(worker: str) -> None:
    """What a worker does with the queued import, whatever else is due."""
    now = datetime.now(UTC)
    others = Step.objects.filter(state=Step.State.DUE).exclude(obligation__kind=register.IMPORT_KIND)
    others.update(next_at=now + timedelta(hours=1))
    (step,) = obligations.claim(worker=worker, now=now)
    runner._run_step(step)


def sleep_at(chunk: int, sleep: Callable[[], object]) -> None:
    """From now on this process falls asleep at its n-th chunk, before it writes."""
    real, seen = matching_job.find_links, []

    def sleepy(**given: Any) -> list[matching_job.Found]:
        found = real(**given)
        seen.append(1)
        if len(seen) == chunk:
            sleep()
        return found

    matching_job.find_links = sleepy


def looks_imported() -> bool:
    return _imported(QUEUED)


def _queued() -> bool:
    batch = ImportBatch.objects.filter(source__code=QUEUED).first()
    if batch is None:
        return False
    waits = Obligation.objects.filter(kind=register.IMPORT_KIND, state=Obligation.State.OPEN)
    held = spool.sealed(batch.pk)
    readable = (
        held is not None
        and open_bytes(VaultSealed(held.owner, held.compartment, held.use, held.blob)) == LIST
    )
    return _imported(QUEUED) or (readable and waits.filter(facts__batch=str(batch.pk)).exists())


def _queue_again() -> None:
    _queue()
    register.drop_stray_uploads(
        actor=Actor.job("test", "register.import"), now=datetime.now(UTC) + 2 * register.STRAY_AFTER
    )
    left = list(spool.folder().iterdir())
    if left:
        raise AssertionError(f"{len(left)} uploads are left behind")


def _change_token_keys(ack: Ack = lambda: None) -> None:
    """Each of them, by a worker, in many small batches."""
    for family in TokenKey.Family.values:
        if not TokenKey.objects.filter(family=family).exists():
            token_jobs.rotate(actor=OPERATOR, family=family, now=datetime.now(UTC))
    work_off()
    if not _token_keys_changed():
        raise AssertionError("the worker ended without changing the token keys")
    ack()


def _token_keys_changed() -> bool:
    keys = list(TokenKey.objects.filter(state=TokenKey.State.CURRENT))
    left = [
        row for key in keys for table in token_tables.tables(key.family) for row in table.left(key.number, 1)
    ]
    found = [Person.objects.filter(lookups_of(FIRST_CALLED + n)).exists() for n in range(CALLED_PEOPLE)]
    return len(keys) == len(TokenKey.Family.values) and not left and all(found)


def object_twice() -> None:
    """As if a retry did not see what holds already."""
    _object()
    Objection.objects.update(scope=Objection.Scope.CHANNEL, channel="mail")
    _object()


def destroy_a_key() -> None:
    destroy_keys(Record.objects.filter(source__code=CALLED).first().pk, [Compartment.IDENTITY])


def leave_a_file() -> None:
    (settings.DATA / "upload.tmp").write_bytes(LIST)


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("import", _import, lambda: _imported(LISTED), _import),
        Operation("upload", _queue, _queued, _queue_again),
        Operation("objection", _object, _objected, _object),
        Operation("release", _release, _released, _release_again),
        Operation("sequence", _sequence, _sequenced, _sequence),
        Operation("erase", _erase, _erased, _erase_again),
        Operation("tokens", _change_token_keys, _token_keys_changed, _change_token_keys),
    )
}
