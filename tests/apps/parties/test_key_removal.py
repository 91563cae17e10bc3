"""A centre's key ends on the page only when two persons want it: after that its files leave in clear."""

import pyrage
import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import KeyRemoval
from duecause.apps.parties.release_key_actions import (
    approve_key_removal,
    ask_key_removal,
    set_release_key,
)
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from tests.apps.parties.test_partners_page import signed_in
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def new_key(world):
    own = pyrage.x25519.Identity.generate()
    set_release_key(actor=OPERATOR, partner=world.centre, key=str(own.to_public()), now=NOW)


@pytest.fixture
def world():
    made = make_world()
    new_key(made)
    return made


@pytest.fixture
def administrator(world):
    return signed_in(world, "administrator")


@pytest.fixture
def officer(world):
    return signed_in(world, "privacy_officer")


def press(client, world, what):
    return client.post(f"/partners/{world.centre.code}/release-key/{what}/", follow=True).content.decode()


def has_key(world):
    world.centre.refresh_from_db()
    return bool(world.centre.release_key)


def test_the_key_ends_when_another_person_agrees(world, administrator, officer):
    page = press(administrator, world, "end")
    assert "Somebody asks to end this key" in page
    assert "Agree: end the key" not in page, "who asked cannot agree"
    assert has_key(world)
    assert "Agree: end the key" in officer.get(f"/partners/{world.centre.code}/").content.decode()
    assert "Lists leave in clear" in press(officer, world, "end/agree")
    assert not has_key(world)
    assert Event.objects.filter(kind="parties.release_key_removed").count() == 1


def test_one_person_alone_cannot_end_it(world):
    both = Actor("employee", "one", functions=frozenset({"apikeys.manage", "parties.approve_override"}))
    ask_key_removal(actor=both, partner=world.centre, now=NOW)
    with pytest.raises(Refused) as refused:
        approve_key_removal(actor=both, partner=world.centre, now=NOW)
    assert refused.value.code == "key_same_person"
    assert has_key(world)


def test_a_new_key_ends_the_asking(world, administrator, officer):
    press(administrator, world, "end")
    new_key(world)
    assert "Nobody asks for this any more" in press(officer, world, "end/agree")
    assert has_key(world)


def test_it_can_be_kept_and_is_asked_once(world, administrator, officer):
    press(administrator, world, "end")
    assert "Somebody asked for that before" in press(administrator, world, "end")
    press(officer, world, "keep")
    assert not KeyRemoval.objects.exists()
    assert has_key(world)
