"""Killed at any point, an erasure runs on and ends in the same state."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from duecause.apps.consent.models import ConsentEvent, Objection, Suppression
from duecause.apps.ledger import checking
from duecause.apps.ledger.actions import sequence
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import (
    DialFact,
    GuardToken,
    ImportRow,
    Lookup,
    Person,
    Record,
    RecordLink,
    RelationFact,
)
from duecause.apps.rights import applying, scrubbing
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault.models import DataKey
from tests.apps.rights.cases import approved, known_everywhere
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(transaction=True)
STAGES = list(applying._STAGES)
ONCE = ("rights.erasure_started", "rights.erased", "rights.erasure_proven")


class Killed(BaseException):
    """Like a signal: nothing in between catches it."""


def end_state(case: ErasureCase) -> dict[str, object]:
    """Everything that must be the same however often the work was interrupted."""
    person = case.person_id
    keys = DataKey.objects.filter(owner__in=[person, *case.work["records"]])
    steady = (
        "keys_destroyed",
        "rows",
        "guards",
        "kept",
        "read_back",
        "objections",
        "consents_proved",
        "call_centres",
    )
    return {
        "state": (case.state, case.stage),
        "certificate": {name: case.certificate[name] for name in steady},
        "rows": [
            model.objects.filter(person=person).count()
            for model in (Record, DialFact, RelationFact, ConsentEvent, Objection)
        ],
        "around": [Lookup.objects.count(), RecordLink.objects.count(), Suppression.objects.count()],
        "unlinked": ImportRow.objects.filter(record=None).count(),
        "guards": GuardToken.objects.count(),
        "keys": sorted(keys.exclude(wrapped=b"").values_list("compartment", flat=True)),
        "events": [Event.objects.filter(kind=kind).count() for kind in ONCE],
        "erased": Person.objects.exclude(erased_at=None).count(),
        "request": (case.obligation.state, case.obligation.steps.get().state),
    }


def run(case: ErasureCase) -> None:
    actor = applying.Actor.job(str(case.job), f"open:{applying.OPEN}")
    applying.apply_erasure(actor=actor, case=case.pk, now=datetime.now(UTC))


@pytest.fixture(autouse=True)
def no_rewriting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewriting whole tables is tested where the bytes are looked for; here it only takes seconds."""
    monkeypatch.setattr(scrubbing, "REWRITE_UP_TO", -1)


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, object]:
    return {}


@pytest.mark.parametrize("stage", ["", *STAGES])
@pytest.mark.parametrize("moment", ["before its end", "after its end"])
def test_killed_in_any_stage_it_ends_in_the_same_state(
    stage: str, moment: str, undisturbed: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    case = approved(world, known_everywhere(world))
    if stage:
        with monkeypatch.context() as patch:
            _kill_at(patch, stage, moment)
            with pytest.raises(Killed):
                run(case)
    run(case)
    run(case)  # once more changes nothing
    case = ErasureCase.objects.select_related("obligation").get(pk=case.pk)
    undisturbed.setdefault("end", end_state(case))
    assert end_state(case) == undisturbed["end"]
    assert case.state == ErasureCase.State.PROVEN
    sequence(actor=OPERATOR, now=datetime.now(UTC))
    assert checking.verify_live(now=datetime.now(UTC), anchor=None).exit_code == 0


def _kill_at(patch: pytest.MonkeyPatch, stage: str, moment: str) -> None:
    """`before`: the stage did its work, but its transaction does not commit; `after`: just after it did."""
    if moment == "after its end":
        done = applying._STAGES[stage]

        def then_die(*given: object) -> None:
            done(*given)
            raise Killed

        patch.setitem(applying._STAGES, stage, then_die)
        return
    save = ErasureCase.save

    def die(self: ErasureCase, *args: object, **more: object) -> None:
        if self.stage == STAGES[STAGES.index(stage) + 1] if stage != STAGES[-1] else self.event:
            raise Killed
        save(self, *args, **more)

    patch.setattr(ErasureCase, "save", die)
