"""Alarms reach other systems in their order, also those that were down for a day; silence can be seen."""

import json
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from duecause.apps import webhook
from duecause.apps.gate import actions as gate
from duecause.apps.gate.actors import actor_of
from duecause.apps.gate.delivery_actions import DOWN, apply_sink, give_secret
from duecause.apps.gate.delivery_jobs import deliver, tell_unexplained
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.models import Access, Alarm, Delivery, MeasurePaper, Sink, StaffNotice
from duecause.apps.gate.outbox import DELIVER, put_heartbeat
from duecause.apps.obligations import runner
from duecause.apps.obligations.actions import retry_step
from duecause.apps.obligations.models import Step
from duecause.apps.obligations.queries import stuck
from duecause.cli.alarms import alarms_group
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused
from duecause.organisation import applying
from duecause.packs.activation import PAPERS
from tests.apps.dialling.test_feed_webhook import Server
from tests.support.smtp import certificate_for, running
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLER = Reason(link="caller", purpose="customer_care")
DAY = timedelta(days=1)


class Collector(socketserver.ThreadingTCPServer):
    """A syslog server as RFC 6587 and RFC 5425 have it: keeps the messages of its frames."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port=0, certificate=None):
        self.taken, self.context = [], None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", port), _Frames)


class _Frames(socketserver.BaseRequestHandler):
    def handle(self):
        connection = self.request
        if self.server.context:
            connection = self.server.context.wrap_socket(connection, server_side=True)
        data = b""
        while part := connection.recv(4096):
            data += part
        while data:
            count, _, rest = data.partition(b" ")
            self.server.taken.append(rest[: int(count)].decode())
            data = rest[int(count) :]
        connection.close()


@contextmanager
def collecting(port=0, certificate=None):
    with Collector(port, certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sink(code="SIEM", **more):
    apply_sink(actor=OPERATOR, now=NOW, code=code, **more)
    return Sink.objects.get(code=code)


def syslog_sink(port, **more):
    return sink(kind="syslog", address=f"127.0.0.1:{port}", **{"tls": False, **more})


def alarm(n, severity=3):
    return gate.raise_alarm(
        actor=OPERATOR,
        kind="feed_overdue",
        severity=severity,
        facts={"partner": f"P{n}"},
        now=datetime.now(UTC),
    )


def steps():
    return Step.objects.select_related("obligation").filter(obligation__kind=DELIVER).order_by("pk")


def work():
    """Every step that a worker would take now."""
    for step in steps().filter(state=Step.State.DUE):
        Step.objects.filter(pk=step.pk).update(
            state=Step.State.LEASED, lease_by="w", attempts=step.attempts + 1
        )
        step.lease_by, step.attempts = "w", step.attempts + 1
        runner._run_step(step)
    return [step.state for step in steps()]


def a_while_ago(sink, ago):
    """As if everything so far had happened that much earlier."""
    for row in Delivery.objects.filter(sink=sink):
        Delivery.objects.filter(pk=row.pk).update(at=row.at - ago)
    sink.refresh_from_db()
    Sink.objects.filter(pk=sink.pk).update(next_at=None, down_since=sink.down_since - ago)


def references(messages):
    return [json.loads(text[text.index("{") :])["metadata"]["correlation_uid"] for text in messages]


def test_alarms_reach_syslog_as_ocsf_over_tls(tmp_path, monkeypatch):
    certificate = certificate_for("127.0.0.1", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with collecting(certificate=certificate) as server:
        syslog_sink(server.server_address[1], tls=True)
        raised = [alarm(n) for n in range(2)]
        assert work() == ["done", "done"]
    assert references(server.taken) == [str(each.pk) for each in raised]


def test_alarms_reach_syslog_as_cef():
    with collecting() as server:
        syslog_sink(server.server_address[1], format="cef")
        raised = alarm(1)
        work()
    assert f"cs1={raised.pk}" in server.taken[0]
    assert " CEF:0|Duecause|" in server.taken[0]


def test_a_sink_gets_what_is_grave_enough_for_it():
    with collecting() as server:
        syslog_sink(server.server_address[1], severity_from=3)
        alarm(1, severity=2)
        grave = alarm(2, severity=3)
        work()
    assert references(server.taken) == [str(grave.pk)]


def test_a_webhook_gets_signed_messages(monkeypatch):
    monkeypatch.setenv(webhook.ALLOW_LOCAL, "1")
    server = Server()
    try:
        made = sink(kind="webhook", address=server.url)
        secret = give_secret(actor=OPERATOR, sink=made, now=NOW)
        raised = alarm(1)
        assert work() == ["done"]
    finally:
        server.close()
    [(headers, body)] = server.calls
    signed = webhook.signature(secret, int(headers[webhook.TIMESTAMP]), body)
    assert headers[webhook.SIGNATURE] == signed
    assert json.loads(body)["finding_info"]["uid"] == str(raised.pk)
    assert secret.encode() not in bytes(Sink.objects.get().secret)


def test_a_webhook_without_secret_sends_nothing_and_says_what_to_do():
    sink(kind="webhook", address="https://siem.example/in")
    alarm(1)
    assert work() == ["refused"]
    assert "duecause alarms secret" in steps()[0].error["template"]


def test_a_message_that_is_refused_is_set_aside_and_the_others_go_on(monkeypatch):
    monkeypatch.setenv(webhook.ALLOW_LOCAL, "1")
    server = Server()
    try:
        give_secret(actor=OPERATOR, sink=sink(kind="webhook", address=server.url), now=NOW)
        alarm(1)
        server.status = 422
        for _ in range(3):
            work()
            Sink.objects.update(next_at=None)
        assert [step.state for step in stuck()] == ["refused"]
        server.status = 204
        alarm(2)
        assert work() == ["refused", "done"]
        retry_step(actor=OPERATOR, step=stuck()[0], now=datetime.now(UTC))
        assert work() == ["done", "done"]
    finally:
        server.close()


def test_mail_names_nobody_and_leads_to_the_alarm(settings):
    with running() as relay:
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY = "127.0.0.1", relay.port, "none"
        settings.SMTP_USER, settings.MAIL_FROM = "", "alarms@warm.example"
        sink(kind="email", address="soc@warm.example")
        raised = alarm(1)
        assert work() == ["done"]
    [(_, to, mail)] = relay.taken
    assert to == "soc@warm.example"
    assert str(raised.pk) in mail.get_content()
    assert "P1" not in mail.get_content()


def test_a_sink_that_is_down_for_a_day_gets_everything_in_order_and_is_an_alarm_itself():
    port = free_port()
    made = syslog_sink(port)
    raised = [alarm(n) for n in range(3)]
    assert work() == ["due"] * 3
    made.refresh_from_db()
    assert made.tries == 1  # three messages wait, one try was made
    a_while_ago(made, DAY)
    work()
    down = Alarm.objects.get(kind=DOWN)
    assert down.facts["minutes"] >= 24 * 60
    work()
    assert Alarm.objects.filter(kind=DOWN).count() == 1
    Sink.objects.update(next_at=None)
    with collecting(port) as server:
        work()
        work()
    assert references(server.taken)[:4] == [str(each.pk) for each in (*raised, down)]
    assert Delivery.objects.exclude(state="sent").count() <= 1  # that the alarm about the sink is over
    down.refresh_from_db()
    assert (down.state, down.outcome) == ("closed", "over")


def test_what_waited_too_long_is_visible_and_can_be_sent_again():
    port = free_port()
    made = syslog_sink(port)
    alarm(1)
    work()
    a_while_ago(made, 5 * DAY)
    work()
    dead = next(step for step in stuck() if step.state == "dead")
    assert Delivery.objects.filter(state="dead").count() == 1
    with collecting(port) as server:
        retry_step(actor=OPERATOR, step=dead, now=datetime.now(UTC))
        Sink.objects.update(next_at=None)
        work()
    assert len(server.taken) >= 1
    assert not Delivery.objects.filter(state="dead").exists()


def test_a_worker_leaves_a_sink_alone_that_another_sends_to():
    with collecting() as server:
        syslog_sink(server.server_address[1])
        alarm(1)
        Sink.objects.update(busy_until=datetime.now(UTC) + timedelta(minutes=1))
        assert work() == ["due"]
        assert server.taken == []
        Sink.objects.update(busy_until=None)
        assert work() == ["done"]


def test_what_names_an_employee_leaves_only_once_that_may_run_and_never_names_the_customer():
    world = make_world()
    employee, person = world.employee("inbound"), world.person()
    with collecting() as server:
        syslog_sink(server.server_address[1])
        look = {"actor": actor_of(employee), "person": person.pk, "reason": CALLER, "groups": ["bank"]}
        gate.reveal(**look, now=NOW)
        assert not Delivery.objects.exists()
        for kind in PAPERS:
            MeasurePaper.objects.create(
                measure="employer_alarms", kind=kind, reference="HR-1", dated=NOW.date() - 30 * DAY,
                filed_by=OPERATOR.ref, filed_at=NOW,
            )  # fmt: skip
        gate.reveal(**look, now=NOW + timedelta(minutes=1))
        work()
    [text] = server.taken
    assert str(employee.pk) in text
    assert str(person.pk) not in text
    assert employee.display_name not in text


def test_a_heartbeat_goes_to_every_program_and_none_piles_up():
    syslog_sink(free_port())
    sink("MAIL", kind="email", address="soc@warm.example")
    assert put_heartbeat(now=datetime.now(UTC)) == 1
    assert put_heartbeat(now=datetime.now(UTC)) == 0


def test_an_ended_sink_gets_nothing_more():
    made = syslog_sink(free_port())
    alarm(1)
    Sink.objects.filter(pk=made.pk).update(is_active=False)
    step = steps()[0]
    with pytest.raises(Refused, match="has ended"):
        deliver(step)


def test_employees_are_asked_once_about_look_ups_without_a_reason():
    world = make_world()
    employee = world.employee("inbound")
    for state in ("pending", "unconfirmed", "confirmed", "verified", "follows"):
        Access.objects.create(
            event=uuid7(), employee=employee, person=uuid7(), link="ticket", at=NOW, state=state, look_at=NOW
        )
    assert tell_unexplained(day="2026-11-02", now=NOW + timedelta(hours=8)) == 1
    assert tell_unexplained(day="2026-11-02", now=NOW + timedelta(hours=9)) == 0
    assert StaffNotice.objects.get(employee=employee).facts["count"] == 2


@pytest.mark.parametrize(
    ("kind", "address"),
    [("email", "nobody"), ("webhook", "ftp://x"), ("syslog", "host"), ("syslog", "host:0")],
)
def test_an_address_that_does_not_fit_is_refused(kind, address):
    with pytest.raises(Refused, match="host:port"):
        sink(kind=kind, address=address)


def test_the_organisation_file_sets_sinks_up_and_the_command_line_tries_them():
    with collecting() as server:
        text = f"""
organisation: Test
alarm_sinks:
  - code: SIEM
    kind: syslog
    address: 127.0.0.1:{server.server_address[1]}
    tls: false
"""
        applying.apply(applying.read(text, file="org.yaml"), actor=OPERATOR, now=NOW)
        run = CliRunner()
        tried = run.invoke(alarms_group, ["test", "SIEM"], catch_exceptions=False)
        assert (tried.exit_code, tried.output) == (0, "SIEM took the test.\n")
    assert "Test of an alarm sink" in server.taken[0]
    status = json.loads(run.invoke(alarms_group, ["status", "--json"], catch_exceptions=False).output)
    assert (status["sinks"][0]["code"], status["sinks"][0]["waiting"]) == ("SIEM", 0)
