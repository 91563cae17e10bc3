"""Verbs of processing activities: what the organisation file says of one, and how far it is agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from duecause.apps.catalogue.models import Activity
from duecause.apps.ledger.actions import record
from duecause.apps.ledger.upserts import Noun, put
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Refused

ACTIVITY = Noun(name="activity", model=Activity, event="catalogue.activity_changed")
Status = Activity.Status
# From where to where people move an activity.
MOVES: Mapping[str, tuple[str, ...]] = {
    Status.DRAFT: (Status.REVIEW, Status.RETIRED),
    Status.REVIEW: (Status.APPROVED, Status.DRAFT),
    Status.APPROVED: (Status.REVIEW, Status.RETIRED),
    Status.RETIRED: (Status.DRAFT,),
}


def apply_activity(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    name: Mapping[str, str],
    role: str,
    controller: str,
    purposes: Sequence[str],
    fields: Sequence[str],
    processors: Sequence[str],
    subjects: Sequence[str],
    dpia: str,
    dpia_reason: str,
    dpia_on: date | None,
    owner: str,
) -> Change | None:
    """Codes name other rows; `subjects` are of packs.catalogue. What was approved and changes goes back to
    review: nobody approved what it is now."""
    actor.require("organisation.apply")
    wanted = {
        "code": code,
        "name": dict(name),
        "role": role,
        "controller": controller,
        "purposes": purposes,
        "fields": fields,
        "processors": processors,
        "subjects": subjects,
        "dpia": dpia,
        "dpia_reason": dpia_reason,
        "dpia_on": dpia_on,
        "owner": owner,
    }
    with transaction.atomic():
        changed = put(ACTIVITY, wanted, actor=actor, now=now)
        if changed is not None:
            row = Activity.objects.select_for_update().get(code=code)
            if row.status == Status.APPROVED:
                _move(row, Status.REVIEW, actor=actor, now=now)
    return changed


def move_activity(*, actor: Actor, activity: Activity, to: str, now: datetime) -> Activity:
    """Move an activity to another status. Raises Refused where none leads there from where it stands, or for
    an approval before somebody decided whether an impact assessment is needed (GDPR Art. 35)."""
    actor.require("catalogue.approve")
    with transaction.atomic():
        row = Activity.objects.select_for_update().get(pk=activity.pk)
        if to not in MOVES[row.status]:
            raise Refused(
                "activity_status",
                "The activity %(activity)s cannot go from “%(from)s” to “%(to)s”. Load the page again to see"
                " where it stands.",
                activity=row.code,
                to=to,
                **{"from": row.status},
            )
        if to == Status.APPROVED and row.dpia == Activity.Assessment.UNDECIDED:
            raise Refused(
                "dpia_undecided",
                "The activity %(activity)s cannot be approved: nobody decided whether an impact assessment is"
                " needed (GDPR Art. 35). Write dpia and dpia_reason into the organisation file.",
                activity=row.code,
            )
        _move(row, to, actor=actor, now=now)
    return row


def _move(row: Activity, to: str, *, actor: Actor, now: datetime) -> None:
    payload = {"activity": row.code, "from": str(row.status), "to": str(to)}
    row.status, row.status_at = to, now
    row.save(update_fields=["status", "status_at"])
    record(actor=actor, kind="catalogue.activity_moved", now=now, payload=payload)
