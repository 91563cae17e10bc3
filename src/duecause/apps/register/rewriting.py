"""What a corrected file does to records that exist: what they said before stays known (history.py). Called by
`writing.write_chunk` alone, inside the transaction of the import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from duecause.apps.register.fields import SEALED_IN
from duecause.apps.register.history import extended
from duecause.apps.register.models import DialFact, Record
from duecause.apps.register.planning import NO_BASIS, SHEET_LENGTH, Plan, Setting, slices


def stored_records(records: Iterable[UUID]) -> dict[UUID, Record]:
    """Records as they are, without what is sealed."""
    return {
        record.pk: record
        for part in slices(records)
        for record in Record.objects.filter(pk__in=part).defer(*SEALED_IN)
    }


def history_with(setting: Setting, plan: Plan, before: Record) -> list[dict[str, Any]]:
    """The history of a record that a corrected row changes."""
    return extended(
        before,
        batch=setting.batch.pk,
        sheet=plan.parsed.sheet[:SHEET_LENGTH],
        row=plan.parsed.row,
        at=setting.now,
        obtained_on=plan.obtained_on,
        basis=setting.source.claimed_basis,
        wording=plan.wording,
        fields=plan.parsed.values,
        changes=plan.changes,
    )


def withdraw_bases(setting: Setting, plans: Sequence[Plan]) -> None:
    """Where the corrected row of a record shows no basis any more, the record has none."""
    withdrawing = {plan.withdraws: plan for plan in plans if plan.withdraws}
    for pk, record in stored_records(withdrawing).items():
        plan = withdrawing[pk]
        record.history = extended(
            record,
            batch=setting.batch.pk,
            sheet=plan.parsed.sheet[:SHEET_LENGTH],
            row=plan.parsed.row,
            at=setting.now,
            obtained_on=record.obtained_on,
            basis=NO_BASIS,
            wording=None,
            fields=record.fields,
            changes=(),
        )
        record.basis, record.wording, record.changed_at = NO_BASIS, None, setting.now
        record.save(update_fields=["basis", "wording", "changed_at", "history"])
    for part in slices(withdrawing):
        DialFact.objects.filter(record__in=part).update(basis=NO_BASIS)
