import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.parties.actions import create_api_key, note_key_use, revoke_api_key
from duecause.apps.parties.models import ApiKey, Partner
from duecause.apps.parties.queries import partner_by_key
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.organisation.files import NOW, OPERATOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre() -> Partner:
    return Partner.objects.create(code="CC-EEN", name="Centrum Een", kind="call_centre", country="NL")


@pytest.fixture
def key(centre) -> str:
    return create_api_key(actor=OPERATOR, partner=centre, scopes=["precall"], now=NOW)


def test_a_key_opens_for_its_partner(centre, key):
    assert partner_by_key(key, scope="precall") == centre


def test_a_key_is_kept_only_as_a_hash(key):
    row = ApiKey.objects.get()
    secret = key.split("_", 2)[2]
    assert secret not in f"{row.prefix} {row.key_hash}"
    assert len(row.key_hash) == 64


@pytest.mark.parametrize("wrong", ["", "dc_", "dc__", "nonsense", "dc_00000000_x", "é" * 50])
def test_nothing_else_opens(key, wrong):
    assert partner_by_key(wrong, scope="precall") is None


def test_a_key_with_another_secret_or_ending_does_not_open(key):
    assert partner_by_key(key + "x", scope="precall") is None
    assert partner_by_key(key[:-1], scope="precall") is None
    assert partner_by_key(key.upper(), scope="precall") is None


def test_a_key_does_not_open_what_it_is_not_for(key):
    assert partner_by_key(key, scope="releases") is None


def test_a_revoked_key_is_closed_at_once_and_revoking_again_writes_no_event(centre, key):
    prefix = ApiKey.objects.get().prefix
    assert revoke_api_key(actor=OPERATOR, partner=centre, prefix=prefix, now=NOW)
    assert partner_by_key(key, scope="precall") is None
    events = Event.objects.count()
    assert not revoke_api_key(actor=OPERATOR, partner=centre, prefix=prefix, now=NOW)
    assert Event.objects.count() == events


def test_one_partner_cannot_have_the_key_of_another_revoked(centre, key):
    other = Partner.objects.create(code="CC-TWEE", name="Centrum Twee", kind="call_centre", country="NL")
    with pytest.raises(Refused, match="CC-TWEE has no key"):
        revoke_api_key(actor=OPERATOR, partner=other, prefix=ApiKey.objects.get().prefix, now=NOW)
    assert partner_by_key(key, scope="precall") == centre


@pytest.mark.parametrize("scopes", [[], ["everything"], ["precall", "everything"]])
def test_an_unknown_scope_makes_no_key(centre, scopes):
    with pytest.raises(Refused):
        create_api_key(actor=OPERATOR, partner=centre, scopes=scopes, now=NOW)
    assert not ApiKey.objects.exists()


def test_only_who_manages_keys_may_make_or_revoke_them(centre, key):
    agent = Actor(kind="employee", id="x", functions=frozenset({"parties.manage"}))
    with pytest.raises(NotPermitted):
        create_api_key(actor=agent, partner=centre, scopes=["precall"], now=NOW)
    with pytest.raises(NotPermitted):
        revoke_api_key(actor=agent, partner=centre, prefix=ApiKey.objects.get().prefix, now=NOW)


def test_the_day_of_last_use_is_written_once_a_day(key, django_assert_num_queries):
    prefix = ApiKey.objects.get().prefix
    note_key_use(prefix=prefix, now=NOW)
    assert ApiKey.objects.get().last_used_on == NOW.date()
