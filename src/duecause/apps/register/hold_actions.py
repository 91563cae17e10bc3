"""Put a person, a record or some fields under a hold, and end it (GDPR Art. 17(3)(b), (e))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.register.fields import declared
from duecause.apps.register.hold_queries import people_of
from duecause.apps.register.models import Hold, Record
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop
from duecause.web.templatetags.formats import shown_day

FUNCTION = "register.hold"
LONGEST_REFERENCE = 60

_NOBODY = gettext_noop("No record of this person is here. There is nothing to hold.")
_REASON = gettext_noop("Choose why these data are held.")
_FIELD = gettext_noop("There is no field %(field)s. Choose one of the list.")
_PAST = gettext_noop("The hold would have ended on %(until)s. Choose a day to come, or none.")
_REFERENCE = gettext_noop("The reference has %(length)s characters; at most %(limit)s fit.")
_ENDED = gettext_noop("This hold has ended already. Load the page again.")


@dataclass(frozen=True, slots=True)
class Terms:
    """`reference`: of the file it is for, never a name. `until`: its last day."""

    reason: str
    reference: str = ""
    until: date | None = None


def begin_hold(
    *,
    actor: Actor,
    person: UUID,
    terms: Terms,
    now: datetime,
    only: UUID | None = None,
    fields: Sequence[str] = (),
) -> Hold:
    """Hold everything of a person, or one record (`only`), or some fields. Effective at commit: nothing it
    covers is erased by a rule or a request until it ends. Raises NotPermitted, Refused."""
    actor.require(FUNCTION)
    _check(terms, fields, now)
    with transaction.atomic():
        rows = Record.objects.select_for_update().filter(person=person)
        records = list((rows.filter(pk=only) if only else rows).order_by("pk"))
        if not records:
            raise Refused("hold_nobody", _NOBODY)
        hold = Hold.objects.create(
            whole_person=only is None,
            fields=sorted(set(fields)),
            reason=terms.reason,
            reference=terms.reference.strip(),
            begun_by=actor.ref,
            begun_at=now,
            until=terms.until,
        )
        hold.records.set(records)
        payload = {
            "hold": str(hold.pk),
            "reason": hold.reason,
            "records": len(records),
            "whole_person": hold.whole_person,
            "fields": hold.fields,
            "until": terms.until.isoformat() if terms.until else None,
        }
        record(actor=actor, kind="register.hold_begun", now=now, person=person, payload=payload)
    return hold


def end_hold(*, actor: Actor, hold: Hold, now: datetime) -> Hold:
    """From now on rules and requests take effect again; what is overdue goes in the next night. Raises
    NotPermitted, Refused where it has ended."""
    actor.require(FUNCTION)
    with transaction.atomic():
        row = Hold.objects.select_for_update().get(pk=hold.pk)
        if row.ended_at is not None:
            raise Refused("hold_ended", _ENDED)
        row.ended_by, row.ended_at = actor.ref, now
        row.save(update_fields=["ended_by", "ended_at"])
        person = next(iter(sorted(people_of(row))), None)
        payload = {"hold": str(row.pk), "reason": row.reason}
        record(actor=actor, kind="register.hold_ended", now=now, person=person, payload=payload)
    return row


def _check(terms: Terms, fields: Sequence[str], now: datetime) -> None:
    if terms.reason not in Hold.Reason.values:
        raise Refused("hold_reason", _REASON)
    if len(terms.reference.strip()) > LONGEST_REFERENCE:
        raise Refused(
            "hold_reference", _REFERENCE, length=len(terms.reference.strip()), limit=LONGEST_REFERENCE
        )
    if terms.until is not None and terms.until < shown_day(now):
        raise Refused("hold_past", _PAST, until=terms.until)
    unknown = sorted(set(fields) - set(declared().groups))
    if unknown:
        raise Refused("hold_field", _FIELD, field=unknown[0])
