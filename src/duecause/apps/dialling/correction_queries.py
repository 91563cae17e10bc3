"""Reads of corrections: who must be told of which, who has confirmed, who still holds what was wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from duecause.apps.consent.telling import Told, provides_told
from duecause.apps.dialling.facts import chunks
from duecause.apps.dialling.feed_actions import TELL
from duecause.apps.dialling.models import FeedEntry
from duecause.apps.obligations.models import Obligation, Step


@dataclass(frozen=True, slots=True)
class Recipient:
    """One centre that must hear of one act of correction. `sent_at`: it has fetched everything of it;
    `acknowledged_at`: it has given its word for everything."""

    centre: str
    name: str
    rows: int
    fields: tuple[str, ...]
    told_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class CorrectionState:
    """One act: a rectification (`source` is empty: the person said so), or part of an imported file."""

    act: str
    source: str
    fields: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None
    recipients: tuple[Recipient, ...]

    @property
    def holding(self) -> tuple[Recipient, ...]:
        """Who still holds the old value, as far as their word goes."""
        return tuple(each for each in self.recipients if each.acknowledged_at is None)


def acts(*, act: UUID | None = None, open_only: bool = False) -> QuerySet[Obligation]:
    """Newest first, for `shown_acts`. An act that no centre holds anything of is not among them."""
    found = Obligation.objects.filter(kind=TELL, facts__has_key="correction").order_by("-opened_at", "-pk")
    if act is not None:
        found = found.filter(facts__correction=str(act))
    return found.filter(state=Obligation.State.OPEN) if open_only else found


def shown_acts(found: Iterable[Obligation]) -> list[CorrectionState]:
    obligations = list(found)
    recipients = _recipients([each.pk for each in obligations])
    return [
        CorrectionState(
            act=each.facts["correction"],
            source=each.facts["source"],
            fields=tuple(each.facts["fields"]),
            opened_at=each.opened_at,
            due_at=each.due_at,
            recipients=tuple(recipients.get(each.pk, ())),
        )
        for each in obligations
    ]


def _recipients(obligations: Collection[UUID]) -> dict[UUID, list[Recipient]]:
    found: dict[UUID, dict[str, list[FeedEntry]]] = {}
    for part in chunks(obligations):
        steps = dict(Step.objects.filter(obligation__in=part).values_list("pk", "obligation"))
        for some in chunks(steps):
            entries = FeedEntry.objects.filter(step__in=some).select_related("partner")
            for entry in entries.order_by("partner__name", "cursor"):
                found.setdefault(steps[entry.step], {}).setdefault(entry.partner.code, []).append(entry)
    return {
        obligation: [_recipient(own) for own in of_centre.values()] for obligation, of_centre in found.items()
    }


def _recipient(entries: list[FeedEntry]) -> Recipient:
    return Recipient(
        centre=entries[0].partner.code,
        name=entries[0].partner.name,
        rows=sum(len(entry.references) for entry in entries),
        fields=tuple(sorted({name for entry in entries for name in entry.fields})),
        told_at=min(entry.written_at for entry in entries),
        sent_at=_all_done([entry.given_at for entry in entries]),
        acknowledged_at=_all_done([entry.acknowledged_at for entry in entries]),
    )


def _all_done(moments: list[datetime | None]) -> datetime | None:
    known = [each for each in moments if each is not None]
    return max(known) if len(known) == len(moments) else None


def correction_states(*, open_only: bool = False) -> list[dict[str, Any]]:
    """The same as JSON, oldest first."""
    return [
        {
            "correction": state.act,
            "source": state.source,
            "fields": list(state.fields),
            "at": state.opened_at.isoformat(),
            "due_at": state.due_at.isoformat() if state.due_at else None,
            "must_be_told": len(state.recipients),
            "told": sum(1 for each in state.recipients if each.sent_at),
            "acknowledged": sum(1 for each in state.recipients if each.acknowledged_at),
            "centres": [
                {
                    "centre": each.centre,
                    "rows": each.rows,
                    "fields": list(each.fields),
                    "told_at": each.told_at.isoformat(),
                    "sent_at": each.sent_at.isoformat() if each.sent_at else None,
                    "acknowledged_at": each.acknowledged_at.isoformat() if each.acknowledged_at else None,
                }
                for each in state.recipients
            ],
        }
        for state in reversed(shown_acts(acts(open_only=open_only)))
    ]


@provides_told
def told_of_act(act: UUID) -> list[Told]:
    """Every centre that must hear of a rectification, and how far that is."""
    return [
        Told(each.centre, each.name, each.told_at, each.sent_at, each.acknowledged_at)
        for state in shown_acts(acts(act=act))
        for each in state.recipients
    ]
