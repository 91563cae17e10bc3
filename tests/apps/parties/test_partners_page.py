"""The partners page says whether data may go somewhere, why not, until when, and who holds a key."""

import re
from datetime import UTC, date, datetime, timedelta

import pyrage
import pytest
from django.test import Client

from duecause.apps.dialling.models import FeedEntry, FeedReceipt
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import ApiKey, Contract, Engagement, Partner, Source
from duecause.apps.parties.queries import partner_by_key
from duecause.engine.ids import uuid7
from duecause.engine.recipients import Recipient
from tests.support.world import ALL_MET, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
READERS = {"privacy_officer", "team_lead", "administrator", "auditor"}


@pytest.fixture
def world():
    return make_world()


def signed_in(world, profile="administrator"):
    client = Client()
    client.force_login(world.employee(profile))
    return client


def words(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def line(answer, code: str) -> str:
    return words(answer).partition(f'id="partner-{code}"')[2].partition("</tr>")[0]


def page(world, profile="privacy_officer", code="CC-A"):
    return words(signed_in(world, profile).get(f"/partners/{code}/"))


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
        assert "Make a key" not in words(client.get("/partners/CC-A/"))


def test_a_partner_in_order_is_open(world):
    shown = line(signed_in(world).get("/partners/"), "CC-A")
    assert "Open" in shown and "Stopped" not in shown
    shown = page(world)
    assert "DPA-1" in shown and "No date is known" in shown and "Complete" in shown
    assert "inside the European Economic Area" in shown


def test_a_partner_that_is_stopped_shows_every_reason(world):
    Partner.objects.filter(code="CC-A").update(country="TN", suspended_on=date(2025, 5, 5))
    Contract.objects.filter(partner__code="CC-A").update(
        valid_to=date(2025, 6, 30), answers={**ALL_MET, "h": "absent"}
    )
    shown = line(signed_in(world).get("/partners/"), "CC-A")
    assert "Stopped" in shown and "is suspended" in shown and "and 3 more reasons" in shown
    shown = page(world)
    for reason in ("is suspended", "(h) proof and audits", "there is no basis for the transfer"):
        assert reason in shown
    assert "ended on 30 Jun 2025" in shown and "Tunisia" in shown


def test_the_day_on_which_the_gate_closes_by_itself_is_shown(world):
    end = date.today() + timedelta(days=10)
    Contract.objects.filter(partner__code="CC-A").update(valid_to=end)
    shown = line(signed_in(world).get("/partners/"), "CC-A")
    assert f"after {end.day} {end:%b %Y}" in shown
    assert 'data-meaning="watch"' in shown


def test_the_clause_table_is_filled_in_and_opens_the_gate(world):
    contract = Contract.objects.get(partner__code="CC-A")
    Contract.objects.filter(pk=contract.pk).update(answers={})
    client = signed_in(world, "privacy_officer")
    assert "Nobody has checked what the contract with Centre A says" in words(client.get("/partners/CC-A/"))
    table = words(client.get(f"/partners/CC-A/contracts/{contract.pk}/"))
    assert "Are the data erased or returned at the end, as we choose?" in table
    filled = {f"answer-{code}": "met" for code in ALL_MET} | {"page-g": "7", "quote-g": "wist alles"}
    answer = client.post(f"/partners/CC-A/contracts/{contract.pk}/note/", filled, follow=True)
    assert "Complete" in words(answer) and "Nobody has checked" not in words(answer)
    again = words(client.get(f"/partners/CC-A/contracts/{contract.pk}/"))
    assert "wist alles" in again and 'value="7"' in again and "Test privacy_officer" in again


def test_a_quote_that_is_too_long_is_refused_and_what_was_typed_stays(world):
    contract = Contract.objects.get(partner__code="CC-A")
    client = signed_in(world, "privacy_officer")
    answer = client.post(
        f"/partners/CC-A/contracts/{contract.pk}/note/", {"answer-g": "partly", "quote-g": "x" * 700}
    )
    assert answer.status_code == 422
    assert "600 for the quote" in words(answer) and "x" * 700 in words(answer)
    contract.refresh_from_db()
    assert contract.answers["g"] == "met"


def test_a_country_a_transfer_and_a_sub_processor_are_noted_on_the_page(world):
    client = signed_in(world, "privacy_officer")
    client.post("/partners/CC-A/countries/", {"country": "in", "ways": ["support"]})
    shown = words(client.get("/partners/CC-A/"))
    assert "India" in shown and "there is no basis for the transfer" in shown
    sent = {"mechanism": "scc", "assessed_on": "2026-01-01", "conclusion": "sufficient", "law_risk": "low"}
    client.post("/partners/CC-A/transfers/IN/save/", sent)
    assert "No signed standard clauses with Centre A for India" in words(client.get("/partners/CC-A/"))
    client.post(
        "/partners/CC-A/sub-processors/",
        {"sub": "CC-B", "service": "Overflow", "announced_on": "2026-11-01", "decide_by": "2026-11-02"},
    )
    shown = words(client.get("/partners/CC-A/"))
    assert "Overflow, for Centre A" in shown and "Nobody has authorised Centre B" in shown
    row = Engagement.objects.get()
    client.post(
        f"/partners/CC-A/sub-processors/{row.pk}/", {"state": "authorised", "terms_agreed_on": "2026-11-03"}
    )
    assert "Nobody has authorised" not in words(client.get("/partners/CC-A/"))
    assert client.get("/partners/CC-A/transfers/TN/").status_code == 404


@pytest.mark.parametrize(
    ("path", "sent", "what"),
    [
        ("contracts", {"reference": "A", "kind": "dpa", "valid_from": "soon"}, "Enter a valid date"),
        ("contracts", {"reference": "A", "kind": "scc", "valid_from": "2026-01-01"}, "a module from 1 to 4"),
        ("countries", {"country": "India"}, "Write the two letters"),
        ("sub-processors", {"sub": "CC-A", "service": "x", "announced_on": "2026-01-01"}, "valid choice"),
        ("overrides", {"key": "x", "until": "2026-01-01", "because": "y"}, "does not stand in the way"),
    ],
)
def test_what_cannot_be_noted_is_said_beside_the_form(world, path, sent, what):
    answer = signed_in(world, "privacy_officer").post(f"/partners/CC-A/{path}/", sent)
    assert answer.status_code == 422
    if path != "overrides":
        assert what in words(answer)


def test_history_says_what_changed_and_who_did_it(world):
    client = signed_in(world, "privacy_officer")
    client.post("/partners/CC-A/suspension/")
    shown = words(client.get("/partners/CC-A/"))
    assert "is suspended" in shown
    history = shown.partition('id="history"')[2]
    assert "Partner changed" in history and "Test privacy_officer" in history and "suspended_on" in history
    assert "Partner changed" not in page(world, code="CC-B").partition('id="history"')[2]
    client.post("/partners/CC-A/suspension/")
    assert "is suspended" not in words(client.get("/partners/CC-A/"))


def test_a_new_key_is_shown_once_works_and_is_never_cached(world):
    client = signed_in(world)
    answer = client.post("/partners/CC-A/keys/", {"scopes": "precall"})
    clear = re.search(r"dc_[0-9a-f]{8}_[\w-]{40,}", words(answer))[0]
    assert partner_by_key(clear, scope="precall").code == "CC-A"
    assert "no-store" in answer["Cache-Control"]
    again = words(client.get("/partners/CC-A/"))
    assert clear not in again and clear[:11] in again
    assert clear not in str(list(client.session.items()))


def test_the_public_key_of_a_centre_is_set_by_page_and_known_by_its_fingerprint_after(world):
    client, key = signed_in(world), str(pyrage.x25519.Identity.generate().to_public())
    assert "Lists leave in clear" in words(client.get("/partners/CC-A/"))
    assert client.post("/partners/CC-A/release-key/", {"release_key": f" {key} "}).status_code == 302
    shown = words(client.get("/partners/CC-A/"))
    assert Recipient(key).fingerprint in shown and "Lists leave in clear" not in shown
    assert Partner.objects.get(code="CC-A").release_key == key


@pytest.mark.parametrize("given", ["", "age1nothing"])
def test_what_is_no_public_key_changes_nothing(world, given):
    client, key = signed_in(world), str(pyrage.x25519.Identity.generate().to_public())
    client.post("/partners/CC-A/release-key/", {"release_key": key})
    answer = client.post("/partners/CC-A/release-key/", {"release_key": given})
    assert answer.status_code == 422 and "This is no public key" in words(answer)
    assert Partner.objects.get(code="CC-A").release_key == key


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
    assert "Revoked" in words(client.get("/partners/CC-A/"))


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


def test_a_partner_says_what_it_has_not_acknowledged_and_when_it_did_last(world):
    client = signed_in(world)
    assert "acknowledged" not in line(client.get("/partners/"), "CC-A"), "it was told nothing yet"
    now = datetime.now(UTC)
    step = uuid7()
    for cursor in (1, 2):
        FeedEntry.objects.create(
            partner=world.centre, cursor=cursor, kind="objection", at=now, written_at=now, step=step
        )
    assert "2 objections open" in line(client.get("/partners/"), "CC-A")
    FeedEntry.objects.update(acknowledged_at=now)
    FeedReceipt.objects.create(partner=world.centre, cursor=2, at=now, entries=2, sha256="0" * 64)
    shown = line(client.get("/partners/"), "CC-A")
    assert "All acknowledged" in shown
    assert "last acknowledged" in shown
