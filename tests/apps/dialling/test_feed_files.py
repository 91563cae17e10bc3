"""The same feed as files in a folder: written, acknowledged by hash and answered, as often as one likes."""

import csv
import hashlib
import json

import pytest
from click.testing import CliRunner

from duecause.apps.consent.models import Objection
from duecause.apps.dialling import feed_queries
from duecause.apps.dialling.models import Attempt, FeedEntry, FeedReceipt
from duecause.cli.feed import feed_group
from tests.apps.dialling.feeds import JONAS, LATER, MILA, object_to, reference, release
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


@pytest.fixture
def mila(world):
    return imported(world, MILA)


def run(*arguments):
    return CliRunner().invoke(feed_group, [str(argument) for argument in arguments], standalone_mode=False)


def write(folder, partner="CC-A"):
    done = run("write", partner, folder)
    assert done.exception is None, done.exception
    return json.loads((folder / "manifest.json").read_text())


def acknowledge(folder, name, sha256, mark="1"):
    (folder / f"ack-{mark}.json").write_text(json.dumps({"file": name, "sha256": sha256}))
    return run("read", "CC-A", folder)


def test_the_folder_holds_what_is_not_acknowledged_with_its_hashes(world, mila, tmp_path):
    made = release(world)
    object_to(world, mila)
    manifest = write(tmp_path)
    assert [file["name"] for file in manifest["files"]] == ["feed-1-1.csv", "checkpoint"]
    for file in manifest["files"]:
        assert hashlib.sha256((tmp_path / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    rows = list(csv.DictReader((tmp_path / "feed-1-1.csv").open(encoding="utf-8-sig")))
    assert [(row["kind"], row["references"]) for row in rows] == [("objection", reference(made, mila))]


def test_writing_again_gives_the_same_bytes(world, mila, tmp_path):
    release(world)
    object_to(world, mila)
    write(tmp_path)
    first = (tmp_path / "feed-1-1.csv").read_bytes()
    write(tmp_path)
    assert (tmp_path / "feed-1-1.csv").read_bytes() == first


def test_an_acknowledgement_file_closes_what_it_names_however_often_it_is_read(world, mila, tmp_path):
    release(world)
    object_to(world, mila)
    file = write(tmp_path)["files"][0]
    first = acknowledge(tmp_path, file["name"], file["sha256"])
    again = run("read", "CC-A", tmp_path)
    assert (first.return_value, first.output) == (0, again.output)
    assert FeedReceipt.objects.count() == 1
    assert FeedEntry.objects.get().acknowledged_at is not None
    assert write(tmp_path)["from"] == 2


def test_a_wrong_hash_is_refused_with_the_remedy(world, mila, tmp_path):
    release(world)
    object_to(world, mila)
    file = write(tmp_path)["files"][0]
    done = acknowledge(tmp_path, file["name"], "0" * 64)
    assert done.return_value == 2 and "write it again" in done.stderr
    assert feed_queries.stream_of(world.centre).acknowledged == 0


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"file": "feed-1-9.csv"}', '{"file": "../x", "sha256": ""}', "[" * 99_999]
)
def test_an_unreadable_acknowledgement_is_refused_by_its_name(world, tmp_path, content):
    (tmp_path / "ack-1.json").write_text(content)
    done = run("read", "CC-A", tmp_path)
    assert done.return_value == 2 and "ack-1.json" in done.stderr


def test_what_was_never_given_cannot_be_acknowledged(world, mila, tmp_path):
    release(world)
    object_to(world, mila)
    done = acknowledge(tmp_path, "feed-1-1.csv", "0" * 64)
    assert done.return_value == 2 and "not given" in done.stderr


def test_a_file_cannot_be_acknowledged_before_the_one_before_it(world, mila, tmp_path):
    release_of_two = [mila, imported(world, JONAS)]
    release(world)
    object_to(world, release_of_two[0])
    object_to(world, release_of_two[1])
    write(tmp_path)
    done = acknowledge(tmp_path, "feed-2-2.csv", "0" * 64)
    assert done.return_value == 2 and "the next entry is 1" in done.stderr


def test_objections_and_calls_come_back_as_files(world, mila, tmp_path):
    mark, at = reference(release(world), mila), LATER.isoformat()
    (tmp_path / "objections-1.csv").write_text(
        f"client_id,reference,number,at,scope,how\no-1,{mark},,{at},,letter\no-2,,12,{at},,\n"
    )
    (tmp_path / "attempts-1.csv").write_text(
        f"reference,at,outcome,refusal\n{mark},{at},answered,yes\n{mark},yesterday,busy,\n"
    )
    done = run("read", "CC-A", tmp_path)
    assert done.return_value == 2
    assert "objections-1.csv, row 3" in done.stderr and "attempts-1.csv, row 3" in done.stderr
    run("read", "CC-A", tmp_path)
    assert Objection.objects.get().taken_how == "letter"
    assert Attempt.objects.get().refusal is True


def test_a_partner_that_does_not_exist_is_refused(world, tmp_path):
    assert "unknown_centre" in str(getattr(run("write", "CC-X", tmp_path).exception, "code", ""))
