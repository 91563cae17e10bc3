"""A system that wants to be called is called when its feed has grown, also in the company's own network."""

import json

import pytest

from duecause.apps.dialling import feed_webhook
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Step
from duecause.apps.register import restrict_actions
from duecause.apps.systems import actions
from duecause.engine.problems import Refused
from tests.apps.dialling.test_feed_webhook import Server
from tests.apps.register.lists import customers, take
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv(feed_webhook.ALLOW_LOCAL, "1")
    server = Server()
    yield server
    server.close()


def set_up(url):
    source = customers(make_world(), "CRM")
    take(source, "customer number,last name\nK-1,Test-Peeters")
    return actions.set_up(
        actor=OPERATOR, code="CRM", name="", sources=["CRM"], fields=[], webhook_url=url, now=NOW
    ), source.records.get().person


def work():
    while runner.run_once("test"):
        pass


def test_it_is_called_once_with_a_signature_and_nothing_about_anybody(server):
    system, person = set_up(server.url)
    secret = actions.give_secret(actor=OPERATOR, system=system, now=NOW)
    restrict_actions.restrict(actor=OPERATOR, person=person, now=NOW)
    restrict_actions.end_restriction(actor=OPERATOR, person=person, now=NOW)
    work()
    ((headers, body),) = server.calls
    assert json.loads(body) == {"cursor": 2}
    stamp = int(headers[feed_webhook.TIMESTAMP])
    assert headers[feed_webhook.SIGNATURE] == feed_webhook.signature(secret, stamp, body)


def test_without_a_secret_the_step_says_what_to_do(server):
    _, person = set_up(server.url)
    restrict_actions.restrict(actor=OPERATOR, person=person, now=NOW)
    work()
    step = Step.objects.get(obligation__kind=actions.PING)
    assert (step.state, step.error["code"], server.calls) == ("refused", "system_no_secret", [])


@pytest.mark.parametrize(
    ("address", "partner", "inside"),
    [
        ("93.184.216.34", True, True),
        ("10.1.2.3", False, True),
        ("192.168.4.5", False, True),
        ("fd00::1", False, True),
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("::ffff:10.1.2.3", False, True),
    ],
)
def test_our_own_systems_may_lie_in_a_private_network_and_never_on_this_machine(address, partner, inside):
    assert feed_webhook.may_be_called(address, False) == partner
    assert feed_webhook.may_be_called(address, True) == inside


def test_an_address_that_is_not_https_is_refused():
    with pytest.raises(Refused):
        feed_webhook.ping(url="http://10.1.2.3/x", secret="s", cursor=1, timestamp=1, inside=True)
