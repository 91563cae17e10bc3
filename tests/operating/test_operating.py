"""Who runs the product learns whether it works and what to mend, and nothing about persons."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from duecause.apps.gate.models import Alarm
from duecause.apps.ledger import actions, sequencer
from duecause.apps.ledger.models import QueueEntry
from duecause.apps.obligations.actions import open_obligation
from duecause.apps.vault.models import DataKey
from duecause.operating import checks
from tests.support.world import OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def happen() -> None:
    with transaction.atomic():
        actions.record(actor=OPERATOR, kind="test.happened", now=timezone.now(), payload={})


def named(name: str) -> checks.Check:
    return next(check for check in checks.running(now=timezone.now()) if check.name == name)


def test_a_process_that_reaches_everything_is_healthy_and_ready():
    assert Client().get("/healthz").content == b"ok\n"
    assert Client().get("/readyz").content == b"ready\n"


def test_without_its_keys_a_process_is_not_healthy(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert b"keys" in answer.content


def test_a_queue_that_grows_old_names_the_sequencer():
    happen()
    assert named("sequencer").ok
    QueueEntry.objects.update(queued_at=timezone.now() - timedelta(seconds=9))
    problem = named("sequencer").problem
    assert problem is not None
    assert "duecause sequencer" in problem.text


def test_a_clock_behind_the_newest_event_is_noticed():
    with transaction.atomic():
        later = timezone.now() + timedelta(minutes=3)
        actions.record(actor=OPERATOR, kind="test.happened", now=later, payload={})
    assert not named("clock").ok


def test_there_are_no_figures_without_a_token_or_with_a_wrong_one(settings):
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "right"
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404


def test_figures_count_what_happened_in_a_form_prometheus_reads(settings):
    settings.METRICS_TOKEN = "right"
    world = make_world()
    for _ in range(3):
        happen()
    sequencer.sequence_all()
    happen()
    event = actions.Event.objects.latest("pk")
    Alarm.objects.create(
        kind="look_up", severity=2, actor="employee:x", event=event.uid, raised_at=timezone.now()
    )
    text = Client().get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    assert "duecause_ledger_entries 3" in text
    assert "duecause_ledger_queue_entries 1" in text
    assert 'duecause_alarms_open{severity="2"} 1' in text
    assert world.centre.name not in text
    line = re.compile(r"(# (HELP|TYPE) .+|[a-z_]+(\{[a-z_]+=\"[^\"]*\"\})? -?[0-9.e+]+)")
    assert all(line.fullmatch(each) for each in text.splitlines())


def test_the_doctor_says_what_to_mend_and_fails(capsys, monkeypatch):
    from duecause.cli.operating import doctor

    settings.DATA.chmod(0o755)
    try:
        with pytest.raises(SystemExit) as ended:
            doctor.main(["--json"], standalone_mode=False)
    finally:
        settings.DATA.chmod(0o700)
    found = {line["check"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert ended.value.code == 1
    assert "chmod 700" in found["data folder"]["mend"]
    assert found["keys"]["ok"]


def test_an_open_key_file_is_named_with_its_remedy():
    path = settings.DATA / "keys" / "kek.key"
    path.chmod(0o640)
    try:
        problem = checks.key_files().problem
    finally:
        path.chmod(0o600)
    assert problem is not None and "chmod -R go=" in problem.text
    assert checks.key_files().ok


def test_records_sealed_under_another_key_than_the_one_here_are_noticed():
    make_world().person()
    assert checks.wrapping_key().ok
    DataKey.objects.update(kek_id="another0")
    problem = checks.wrapping_key().problem
    assert problem is not None and "another0" in problem.text


def test_a_worker_that_is_gone_and_a_silent_ledger_are_noticed():
    now = timezone.now()
    with transaction.atomic():
        open_obligation(actor=OPERATOR, kind="test.x", now=now - timedelta(minutes=3), systems=["here"])
    assert "1 steps late" in named("worker").found
    sequencer.sequence_all()
    assert checks.sequencer(now=now).ok
    silent = checks.sequencer(now=now + timedelta(minutes=6)).problem
    assert silent is not None and "five minutes" in silent.text


def test_a_full_disk_is_noticed_before_writing_stops(monkeypatch):
    monkeypatch.setattr(checks, "DISK_LEAST", 1 << 62)
    assert checks.disk().problem is not None


@pytest.mark.postgres
def test_a_database_server_whose_log_may_hold_values_is_told_what_to_set():
    if connection.vendor != "postgresql":
        assert not any(check.name.startswith("server") for check in checks.all_checks(now=timezone.now()))
        return
    assert checks.server("default").ok
    problem = checks.server_log("default").problem
    assert problem is not None and "log_min_error_statement = panic" in problem.text
    with connection.cursor() as cursor:
        for name, wanted in checks.LOG_WANTED.items():
            cursor.execute(f"SET LOCAL {name} = '{wanted[0]}'")
    assert checks.server_log("default").ok
