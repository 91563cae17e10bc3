"""Verbs of the evidence room: sign a record off, and hand it out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from duecause.apps.evidence.exporting import FORMS, Export, made
from duecause.apps.evidence.filters import Filter, narrowed, scope_of
from duecause.apps.evidence.models import SignOff
from duecause.apps.evidence.queries import history, standing
from duecause.apps.evidence.record import Scope, assemble
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused


def sign_off(*, actor: Actor, scope: Scope, version: str, now: datetime) -> SignOff:
    """Customer service agrees to a version of a record: the one that was read. Raises Refused where it has
    changed since it was read, or where this version is signed already."""
    actor.require("evidence.sign")
    with transaction.atomic():
        # Two people who press at once: the second finds the first's signature.
        Controller.objects.select_for_update().get(pk=scope.controller.pk)
        current = assemble(scope, now=now)
        if version != current.version:
            raise Refused(
                "record_changed",
                "The record changed while you read it. Nothing was signed. Look at the changes below and sign"
                " again.",
            )
        last = history(scope).first()
        if last and last.version == version:
            raise Refused(
                "signed_already", "This version of the record is signed off already. Nothing is left to sign."
            )
        event = record(
            actor=actor,
            kind="evidence.signed_off",
            now=now,
            payload={
                "record": scope.code,
                "version": version,
                "before": last.version if last else "",
            },
        )
        return SignOff.objects.create(
            role=scope.role,
            controller=scope.controller,
            version=version,
            content=current.content,
            signed_at=now,
            actor=actor.ref,
            event=event.uid,
        )


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A file and the name it should have."""

    content: bytes
    name: str
    media_type: str


def export_record(*, actor: Actor, by: Filter, form: str, who: str, now: datetime) -> HandedOut:
    """Make a file of exactly what the filter leaves, in the language in force, and write down who took it.

    `form`: of exporting.FORMS. `who`: the name that the file shows as taken by. Raises Refused for an unknown
    form, record or code.
    """
    actor.require("evidence.export")
    if form not in FORMS:
        raise Refused(
            "export_form",
            "There is no export as “%(given)s”. Choose one of: %(known)s.",
            given=form,
            known=", ".join(FORMS),
        )
    scope = scope_of(by.scope)
    if scope is None:
        raise Refused("no_record", "There is no record yet: apply an organisation file with a controller.")
    found = standing(scope, now=now)
    export = Export(narrowed(found.record, by), by, found, who)
    content = made(export, form)
    with transaction.atomic():
        record(
            actor=actor,
            kind="evidence.exported",
            now=now,
            payload={
                "record": scope.code,
                "version": found.record.version,
                "form": form,
                "filter": by.query,
                "sha256": hashlib.sha256(content).hexdigest(),
            },
        )
    name = f"record_{scope.code}_{now:%Y-%m-%d}_{found.record.version[:12]}.{form}"
    return HandedOut(content, name, FORMS[form])
