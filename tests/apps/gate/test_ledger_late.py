"""When the ledger does not keep up an alarm says so: one per episode, closed by itself when it is over."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from duecause.apps.gate.actions import close_alarm
from duecause.apps.gate.models import LEDGER_LATE, Alarm
from duecause.apps.gate.texts import sentence
from duecause.apps.gate.watch_actions import LateAlarm
from duecause.apps.home.queries import queue_meaning
from duecause.apps.ledger import actions, queries, sequencer
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.watching import QueueWatch
from duecause.operating import checks
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def write(now: datetime) -> None:
    with transaction.atomic():
        actions.record(actor=OPERATOR, kind="test.happened", now=now, payload={})


def look(watch: QueueWatch, now: datetime, *seconds: float) -> None:
    for after in seconds:
        watch.look(now + timedelta(seconds=after))


def alarms(**state: object):
    return Alarm.objects.filter(kind=LEDGER_LATE, **state)


def test_after_five_seconds_one_alarm_is_raised_and_it_ends_with_the_episode():
    now, watch = timezone.now(), QueueWatch()
    write(now)
    look(watch, now, 3, 4)
    assert not alarms().exists()
    look(watch, now, 6, 7, 8, 9)
    alarm = alarms().get()
    assert (alarm.severity, alarm.state, alarm.facts["waiting"]) == (3, Alarm.State.OPEN, 1)
    assert "sequencer" in sentence(alarm)
    assert Event.objects.get(uid=alarm.event).kind == "gate.alarm_raised"
    sequencer.sequence_all()
    look(watch, now, 10, 11)
    alarm.refresh_from_db()
    assert (alarm.state, alarm.outcome, alarm.closed_by) == (Alarm.State.CLOSED, "over", None)
    assert Event.objects.filter(kind="gate.alarm_closed").count() == 1


def test_a_second_episode_is_a_second_alarm():
    now, watch = timezone.now(), QueueWatch()
    for start in (0, 100):
        write(now + timedelta(seconds=start))
        look(watch, now, start + 6, start + 7)
        actions.sequence(actor=sequencer.ACTOR, now=now + timedelta(seconds=start + 8))
        look(watch, now, start + 8)
    assert alarms(state="closed").count() == alarms().count() == 2


def test_many_watchers_raise_one_and_whoever_comes_later_closes_it():
    now = timezone.now()
    write(now)
    for watch in (QueueWatch(), QueueWatch()):
        look(watch, now, 70, 71)
    assert alarms().count() == 1
    sequencer.sequence_all()
    look(QueueWatch(), now, 72)
    assert alarms(state="closed").count() == 1


def test_who_closed_it_by_hand_is_not_told_again_of_the_same_episode():
    now = timezone.now()
    write(now)
    look(QueueWatch(), now, 70, 71)
    officer = make_world().actor("privacy_officer")
    close_alarm(actor=officer, alarm=alarms().get(), outcome="explained", now=now)
    look(QueueWatch(), now, 80, 81)
    assert alarms().count() == 1


def test_the_database_itself_refuses_a_second_open_one():
    health = queries.QueueHealth(waiting=1, oldest=timedelta(seconds=9), late=True, silent=False)
    LateAlarm().began(health=health, now=timezone.now())
    open_one = alarms().get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.create(
            kind=LEDGER_LATE, severity=3, actor="x", event=open_one.event, raised_at=timezone.now()
        )


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_two_processes_that_notice_at_the_same_moment_raise_one():
    health = queries.QueueHealth(waiting=1, oldest=timedelta(seconds=9), late=True, silent=False)
    gate = threading.Barrier(4)
    failed: list[BaseException] = []

    def notice() -> None:
        try:
            gate.wait()
            LateAlarm().began(health=health, now=timezone.now())
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=notice) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and alarms().count() == 1
    assert Event.objects.filter(kind="gate.alarm_raised").count() == 1


@pytest.mark.parametrize(("limit", "ok"), [(5, False), (60, True)])
def test_check_page_and_alarm_keep_one_bound(settings, limit, ok):
    settings.LEDGER_QUEUE_LATE = timedelta(seconds=limit)
    now = timezone.now()
    write(now - timedelta(seconds=20))
    world = make_world()
    assert queries.queue_health(now).ok is ok
    assert checks.sequencer(now=now).ok is ok
    assert queue_meaning(queries.queue_health(now)) == ("ok" if ok else "act")
    look(QueueWatch(), now, 0, 0.1)
    assert alarms().exists() is not ok
    client = Client()
    client.force_login(world.employee("privacy_officer"))
    shown = client.get("/alarms/").content.decode()
    assert ("The ledger does not keep up" in shown) is not ok
