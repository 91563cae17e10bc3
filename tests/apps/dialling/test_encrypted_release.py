"""Once a centre has a public key, nothing that leaves for it can be read by anybody else."""

import csv
import hashlib
import io
import json

import pyrage
import pytest

from duecause.apps.dialling import feed_files, release_actions
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.feed_queries import stream_of
from duecause.apps.ledger.models import Event
from duecause.apps.parties.release_key_actions import remove_release_key, set_release_key
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.recipients import Recipient
from tests.apps.dialling.feeds import LATER, object_to
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
MILA = 32470000011


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


@pytest.fixture
def pair(world):
    """The key pair of the centre; the house has only its public part."""
    own = pyrage.x25519.Identity.generate()
    set_release_key(actor=OPERATOR, partner=world.centre, key=str(own.to_public()), now=NOW)
    return own


def released(world):
    out = io.BytesIO()
    made = release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=out)
    return made, out.getvalue()


def test_a_list_for_a_centre_with_a_key_opens_with_that_key_only(world, pair):
    imported(world, MILA, first_name="Mila")
    made, content = released(world)
    assert str(MILA).encode() not in content and b"Mila" not in content
    clear = pyrage.decrypt(content, [pair])
    rows = list(csv.DictReader(io.StringIO(clear.decode())))
    assert f"+{MILA}" in {row["number"] for row in rows}
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(content, [pyrage.x25519.Identity.generate()])
    assert hashlib.sha256(clear).hexdigest() == made.file_sha256 == made.certificate["list_sha256"]
    assert hashlib.sha256(content).hexdigest() == made.certificate["delivered_sha256"]
    assert made.certificate["encrypted_to"] == Recipient(world.centre.release_key).fingerprint


def test_a_centre_without_a_key_gets_its_list_in_clear_and_the_certificate_says_so(world):
    imported(world, MILA)
    made, content = released(world)
    assert str(MILA).encode() in content
    assert made.certificate["encrypted_to"] == ""
    assert made.certificate["delivered_sha256"] == made.certificate["list_sha256"]


def test_a_key_that_came_after_the_page_was_opened_counts(world):
    """The list in the caller's hands still holds the centre without its key."""
    imported(world, MILA)
    dial_list, own = screen(world), pyrage.x25519.Identity.generate()
    assert dial_list.centre.release_key == ""
    again = type(world.centre).objects.get(pk=world.centre.pk)
    set_release_key(actor=OPERATOR, partner=again, key=str(own.to_public()), now=NOW)
    out = io.BytesIO()
    release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=out)
    assert str(MILA).encode() in pyrage.decrypt(out.getvalue(), [own])


def test_files_of_the_feed_are_encrypted_too_and_acknowledged_by_what_they_hold(world, pair):
    mila = imported(world, MILA)
    released(world)
    object_to(world, mila)
    actor = partner_actor(world.centre)
    files = feed_files.written(actor=actor, partner=world.centre, now=LATER)
    assert [name for name in files if name.endswith(".csv")] == []
    manifest = json.loads(files["manifest.json"])
    line = next(each for each in manifest["files"] if each["name"] == "feed-1-1.csv.age")
    assert line["sha256"] == hashlib.sha256(files["feed-1-1.csv.age"]).hexdigest()
    clear = pyrage.decrypt(files["feed-1-1.csv.age"], [pair])
    assert line["holds_sha256"] == hashlib.sha256(clear).hexdigest()
    word = json.dumps({"file": "feed-1-1.csv", "sha256": line["holds_sha256"]}).encode()
    feed_files.read_acknowledgement(
        actor=actor, partner=world.centre, name="ack-1.json", data=word, now=LATER + DAY
    )
    assert stream_of(world.centre).acknowledged == 1


def test_a_key_is_set_changed_and_removed_with_events_that_name_its_fingerprint(world):
    first, second = (str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))
    for key in (first, first, second):
        set_release_key(actor=OPERATOR, partner=world.centre, key=key, now=NOW)
    assert world.centre.release_key == second
    assert Event.objects.filter(kind="parties.release_key_set").count() == 2
    assert remove_release_key(actor=OPERATOR, partner=world.centre, now=NOW)
    assert not remove_release_key(actor=OPERATOR, partner=world.centre, now=NOW)
    assert Event.objects.filter(kind="parties.release_key_removed").count() == 1
    with pytest.raises(NotPermitted):
        set_release_key(actor=Actor.job("x"), partner=world.centre, key=first, now=NOW)
    assert world.centre.release_key == ""
