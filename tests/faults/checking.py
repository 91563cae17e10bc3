"""What must hold after a fault, looked at by a fresh process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models import Count

from duecause.apps.ledger import checking, sequencer
from duecause.apps.ledger.actions import EVENT_USE
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, QueueEntry, Tile
from duecause.apps.obligations.models import Step
from duecause.apps.register.models import QuarantinedRow, Record
from duecause.apps.register.writing import QUARANTINE_USE, use_of
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault.models import Compartment, DataKey
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine import tlog
from tests.faults.house import SECRETS, Operation

# How often the sequencer ran says nothing; an unused key is allowed, a missing one is not.
FREE = {Checkpoint, Tile, Leaf, QueueEntry, DataKey}
# Each try opens the seal anew, and each opening is an event of its own, as is what a person put back.
TRIES = ("gate.job", "gate.spool", "obligation.step_retried")


def performed(operation: Operation) -> None:
    operation.act(lambda: None)


def harmed(operation: Operation, acknowledged: bool) -> str:
    """Right after the fault, before anything goes on. "": everything holds."""
    lost = ["what was acknowledged is lost"] if acknowledged and not operation.done() else []
    return "; ".join((*lost, *_damage(), *_unreadable(), *_in_clear()))


def mended(operation: Operation) -> dict[str, Any]:
    """Go on to the end, then say how the house looks: `wrong` and what must equal an undisturbed run."""
    wrong = []
    sequencer.begin()
    sequencer.sequence_all()
    wrong += _damage()
    operation.again()
    if not operation.done():
        wrong.append("going on did not bring it to its end")
    sequencer.sequence_all()
    wrong += [*_damage(), *_unreadable(), *_in_clear()]
    return {"wrong": "; ".join(wrong), "looks": looks()}


def looks() -> dict[str, int]:
    """Rows per table, events per kind, steps per state."""
    found = {
        model._meta.label: model.objects.count()
        for model in apps.get_models()
        if model not in FREE and model._meta.app_label != "sessions" and model is not Event
    }
    for kind, count in Event.objects.values_list("kind").annotate(Count("pk")).order_by("kind"):
        if kind not in TRIES:
            found[f"event {kind}"] = count
    for state, count in Step.objects.values_list("state").annotate(Count("pk")).order_by("state"):
        found[f"steps {state}"] = count
    return found


def _damage() -> Iterable[str]:
    for alias in connections:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA integrity_check")
                said = cursor.fetchone()[0]
            if said != "ok":
                yield f"{alias}: {said}"
    now = datetime.now(UTC)
    report = checking.verify_live(now=now, anchor=checking.own_anchor())
    if report.exit_code:
        yield f"ledger: {[str(failure.problem) for failure in report.log.failures[:3]]}"
    if report.erased and not _burying():
        yield f"{report.erased} sealed parts of events have no key"
    indexes = list(Leaf.objects.order_by("index").values_list("index", flat=True))
    if indexes != list(range(len(indexes))):
        yield "the indexes of the log have gaps"
    if len(indexes) + QueueEntry.objects.count() != Event.objects.count():
        yield "an event is not exactly once in the log or its queue"
    yield from _published()


def _published() -> Iterable[str]:
    """The file beside the anchor, which `verify_live` does not read, tells of a tree that was signed."""
    path = Path(settings.DATA, "ledger", "checkpoint")
    if path.exists():
        told = tlog.parse_checkpoint(tlog.parse_note(path.read_bytes()).text)
        if not Checkpoint.objects.filter(size=told.size, root=told.root).exists():
            yield "the published checkpoint is none of this log"


def _burying() -> set[UUID]:
    case = ErasureCase.objects.get()
    return {case.person_id, *(UUID(text) for text in case.work.get("records", ()))}


def _unreadable() -> Iterable[str]:
    """Every sealed blob opens, but those of the person who is being erased."""
    blobs = [
        Sealed(record.pk, name, use_of(name), getattr(record, name))
        for record in Record.objects.all()
        for name in (Compartment.IDENTITY, Compartment.CONTRACT)
        if getattr(record, name)
    ]
    blobs += [
        Sealed(row.pk, Compartment.IDENTITY, QUARANTINE_USE, row.content)
        for row in QuarantinedRow.objects.all()
    ]
    blobs += [
        Sealed(event.record_key, Compartment.PERIOD, EVENT_USE, event.record_part)
        for event in Event.objects.all()
    ]
    erased = _burying()
    closed = [
        blob
        for blob, content in zip(blobs, open_many(blobs), strict=True)
        if content is None and blob.owner not in erased
    ]
    if closed:
        yield f"{len(closed)} sealed rows have no key: {dict(Counter(blob.use for blob in closed))}"


def _in_clear() -> Iterable[str]:
    for path in settings.DATA.parent.rglob("*"):
        if path.is_file() and path.name != "handed-over.csv":
            content = path.read_bytes()
            if any(secret in content for secret in SECRETS):
                yield f"a name or number stands in clear in {path.relative_to(settings.DATA.parent)}"
