"""Two workers that hold one step, and clocks that jump: the work is done once, and it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.obligations import actions, runner
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.register import actions as register
from duecause.apps.register import loading, matching_job, spool
from duecause.apps.register.models import ImportBatch, Record
from duecause.engine.actor import Actor
from tests.apps.register.lists import customers, declare_fields
from tests.support.world import NOW, OPERATOR, make_world

KIND = "test.work"
ROWS = "\n".join(
    ("voornaam;email;telefoon", *(f"Mila{n};m{n}@example.org;04700000{n:02}" for n in range(6)))
).encode()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.postgres


@pytest.fixture
def queued(db, monkeypatch) -> ImportBatch:
    world = make_world()
    declare_fields()
    monkeypatch.setattr(loading, "CHUNK_ROWS", 2)
    return register.queue_import(
        actor=OPERATOR, source=customers(world), data=ROWS, file_name="list.csv", options={}, now=NOW
    )


@pytest.fixture
def asleep(monkeypatch) -> Iterator[Callable[[int, Callable[[], None]], None]]:
    """`asleep(n, meanwhile)`: at its n-th chunk the import falls asleep before it writes, `meanwhile`
    happens, it wakes and goes on."""
    real = matching_job.find_links
    naps: list[tuple[int, Callable[[], None]]] = []
    chunks = []

    def sleepy(**given):
        found = real(**given)
        chunks.append(1)
        if naps and len(chunks) == naps[0][0]:
            naps.pop(0)[1]()
        return found

    monkeypatch.setattr(matching_job, "find_links", sleepy)
    yield lambda chunk, meanwhile: naps.append((chunk, meanwhile))
    assert not naps, "nobody fell asleep"


def claimed(worker: str, later: timedelta = timedelta()) -> Step:
    (step,) = actions.claim(worker=worker, now=datetime.now(UTC) + later)
    return step


def imported_once(batch: ImportBatch) -> bool:
    batch.refresh_from_db()
    return (
        batch.state == ImportBatch.State.COMPLETE
        and Record.objects.filter(batch=batch).count() == batch.rows_done == 6
        and Event.objects.filter(kind="register.import_chunk").count() == 3
        and Event.objects.filter(kind="register.import_finished").count() == 1
        and Event.objects.filter(kind="obligation.step_done").count() == 1
        and Event.objects.filter(kind="register.import_failed").count() == 0
        and spool.sealed(batch.pk) is None
    )


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_worker_that_slept_past_its_lease_changes_nothing_when_another_has_finished(queued, asleep, chunk):
    first = claimed("first")
    asleep(chunk, lambda: runner._run_step(claimed("second", actions.LEASE + timedelta(seconds=5))))
    runner._run_step(first)
    assert imported_once(queued)
    step = Step.objects.get(pk=first.pk)
    assert step.state == Step.State.DONE and step.error == {}


@pytest.mark.parametrize("chunk", [1, 2])
def test_a_worker_that_wakes_while_another_is_at_work_lets_it_work(queued, asleep, monkeypatch, chunk):
    """The second one has stored the chunk at which the first fell asleep, and is at the next."""
    second: list[BaseException | None] = []

    class Abandoned(BaseException):
        """The second worker stands still here; the first wakes up meanwhile."""

    def stand_still() -> None:
        raise Abandoned

    def overtake() -> None:
        asleep(chunk + 2, stand_still)
        with pytest.raises(Abandoned):
            runner._run_step(claimed("second", actions.LEASE + timedelta(seconds=5)))
        second.append(None)

    first = claimed("first")
    asleep(chunk, overtake)
    runner._run_step(first)
    assert second, "the second worker was there"
    queued.refresh_from_db()
    assert queued.state == ImportBatch.State.LOADING and spool.sealed(queued.pk) is not None
    held = Step.objects.get(pk=first.pk)
    assert (held.state, held.lease_by) == (Step.State.LEASED, "second")
    runner._run_step(held)
    assert imported_once(queued)


@pytest.fixture
def step(db) -> Step:
    from django.db import transaction

    with transaction.atomic():
        made = actions.open_obligation(actor=OPERATOR, kind=KIND, now=NOW, systems=["duecause"])
    return made.steps.get()


@pytest.mark.parametrize("jump", [-DAY, -HOUR, HOUR, DAY])
def test_a_clock_that_jumps_between_claim_and_finish_finishes_once(step, jump):
    (mine,) = actions.claim(worker="me", now=NOW)
    job = Actor.job(str(step.pk))
    assert actions.finish(actor=job, step=mine, now=NOW + jump, receipt={})
    assert not actions.finish(actor=job, step=mine, now=NOW + jump, receipt={})
    assert actions.claim(worker="me", now=NOW + jump + DAY) == []
    assert Obligation.objects.get(pk=step.obligation_id).state == Obligation.State.DONE
    assert Event.objects.filter(kind="obligation.step_done").count() == 1


def test_a_lease_from_before_the_clock_was_put_back_does_not_hold_for_a_day(step):
    actions.claim(worker="gone", now=NOW + DAY)
    assert [one.pk for one in actions.claim(worker="next", now=NOW)] == [step.pk]


def test_clocks_of_two_workers_that_differ_by_seconds_take_no_lease_away(step):
    actions.claim(worker="ahead", now=NOW + timedelta(seconds=20))
    assert actions.claim(worker="behind", now=NOW) == []


def test_after_a_jump_forwards_the_former_holder_is_fenced_off(step):
    (mine,) = actions.claim(worker="me", now=NOW)
    (theirs,) = actions.claim(worker="other", now=NOW + DAY)
    job = Actor.job(str(step.pk))
    assert not actions.report_progress(step=mine, now=NOW, done=1, total=2)
    assert not actions.finish(actor=job, step=mine, now=NOW, receipt={})
    actions.fail(step=mine, now=NOW, error={"code": "late"}, final=True)
    assert actions.finish(actor=job, step=theirs, now=NOW + DAY, receipt={})
