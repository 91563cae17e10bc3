"""The way to the mail relay is encrypted and signed in to, or nothing is sent."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from duecause.apps.notices import mailing
from duecause.engine.problems import Refused
from tests.support import smtp

HERE = "127.0.0.1"
ACCOUNTS = {"duecause": "warm-winter-huis"}


@pytest.fixture
def certificate(tmp_path):
    return smtp.certificate_for(HERE, tmp_path)


@pytest.fixture
def towards(settings, monkeypatch, tmp_path, certificate):
    """Point the sender at a relay: how, whether its certificate is trusted, and with which password."""

    def point(relay, security, *, trusted=True, password=""):
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY = HERE, relay.port, security
        settings.MAIL_FROM = "privacy@warm.example"
        settings.SMTP_USER = "duecause" if password else ""
        (tmp_path / "password").write_text(f"{password}\n")
        settings.SMTP_PASSWORD_FILE = str(tmp_path / "password")
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    return point


def send():
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "privacy@warm.example", "mila@example.org", "Test"
    made["Date"] = datetime(2026, 11, 2, tzinfo=UTC)
    made.set_content("Good day")
    with mailing.relay() as relay:
        relay.send(made)


def refusal():
    with pytest.raises(Refused) as refused:
        send()
    return refused.value


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_travels_encrypted_and_signed_in(towards, certificate, security):
    with smtp.running(security=security, certificate=certificate, accounts=ACCOUNTS) as relay:
        towards(relay, security, password="warm-winter-huis")
        send()
    assert [to for _, to, _ in relay.taken] == ["mila@example.org"] and relay.secured == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused_and_nothing_sent(towards, certificate, security):
    with smtp.running(security=security, certificate=certificate) as relay:
        towards(relay, security, trusted=False)
        found = refusal()
    assert found.code == "relay_certificate" and "SSL_CERT_FILE" in str(found) and relay.taken == []


def test_a_certificate_of_another_address_is_refused(towards, tmp_path, monkeypatch):
    other = smtp.certificate_for("127.0.0.2", tmp_path)
    with smtp.running(security="starttls", certificate=other) as relay:
        towards(relay, "starttls")
        monkeypatch.setenv("SSL_CERT_FILE", str(other))
        assert refusal().code == "relay_certificate"
    assert relay.taken == []


def test_a_wrong_password_is_said_without_saying_it(towards, certificate):
    with smtp.running(security="starttls", certificate=certificate, accounts=ACCOUNTS) as relay:
        towards(relay, "starttls", password="another")
        found = refusal()
    assert found.code == "relay_login" and "another" not in str(found) and relay.taken == []


def test_a_relay_without_encryption_or_sign_in_gets_nothing(towards, certificate):
    with smtp.running() as relay:
        towards(relay, "starttls")
        assert refusal().code == "relay_offers_less"
    with smtp.running(security="starttls", certificate=certificate) as relay:
        towards(relay, "starttls", password="warm-winter-huis")
        assert refusal().code == "relay_offers_less"
    assert relay.taken == []
