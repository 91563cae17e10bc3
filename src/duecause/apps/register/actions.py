"""The verbs of the register: import a file, queue one, decide links, empty the quarantine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Source
from duecause.apps.register import link_rows, loading, matching_job, reading, spool, trial
from duecause.apps.register.claimed_consent import ConsentTexts
from duecause.apps.register.fields import declared
from duecause.apps.register.loading import Progress, Times
from duecause.apps.register.models import ImportBatch, QuarantinedRow, Record
from duecause.apps.register.planning import Setting, slices
from duecause.apps.register.reading import ReadFile
from duecause.apps.vault.actions import destroy_keys
from duecause.apps.vault.models import Compartment
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day

MATCHED_ROWS = 2_000
IMPORT_KIND = "register.import"
PURGE_BATCH = 500
LONGEST_NAME = 255
STRAY_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Imported:
    """`repeated`: the same file was imported before under the same setup, and nothing was changed."""

    batch: ImportBatch
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Listed:
    """One file of a source and how it is to be read; two with the same values are the same import."""

    source: Source
    name: str
    sha256: str
    options: dict[str, Any]


def import_file(
    *,
    actor: Actor,
    source: Source,
    data: bytes,
    file_name: str,
    now: datetime,
    sheet: str | int | None = None,
    explicit_map: Mapping[str, str] | None = None,
    country: str | None = None,
    progress: Progress | None = None,
    times: Times | None = None,
    all_or_nothing: bool = False,
) -> Imported:
    """Take a list into the register. The file is read once without writing; whatever makes it unusable raises
    Refused and leaves nothing behind. Then its rows are sealed and stored in chunks, each a transaction with
    its event; an import that was interrupted goes on behind its last chunk when the same file comes again.
    With `all_or_nothing` every row is judged before the first is stored, and one that would not be taken
    refuses the file.

    Raises NotPermitted, Refused.
    """
    actor.require("register.import")
    listed = _listed(source, data, file_name, sheet=sheet, explicit=explicit_map, country=country)
    earlier = _earlier(listed)
    if earlier is not None and earlier.state == ImportBatch.State.COMPLETE:
        return Imported(earlier, repeated=True)
    file = _read(listed, data, now)
    if all_or_nothing and (earlier is None or not earlier.rows_done):
        trial.require_every_row(source=source, file=file, file_name=listed.name, now=now)
    batch = earlier or _begun(actor, listed, file, now)
    setting = Setting(batch=batch, source=source, declared=declared(), consent=ConsentTexts(source), now=now)
    loading.load(actor, setting, file, progress, times or Times())
    return Imported(_finish(actor=actor, setting=setting, now=now))


def queue_import(
    *,
    actor: Actor,
    source: Source,
    data: bytes,
    file_name: str,
    options: Mapping[str, Any],
    now: datetime,
) -> ImportBatch:
    """Take an upload for the worker: sealed on disk, read without writing first so that what is unusable is
    refused at once. `options`: sheet, map, country. Raises NotPermitted, Refused."""
    actor.require("register.import")
    listed = _listed(
        source,
        data,
        file_name,
        sheet=options.get("sheet") or None,
        explicit=options.get("map") or {},
        country=options.get("country") or None,
    )
    earlier = _earlier(listed)
    if earlier is not None and _is_settled(earlier):
        return earlier
    file = _read(listed, data, now)
    identifier = earlier.pk if earlier else uuid7()
    spool.put(identifier, data)
    try:
        with transaction.atomic():
            # Two clicks at once: the second waits here, then finds what the first has queued.
            Source.objects.select_for_update().get(pk=source.pk)
            earlier = _earlier(listed)
            if earlier is not None and _is_settled(earlier):
                if earlier.pk != identifier:
                    spool.drop(identifier)
                return earlier
            batch = earlier or _new_batch(actor, listed, file, now, identifier)
            facts = {"batch": str(batch.pk), "source": source.code, "rows": file.row_count}
            open_obligation(actor=actor, kind=IMPORT_KIND, now=now, systems=["register"], facts=facts)
    except BaseException:
        spool.drop(identifier)
        raise
    return batch


def _is_settled(batch: ImportBatch) -> bool:
    """Complete, or a job will complete it; one that was interrupted at the command line is neither."""
    if batch.state == ImportBatch.State.COMPLETE:
        return True
    jobs = Obligation.objects.filter(kind=IMPORT_KIND, state=Obligation.State.OPEN)
    return jobs.filter(facts__batch=str(batch.pk)).exists()


def _listed(
    source: Source,
    data: bytes,
    name: str,
    *,
    sheet: str | int | None,
    explicit: Mapping[str, str] | None,
    country: str | None,
) -> _Listed:
    """`setup` stands for catalogue and source: after either changed, the same file is worth reading again."""
    facts = [
        declared().fingerprint,
        ConsentTexts(source).fingerprint,
        [source.controller_id, source.default_country, source.claimed_basis, source.default_language],
        [source.legal_persons, str(source.obtained_on), source.kind],
    ]
    options = {
        "sheet": None if sheet is None else str(sheet),
        "map": dict(explicit or {}),
        "country": country,
        "setup": hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16],
    }
    return _Listed(source, name[-LONGEST_NAME:], hashlib.sha256(data).hexdigest(), options)


def _read(listed: _Listed, data: bytes, now: datetime) -> ReadFile:
    return reading.read_file(
        data,
        file_name=listed.name,
        source=listed.source,
        declared=declared(),
        today=local_day(now, listed.source.controller.country),
        sheet=listed.options["sheet"],
        explicit=listed.options["map"],
        country=listed.options["country"],
    )


def _earlier(listed: _Listed) -> ImportBatch | None:
    rows = ImportBatch.objects.filter(source=listed.source, sha256=listed.sha256)
    rows = rows.exclude(state=ImportBatch.State.FAILED).order_by("-started_at")
    return next((batch for batch in rows if batch.options == listed.options), None)


def _begun(actor: Actor, listed: _Listed, file: ReadFile, now: datetime) -> ImportBatch:
    with transaction.atomic():
        return _new_batch(actor, listed, file, now, uuid7())


def _new_batch(actor: Actor, listed: _Listed, file: ReadFile, now: datetime, identifier: UUID) -> ImportBatch:
    batch = ImportBatch.objects.create(
        id=identifier,
        source=listed.source,
        file_name=listed.name,
        sha256=listed.sha256,
        sheets=[sheet.describe() for sheet in file.sheets],
        options=listed.options,
        rows_total=file.row_count,
        started_at=now,
        actor=actor.ref,
    )
    payload = {
        "batch": str(batch.pk),
        "source": listed.source.code,
        "sha256": listed.sha256,
        "rows": file.row_count,
    }
    record(actor=actor, kind="register.import_started", now=now, payload=payload)
    return batch


def _finish(*, actor: Actor, setting: Setting, now: datetime) -> ImportBatch:
    batch = setting.batch
    found = _links_missed(batch, now)
    with transaction.atomic():
        links = link_rows.join_late(found, now=now)
        ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.COMPLETE, finished_at=now)
        record(
            actor=actor,
            kind="register.import_finished",
            now=now,
            payload={
                "batch": str(batch.pk),
                "source": setting.source.code,
                "sha256": batch.sha256,
                "outcomes": batch.counts,
                "links": dict(links),
            },
        )
    batch.refresh_from_db()
    return batch


def _links_missed(batch: ImportBatch, now: datetime) -> list[matching_job.Found]:
    """Two imports at the same time cannot see each other's last chunk: the one that ends last looks again."""
    others = Record.objects.filter(recorded_at__gte=batch.started_at, batch__isnull=False).exclude(
        batch=batch
    )
    if not others.exists():
        return []
    own = list(Record.objects.filter(batch=batch).values_list("pk", flat=True))
    found: list[matching_job.Found] = []
    for part in slices(own, MATCHED_ROWS):
        found += matching_job.find_links_of_records(records=part, job=str(batch.pk), now=now)
    return list(dict.fromkeys(found))


def fail_import(*, actor: Actor, batch: ImportBatch, code: str, now: datetime) -> None:
    """Say that an import will not be tried again. What was stored of it stays, with its events."""
    actor.require("register.import")
    with transaction.atomic():
        failed = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.LOADING).update(
            state=ImportBatch.State.FAILED, finished_at=now
        )
        if failed:
            payload = {"batch": str(batch.pk), "code": code}
            record(actor=actor, kind="register.import_failed", now=now, payload=payload)


def purge_quarantine(*, actor: Actor, now: datetime) -> int:
    """Delete rows whose time in quarantine is over: the key first, then the row. Returns how many."""
    actor.require("register.import")
    due = list(QuarantinedRow.objects.filter(delete_after__lte=now).values_list("pk", flat=True))
    for part in slices(due, PURGE_BATCH):
        for identifier in part:
            destroy_keys(identifier, [Compartment.IDENTITY])
        with transaction.atomic():
            QuarantinedRow.objects.filter(pk__in=part).delete()
            payload = {"rows": len(part)}
            record(actor=actor, kind="register.quarantine_purged", now=now, payload=payload)
    return len(due)


def drop_stray_uploads(*, actor: Actor, now: datetime) -> int:
    """Destroy uploads that no open obligation will read any more. Returns how many."""
    actor.require("register.import")
    jobs = Obligation.objects.filter(state=Obligation.State.OPEN, slot="")
    awaited = {job.get("batch") or job.get("upload") for job in jobs.values_list("facts", flat=True)}
    stray = [upload for upload in spool.older_than(now - STRAY_AFTER) if str(upload) not in awaited]
    for upload in stray:
        spool.drop(upload)
    return len(stray)
