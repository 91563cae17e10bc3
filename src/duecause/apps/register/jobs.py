"""What the worker does for the register: import queued files, empty the quarantine, drop old uploads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from duecause.apps.gate.actions import open_spool
from duecause.apps.obligations.actions import ATTEMPTS_BEFORE_DEAD, report_progress
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.runner import Postponed, handles, periodic
from duecause.apps.register import actions, matching_job, proposing, spool
from duecause.apps.register.models import ImportBatch
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused

OPEN = "register_import"


@handles(actions.IMPORT_KIND, again=False)
def run_import(step: Step) -> Mapping[str, Any]:
    """Idempotent: a batch that is complete is left alone, one that is not goes on behind its last chunk. The
    sealed file and its key are gone when this ends for good, however it ends."""
    batch = ImportBatch.objects.select_related("source").get(pk=UUID(step.obligation.facts["batch"]))
    actor = Actor.job(str(step.pk), "register.import", f"open:{OPEN}")
    try:
        done = _import(actor, step, batch)
    except Refused as refused:
        if refused.code == "import_elsewhere":
            raise Postponed("Another process stores this file.") from None
        _give_up(actor, step, batch, refused.code)
        raise
    except Exception:
        if step.attempts >= ATTEMPTS_BEFORE_DEAD:
            _give_up(actor, step, batch, "unexpected")
        raise
    spool.drop(batch.pk)
    return {"batch": str(batch.pk), "counts": done.counts}


def _import(actor: Actor, step: Step, batch: ImportBatch) -> ImportBatch:
    if batch.state == ImportBatch.State.COMPLETE:
        return batch
    now = datetime.now(UTC)
    data = _opened(actor, batch, now)

    def progress(done: int, total: int) -> None:
        if not report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
            raise Postponed("Another worker has taken over this import.")

    return actions.import_file(
        actor=actor,
        source=batch.source,
        data=data,
        file_name=batch.file_name,
        now=now,
        sheet=batch.options["sheet"],
        explicit_map=batch.options["map"],
        country=batch.options["country"],
        progress=progress,
    ).batch


def _opened(actor: Actor, batch: ImportBatch, now: datetime) -> bytes:
    sealed = spool.sealed(batch.pk)
    data = open_spool(actor=actor, sealed=sealed, why=OPEN, now=now) if sealed else None
    if data is None:
        raise Refused(
            "upload_gone", "The uploaded file is gone. Upload %(file)s again.", file=batch.file_name
        )
    return data


def _give_up(actor: Actor, step: Step, batch: ImportBatch, code: str) -> None:
    """Only who still holds the step may: a worker that slept must not end what its successor is loading."""
    now = datetime.now(UTC)
    if not report_progress(step=step, now=now, done=batch.rows_done, total=batch.rows_total):
        raise Postponed("Another worker has taken over this import.")
    actions.fail_import(actor=actor, batch=batch, code=code, now=now)
    spool.drop(batch.pk)


@periodic("register.purge_quarantine", lambda now: f"{now:%Y-%m-%d}")
def run_purge(step: Step) -> Mapping[str, Any]:
    now = datetime.now(UTC)
    actor = Actor.job(str(step.pk), "register.import")
    return {"rows": actions.purge_quarantine(actor=actor, now=now)}


@periodic("register.drop_uploads", lambda now: f"{now:%Y-%m-%dT%H:}{now.minute // 10}0")
def run_drop(step: Step) -> Mapping[str, Any]:
    actor = Actor.job(str(step.pk), "register.import")
    return {"uploads": actions.drop_stray_uploads(actor=actor, now=datetime.now(UTC))}


@periodic("register.propose_links", lambda now: f"{now:%Y-%m-%d}")
def run_propose(step: Step) -> Mapping[str, Any]:
    """Once a day. Interrupted, it begins again: what it had stored is not stored twice."""
    actor = Actor.job(str(step.pk), "register.link", f"open:{matching_job.WHY}")

    def progress(done: int, total: int) -> None:
        if not report_progress(step=step, now=datetime.now(UTC), done=done, total=total):
            raise Postponed("Another worker has taken over this round.")

    return {"links": proposing.propose_links(actor=actor, now=datetime.now(UTC), progress=progress)}
