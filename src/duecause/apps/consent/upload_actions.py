"""Hand a file to the worker: past objections, or a new version of a national register. It waits sealed and is
destroyed when the worker has read it, whatever becomes of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.models import NationalRegister
from duecause.apps.gate.actions import open_spool
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Controller
from duecause.apps.register import spool
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused, gettext_noop

LOAD = "consent.load_register"
OBJECTIONS = "consent.import_objections"
WHY = "consent_upload"


def queue_register(
    *,
    actor: Actor,
    register: NationalRegister,
    data: bytes,
    file_name: str,
    version_date: date,
    force_shrunken: bool,
    now: datetime,
    sha256: str = "",
) -> Obligation:
    """Load `data` as the register published on `version_date`. Raises NotPermitted."""
    actor.require("registers.load")
    facts = {
        "register": register.code,
        "version": version_date.isoformat(),
        "forced": force_shrunken,
        "sha256": sha256,
    }
    return _queue(actor, LOAD, facts, data, file_name, now)


def queue_objections(
    *, actor: Actor, controller: Controller, data: bytes, file_name: str, country: str, now: datetime
) -> Obligation:
    """Take over past objections against `controller`. Raises NotPermitted."""
    actor.require("consent.object")
    facts = {"controller": controller.code, "country": country}
    return _queue(actor, OBJECTIONS, facts, data, file_name, now)


def _queue(
    actor: Actor, kind: str, facts: dict[str, Any], data: bytes, file_name: str, now: datetime
) -> Obligation:
    upload = uuid7()
    spool.put(upload, data)
    told = {**facts, "upload": str(upload), "file": file_name[-255:]}
    try:
        with transaction.atomic():
            return open_obligation(actor=actor, kind=kind, now=now, systems=["duecause"], facts=told)
    except BaseException:
        spool.drop(upload)
        raise


def open_queued(*, actor: Actor, obligation: Obligation, now: datetime) -> bytes:
    """The file of a queued obligation, for its step. Raises Refused once it is gone, NotPermitted."""
    sealed = spool.sealed(UUID(obligation.facts["upload"]))
    data = open_spool(actor=actor, sealed=sealed, why=WHY, now=now) if sealed else None
    if data is None:
        raise Refused(
            "upload_gone",
            gettext_noop("The uploaded file is gone. Choose %(file)s again."),
            file=obligation.facts["file"],
        )
    return data


def drop_queued(*, actor: Actor, obligation: Obligation) -> None:
    """Destroy the file of an obligation that has ended."""
    actor.require(f"open:{WHY}")
    spool.drop(UUID(obligation.facts["upload"]))
