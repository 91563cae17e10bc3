"""The partners page says whether data may go somewhere, why not, until when, and who holds a key."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import ApiKey, Contract, Partner, Source
from duecause.apps.parties.queries import partner_by_key
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
READERS = {"privacy_officer", "team_lead", "administrator"}


@pytest.fixture
def world():
    return make_world()


def signed_in(world, profile="administrator"):
    client = Client()
    client.force_login(world.employee(profile))
    return client


def words(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def tile(answer, code: str) -> str:
    return words(answer).partition(f'id="partner-{code}"')[2].partition("</section>")[0]


@pytest.mark.parametrize("profile", sorted(engine().vocabulary.profiles))
def test_only_those_who_may_read_partners_see_them_and_others_raise_an_alarm(world, profile):
    answer = signed_in(world, profile).get("/partners/")
    assert answer.status_code == (200 if profile in READERS else 403)
    assert Alarm.objects.filter(kind="function").count() == (0 if profile in READERS else 1)


@pytest.mark.parametrize("profile", sorted(set(engine().vocabulary.profiles) - {"administrator"}))
def test_only_administrators_make_and_revoke_keys(world, profile):
    client = signed_in(world, profile)
    assert client.post("/partners/CC-A/keys/", {"scopes": "precall"}).status_code == 403
    assert client.post("/partners/CC-A/keys/abcdef01/revoke/").status_code == 403
    assert not ApiKey.objects.exists()
    assert Alarm.objects.filter(kind="function").count() == 2
    if profile in READERS:
        assert "Make a key" not in words(client.get("/partners/"))


def test_a_partner_in_order_is_open(world):
    shown = tile(signed_in(world).get("/partners/"), "CC-A")
    assert "Open" in shown and "Stopped" not in shown
    assert "DPA-1" in shown and "No date is known" in shown
    assert "inside the European Economic Area" in shown


def test_a_partner_that_is_stopped_shows_every_reason(world):
    Partner.objects.filter(code="CC-A").update(country="TN", suspended_on=date(2025, 5, 5))
    Contract.objects.filter(partner__code="CC-A").update(valid_to=date(2025, 6, 30), clauses_missing=["h"])
    shown = tile(signed_in(world).get("/partners/"), "CC-A")
    for reason in ("is suspended", "lacks h", "there is no basis for the transfer"):
        assert reason in shown
    assert "ended on 30 Jun 2025" in shown and "Tunisia" in shown


def test_the_day_on_which_the_gate_closes_by_itself_is_shown(world):
    end = date.today() + timedelta(days=10)
    Contract.objects.filter(partner__code="CC-A").update(valid_to=end)
    shown = tile(signed_in(world).get("/partners/"), "CC-A")
    assert f"after {end.day} {end:%b %Y}" in shown
    assert 'data-meaning="watch"' in shown


def test_a_new_key_is_shown_once_works_and_is_never_cached(world):
    client = signed_in(world)
    answer = client.post("/partners/CC-A/keys/", {"scopes": "precall"})
    clear = re.search(r"dc_[0-9a-f]{8}_[\w-]{40,}", words(answer))[0]
    assert partner_by_key(clear, scope="precall").code == "CC-A"
    assert "no-store" in answer["Cache-Control"]
    again = words(client.get("/partners/"))
    assert clear not in again and clear[:11] in again
    assert clear not in str(list(client.session.items()))


def test_a_key_without_a_scope_is_refused_with_the_remedy(world):
    answer = signed_in(world).post("/partners/CC-A/keys/", {})
    assert answer.status_code == 422
    assert "one or more of these scopes: feed, precall" in words(answer)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_ends_at_once_and_the_event_is_written_once(world):
    client = signed_in(world)
    answer = client.post("/partners/CC-A/keys/", {"scopes": "precall"})
    clear = re.search(r"dc_[0-9a-f]{8}_[\w-]{40,}", words(answer))[0]
    path = f"/partners/CC-A/keys/{clear[3:11]}/revoke/"
    assert "is revoked" in words(client.post(path, follow=True))
    assert "was revoked before" in words(client.post(path, follow=True))
    assert partner_by_key(clear, scope="precall") is None
    assert Event.objects.filter(kind="parties.api_key_revoked").count() == 1
    assert "Revoked" in tile(client.get("/partners/"), "CC-A")


def test_a_key_of_another_centre_or_of_nobody_is_not_revoked_here(world):
    client = signed_in(world)
    clear = re.search(
        r"dc_[0-9a-f]{8}_[\w-]{40,}", words(client.post("/partners/CC-A/keys/", {"scopes": "precall"}))
    )[0]
    client.post(f"/partners/CC-B/keys/{clear[3:11]}/revoke/")
    assert partner_by_key(clear, scope="precall") is not None
    assert client.post("/partners/NOWHERE/keys/", {"scopes": "precall"}).status_code == 404


def test_a_source_that_claims_consent_without_a_wording_stands_out(world):
    shown = words(signed_in(world).get("/partners/"))
    assert "WEB-CALL v4" in shown and "go to quarantine" not in shown
    Source.objects.get().wordings.update(source=None)
    assert "go to quarantine" in words(signed_in(world).get("/partners/"))
