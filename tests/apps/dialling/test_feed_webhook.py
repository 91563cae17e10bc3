"""A centre that wants to be called is called once its feed grows, and can tell the call from a forged one."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from duecause.apps.dialling import feed_actions, feed_jobs, feed_webhook
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Step
from duecause.apps.parties.actions import give_webhook_secret
from duecause.apps.parties.models import Partner
from duecause.engine.problems import Refused
from tests.apps.dialling.feeds import JONAS, MILA, Centre, object_to, release
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


class Server:
    """A centre's own server, which keeps what it is sent."""

    def __init__(self):
        self.status, self.calls = 204, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.calls.append((dict(self.headers), body))
                self.send_response(server.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/feed?x=1"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv(feed_webhook.ALLOW_LOCAL, "1")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


def connect(world, url):
    Partner.objects.filter(pk=world.centre.pk).update(webhook_url=url)
    world.centre.refresh_from_db()
    return give_webhook_secret(actor=OPERATOR, partner=world.centre, now=NOW)


def pings():
    return Step.objects.filter(obligation__kind=feed_actions.PING)


def run_pings():
    for step in pings().select_related("obligation"):
        Step.objects.filter(pk=step.pk).update(state=Step.State.LEASED, lease_by="w")
        step.lease_by = "w"
        runner._run_step(step)
    return [step.state for step in pings()]


def test_the_ping_says_how_far_the_feed_is_and_is_signed(world, server):
    secret = connect(world, server.url)
    mila, jonas = imported(world, MILA), imported(world, JONAS)
    release(world)
    object_to(world, mila)
    object_to(world, jonas)
    assert run_pings() == [Step.State.DONE]
    headers, body = server.calls[0]
    assert json.loads(body) == {"cursor": 2}
    timestamp = int(headers[feed_webhook.TIMESTAMP])
    assert headers[feed_webhook.SIGNATURE] == feed_webhook.signature(secret, timestamp, body)
    assert headers[feed_webhook.SIGNATURE] != feed_webhook.signature(secret, timestamp + 1, body)


def test_nobody_is_called_who_has_fetched_everything(world, server, client):
    connect(world, server.url)
    mila = imported(world, MILA)
    release(world)
    object_to(world, mila)
    Centre(client, world.centre).page()
    assert run_pings() == [Step.State.DONE] and server.calls == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_ping_that_is_not_taken_is_tried_again(world, server, status):
    connect(world, server.url)
    server.status = status
    mila = imported(world, MILA)
    release(world)
    object_to(world, mila)
    assert run_pings() == [Step.State.DUE]
    assert str(status) in pings().get().error["template"] and len(server.calls) == 1


def test_a_centre_without_a_secret_is_not_called(world, server):
    Partner.objects.filter(pk=world.centre.pk).update(webhook_url=server.url)
    mila = imported(world, MILA)
    release(world)
    object_to(world, mila)
    assert run_pings() == [Step.State.REFUSED]
    assert "duecause feed secret" in pings().get().error["template"] and server.calls == []


def test_the_secret_lies_sealed(world):
    secret = connect(world, "https://centre.example/feed")
    partner = Partner.objects.get(pk=world.centre.pk)
    assert secret.encode() not in bytes(partner.webhook_secret)
    assert feed_jobs._secret(Step(), partner, NOW) == secret


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.5/feed",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://user@198.51.100.1/",
        "http://203.0.113.9/",
        "ftp://203.0.113.9/",
        "https://",
        "https://[/",
    ],
)
def test_local_and_private_targets_are_refused(url, monkeypatch):
    monkeypatch.delenv(feed_webhook.ALLOW_LOCAL, raising=False)
    with pytest.raises(Refused) as refused:
        feed_webhook.ping(url=url, secret="s", cursor=1, timestamp=1)
    assert refused.value.code == "webhook_not_callable"
