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
from duecause.apps.rights import erasing_actions, scrubbing
from duecause.apps.rights.models import ErasureCase
from duecause.apps.vault.models import DataKey
from tests.apps.rights.cases import approved, known_everywhere
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(transaction=True)
STAGES = list(erasing_actions._STAGES)
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
    actor = erasing_actions.Actor.job(str(case.job), f"open:{erasing_actions.OPEN}")
    erasing_actions.apply_erasure(actor=actor, case=case.pk, now=datetime.now(UTC))


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
        done = erasing_actions._STAGES[stage]

        def then_die(*given: object) -> None:
            done(*given)
            raise Killed

        patch.setitem(erasing_actions._STAGES, stage, then_die)
        return
    save = ErasureCase.save

    def die(self: ErasureCase, *args: object, **more: object) -> None:
        if self.stage == STAGES[STAGES.index(stage) + 1] if stage != STAGES[-1] else self.event:
            raise Killed
        save(self, *args, **more)

    patch.setattr(ErasureCase, "save", die)


def test_a_record_that_an_import_brought_in_between_is_erased_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    person = known_everywhere(world)
    case = approved(world, person)
    destroy = erasing_actions._STAGES["guarded"]
    came: list[Record] = []

    def then_another_comes(*given: object) -> None:
        destroy(*given)
        if not came:
            other = world.person(number=32470000055)
            came.append(other.records.get())
            Record.objects.filter(person=other).update(person=person)
            DialFact.objects.filter(person=other).update(person=person)

    monkeypatch.setitem(erasing_actions._STAGES, "guarded", then_another_comes)
    run(case)
    case.refresh_from_db()
    assert case.state == ErasureCase.State.PROVEN
    assert str(came[0].pk) in case.work["records"]
    assert not DataKey.objects.filter(owner=came[0].pk).exclude(wrapped=b"").exists()
    assert case.certificate["guards"]["tokens"] == {"phone": 2, "email": 1, "customer_no": 1}


def test_two_workers_on_one_erasure_do_not_both_do_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    case = approved(world, known_everywhere(world))
    start = erasing_actions._STAGES["none"]

    def slowly(*given: object) -> None:
        with monkeypatch.context() as patch:  # the other one runs from end to end meanwhile
            patch.setitem(erasing_actions._STAGES, "none", start)
            run(case)
        start(*given)

    monkeypatch.setitem(erasing_actions._STAGES, "none", slowly)
    with pytest.raises(erasing_actions.Superseded):
        run(case)
    assert [Event.objects.filter(kind=kind).count() for kind in ONCE] == [1, 1, 1]
