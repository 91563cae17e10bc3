"""Reads of the evidence room: what was signed off last, and what is waiting for a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, QuerySet

from duecause.apps.evidence.changes import Changed, compare
from duecause.apps.evidence.models import SignOff
from duecause.apps.evidence.record import Record, Scope, assemble, scopes
from duecause.apps.ledger.models import Event
from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Standing:
    """A record beside the last version that was signed off. `changes` are those since then; with no sign-off
    there are none to name, and the whole is unsigned."""

    record: Record
    last: SignOff | None
    changes: tuple[Changed, ...]

    @property
    def signed(self) -> bool:
        return self.last is not None and self.last.version == self.record.version


def standing(scope: Scope, *, now: datetime) -> Standing:
    record = assemble(scope, now=now)
    last = history(scope).first()
    changes = compare(last.content, record.content) if last else []
    return Standing(record, last, tuple(changes))


def history(scope: Scope) -> QuerySet[SignOff]:
    """The newest first."""
    return SignOff.objects.filter(role=scope.role, controller=scope.controller).order_by("-signed_at", "-pk")


def unsigned(now: datetime) -> list[Standing]:
    """Records that nobody signed off as they are now."""
    return [each for each in (standing(scope, now=now) for scope in scopes()) if not each.signed]


# Events that can change a record. What is not among them is noticed when the answer below has grown old.
CHANGING = (
    "catalogue.activity_changed",
    "catalogue.activity_moved",
    "catalogue.field_changed",
    "catalogue.purpose_changed",
    "catalogue.retention_changed",
    "catalogue.wording_changed",
    "dialling.released",
    "evidence.signed_off",
    "parties.contract_changed",
    "parties.controller_changed",
    "parties.partner_changed",
    "parties.source_changed",
    "parties.transfer_changed",
    "register.import_finished",
    "rights.erased",
    "rights.retention_batch",
)
REMEMBERED = timedelta(minutes=10)
_known: dict[str, tuple[object, datetime, int]] = {}


def due_for(actor: Actor) -> int:
    """How many records wait for this actor's signature. Asked on every page, so the answer is kept until an
    event tells of a change, ten minutes at most; the list of what is due asks anew."""
    if actor.kind != "employee" or not actor.may("evidence.sign"):
        return 0
    now = datetime.now(UTC)
    events = Event.objects.filter(kind__in=CHANGING).values_list("kind").annotate(Max("at"), Count("pk"))
    state = sorted(events)
    if known := _known.get("due"):
        before, since, number = known
        if state and before == state and now - since < REMEMBERED:
            return number
    number = len(unsigned(now))
    _known["due"] = state, now, number
    return number


def forget_due() -> None:
    """For tests: the next count is made anew."""
    _known.clear()
