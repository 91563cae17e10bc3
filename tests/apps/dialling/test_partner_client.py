"""The example client of a call centre, as a program of its own against the served product."""

import csv
import importlib.util
import io
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import feed_actions, feed_queries, feed_webhook, release_actions
from duecause.apps.dialling.models import ReleaseRow
from duecause.apps.ledger.actions import sequence
from duecause.apps.parties.actions import create_api_key
from tests.apps.dialling.feeds import JONAS, LATER, MILA, object_to, reference
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

FILE = Path(__file__).parents[3] / "examples" / "partner_client" / "client.py"
_spec = importlib.util.spec_from_file_location("partner_client", FILE)
client = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(client)


@pytest.fixture
def world(transactional_db):
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    return world


class Centre:
    def __init__(self, world, url, folder):
        self.list = folder / "released.csv"
        self.state = folder / "state.json"
        self.url = url
        self.key = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["feed"], now=NOW)

    def run(self):
        return subprocess.run(
            [
                *(sys.executable, "-I", str(FILE), "--url", self.url),
                *("--list", str(self.list), "--state", str(self.state)),
            ],
            env={"DUECAUSE_KEY": self.key, "PATH": os.environ["PATH"], "no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stopped(self):
        rows = csv.DictReader(self.list.open(encoding="utf-8-sig"))
        return {row["reference"]: row["stopped"] for row in rows}


def test_it_stops_the_rows_that_objected_and_acknowledges(world, live_server, tmp_path):
    mila, jonas = imported(world, MILA), imported(world, JONAS)
    centre = Centre(world, live_server.url, tmp_path)
    out = io.BytesIO()
    dial_list = screen(world)
    made = release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=out)
    centre.list.write_bytes(out.getvalue())
    objection = object_to(world, mila)
    sequence(actor=OPERATOR, now=LATER)

    done = centre.run()
    assert (done.returncode, done.stdout) == (0, "1 entries, 1 rows changed, acknowledged up to 1\n"), done
    marks = centre.stopped()
    assert (marks[reference(made, mila)], marks[reference(made, jonas)]) == ("objection", "")
    assert feed_queries.stream_of(world.centre).acknowledged == 1

    assert (centre.run().returncode, centre.run().stdout) == (0, "")
    consent.undo_objection(actor=OPERATOR, objection=objection, now=LATER)
    assert centre.run().returncode == 0
    assert centre.stopped()[reference(made, mila)] == "", "freed again"
    object_to(world, mila)
    assert centre.run().returncode == 0
    assert centre.stopped()[reference(made, mila)] == "objection"
    release_actions.recall(actor=OPERATOR, release=made, now=LATER)
    assert centre.run().returncode == 0
    assert set(centre.stopped().values()) == {"recall"}

    rows = ReleaseRow.objects.filter(person=jonas).values_list("pk", flat=True)
    with transaction.atomic():
        feed_actions.tell_of_erasure(actor=OPERATOR, case=uuid4(), rows=list(rows), now=LATER)
    assert centre.run().returncode == 0
    assert reference(made, jonas) not in centre.stopped() and reference(made, mila) in centre.stopped()

    kept = centre.state.read_text()
    size = int(kept.split("\\n")[1])
    centre.state.write_text(kept.replace(f"\\n{size}\\n", f"\\n{size + 1}\\n"))
    back = centre.run()
    assert back.returncode == 2 and f"went back from {size + 1} to {size}" in back.stderr


def test_a_lifted_objection_frees_a_row_from_nothing_else():
    marks = [client.next_mark(mark, "lifted") for mark in ("", "objection", "recall", "unknown")]
    assert marks == ["", "", "recall", "unknown"]
    marks = [client.next_mark(mark, "recall") for mark in ("", "objection")]
    assert marks == ["recall", "recall"] and client.next_mark("recall", "objection") == "recall"
    assert client.next_mark("", "unknown") == "unknown", "what it does not know stops the row"


def test_it_distrusts_a_ledger_that_shrank_changed_or_is_another_one():
    kept = "log\n7\nAAAA\n\n— log x\n"
    assert client.newer_checkpoint("", kept) == client.newer_checkpoint(kept, "") == kept
    assert client.newer_checkpoint(kept, "log\n8\nBBBB\n\n") == "log\n8\nBBBB\n\n"
    for given in ("log\n6\nAAAA\n\n", "log\n7\nBBBB\n\n", "other\n9\nAAAA\n\n", "nothing"):
        with pytest.raises(client.Distrust):
            client.newer_checkpoint(kept, given)


def test_it_tells_a_genuine_ping_from_forged_old_and_repeated_ones():
    body, seen = b'{"cursor": 3}', {}
    sent = feed_webhook.signature("secret", 1000, body)

    def genuine(*, now=1001.0, secret="secret", timestamp="1000", signature=sent, content=body):
        return client.ping_is_genuine(
            secret=secret, timestamp=timestamp, signature=signature, body=content, now=now, seen=seen
        )

    assert not genuine(secret="another")
    assert not genuine(content=b'{"cursor": 4}')
    assert not genuine(timestamp="1001")
    assert not genuine(timestamp="-1") and not genuine(signature="v1=é")
    assert not genuine(now=1000.0 + client.REPLAY_SECONDS + 1)
    assert genuine()
    assert not genuine(now=1002.0), "the same call a second time"


def correction(cursor, *fields, reference="R1"):
    return {
        "cursor": cursor,
        "kind": "correction",
        "references": [reference],
        "list": "",
        "fields": list(fields),
    }


@pytest.fixture
def held(tmp_path):
    path = tmp_path / "released.csv"
    path.write_text("reference,number,last_name,list\nR1,+32470000011,Peeters,L\nR2,+32470000012,Maes,L\n")
    return path


def rows_of(path):
    return {row["reference"]: row for row in csv.DictReader(path.open())}


def test_it_puts_right_what_was_corrected_and_nothing_else(held):
    values = [{"cursor": 1, "reference": "R1", "field": "last_name", "value": "Janssens"}]
    assert client.stop_rows(held, [correction(1, "last_name")], values) == 1
    assert rows_of(held)["R1"] == {
        "reference": "R1", "number": "+32470000011", "last_name": "Janssens", "list": "L", "stopped": "",
    }  # fmt: skip
    assert rows_of(held)["R2"]["last_name"] == "Maes"


def test_it_deletes_what_it_is_given_no_value_for_and_calls_no_wrong_number(held):
    assert client.stop_rows(held, [correction(1, "last_name", "number")]) == 1
    wrong = rows_of(held)["R1"]
    assert (wrong["number"], wrong["last_name"], wrong["stopped"]) == ("", "", "correction")
    lifted = {"cursor": 2, "kind": "lifted", "references": ["R1"], "list": ""}
    client.stop_rows(held, [lifted])
    assert rows_of(held)["R1"]["stopped"] == "correction", "no lifted objection makes a wrong number right"


def test_doing_it_again_after_a_crash_changes_nothing(held):
    entries = [
        correction(1, "last_name"),
        correction(2, "number", reference="R2"),
        correction(3, "shoe_size"),
    ]
    values = [{"cursor": 1, "reference": "R1", "field": "last_name", "value": "Janssens"}]
    client.stop_rows(held, entries, values)
    before = held.read_bytes()
    assert client.stop_rows(held, entries, values) == 0
    assert held.read_bytes() == before
