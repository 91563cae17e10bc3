"""A step is done by one worker at a time, tried again when it fails, and set aside with its reason."""

from datetime import timedelta

import pytest

from duecause.apps.ledger.bundles import opened_record
from duecause.apps.ledger.models import Event
from duecause.apps.obligations import actions, runner
from duecause.apps.obligations.models import Obligation, Step
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LATER = NOW + actions.LEASE + timedelta(seconds=1)


@pytest.fixture
def handlers(monkeypatch):
    """Handlers of this test alone."""
    monkeypatch.setattr(runner, "_handlers", {})
    monkeypatch.setattr(runner, "_periodic", {})
    return runner.handles


def opened(systems=("here",), **more) -> Obligation:
    from django.db import transaction

    with transaction.atomic():
        return actions.open_obligation(
            actor=OPERATOR, kind="test.thing", now=NOW, systems=list(systems), **more
        )


def test_two_workers_never_hold_the_same_step():
    opened(["one", "two"])
    first, second = actions.claim(worker="a", now=NOW), actions.claim(worker="b", now=NOW)
    assert {step.system for step in first} | {step.system for step in second} == {"one", "two"}
    assert actions.claim(worker="c", now=NOW) == []


def test_a_worker_that_went_silent_cannot_finish_what_another_took_over():
    opened()
    [lost] = actions.claim(worker="a", now=NOW)
    [taken] = actions.claim(worker="b", now=LATER)
    assert not actions.finish(actor=OPERATOR, step=lost, now=LATER, receipt={"by": "a"})
    assert actions.finish(actor=OPERATOR, step=taken, now=LATER, receipt={"by": "b"})
    assert Step.objects.get().receipt == {"by": "b"}
    assert Obligation.objects.get().state == Obligation.State.DONE


def test_an_obligation_is_done_with_its_last_step():
    opened(["one", "two"])
    for step in actions.claim(worker="a", now=NOW, limit=2):
        assert Obligation.objects.get().state == Obligation.State.OPEN
        actions.finish(actor=OPERATOR, step=step, now=NOW, receipt={})
    assert Obligation.objects.get().state == Obligation.State.DONE


def test_the_nearest_deadline_comes_first():
    opened(["far"], due_at=NOW + timedelta(days=9))
    opened(["near"], due_at=NOW + timedelta(days=1))
    assert [step.system for step in actions.claim(worker="a", now=NOW)] == ["near"]


def test_a_failure_is_tried_again_later_and_set_aside_after_many_times(handlers):
    @handlers("test.thing")
    def fails(step):
        raise RuntimeError("with a secret inside: +32470000011")

    opened()
    runner.run_once("a")
    step = Step.objects.get()
    assert (step.state, step.attempts) == (Step.State.DUE, 1)
    assert "32470000011" not in str(step.error)
    Step.objects.update(next_at=NOW, attempts=actions.ATTEMPTS_BEFORE_DEAD - 1)
    runner.run_once("a")
    assert Step.objects.get().state == Step.State.DEAD
    assert Obligation.objects.get().state == Obligation.State.FAILED


def test_what_cannot_succeed_is_not_tried_again_and_says_why(handlers):
    @handlers("test.thing")
    def refuses(step):
        raise Refused("file_gone", "The file is gone. Import it again.")

    opened()
    runner.run_once("a")
    step = Step.objects.get()
    assert (step.state, step.error["code"]) == (Step.State.REFUSED, "file_gone")


def test_a_periodic_job_runs_once_per_slot_and_old_rounds_are_dropped():
    for _ in range(3):
        actions.ensure_periodic(kind="test.daily", slot="2026-11-02", system="here", now=NOW)
    assert Step.objects.count() == 1
    [step] = actions.claim(worker="a", now=NOW)
    actions.finish(actor=OPERATOR, step=step, now=NOW, receipt={})
    much_later = NOW + actions.ROUNDS_KEPT + timedelta(days=1)
    actions.ensure_periodic(kind="test.daily", slot="2026-11-10", system="here", now=much_later)
    assert list(Obligation.objects.values_list("slot", flat=True)) == ["2026-11-10"]


def stuck(state=Step.State.DEAD, systems=("here",)) -> Step:
    made = opened(systems)
    made.steps.update(state=state, attempts=12, error={"code": "x", "template": "It broke.", "params": {}})
    Obligation.objects.update(state=Obligation.State.FAILED)
    return made.steps.first()


@pytest.mark.parametrize("state", [Step.State.DEAD, Step.State.REFUSED])
def test_a_person_who_may_has_a_stopped_step_tried_again_and_the_ledger_says_who(handlers, state):
    handlers("test.thing")(lambda step: {"did": "it"})
    step, actor = stuck(state), Actor.job("someone", "obligations.retry")
    actions.retry_step(actor=actor, step=step, now=NOW)
    assert Obligation.objects.get().state == Obligation.State.OPEN
    event = Event.objects.get(kind="obligation.step_retried")
    told = opened_record(event)["payload"]
    assert (told["actor"], told["step"]) == (actor.ref, str(step.pk))
    runner.run_once("a")
    assert (Step.objects.get().state, Step.objects.get().error) == (Step.State.DONE, {})
    assert Obligation.objects.get().state == Obligation.State.DONE


def test_who_may_not_and_who_comes_late_changes_nothing():
    step = stuck()
    with pytest.raises(NotPermitted):
        actions.retry_step(actor=Actor.job("someone", "obligations.read"), step=step, now=NOW)
    actions.retry_step(actor=OPERATOR, step=step, now=NOW)
    with pytest.raises(Refused, match="tried by itself"):
        actions.retry_step(actor=OPERATOR, step=step, now=NOW)
    assert Event.objects.filter(kind="obligation.step_retried").count() == 1


def test_work_with_another_stopped_step_stays_stopped_until_that_one_is_put_back_too():
    first = stuck(systems=("one", "two"))
    actions.retry_step(actor=OPERATOR, step=first, now=NOW)
    assert Obligation.objects.get().state == Obligation.State.FAILED
    actions.retry_step(actor=OPERATOR, step=Step.objects.exclude(pk=first.pk).get(), now=NOW)
    assert Obligation.objects.get().state == Obligation.State.OPEN
