"""Files are exchanged with a centre's real OpenSSH server: whole or not at all, and with no other."""

import hashlib
import io
import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from duecause.apps.dialling import exchange_actions, exchange_jobs, packages, release_actions
from duecause.apps.dialling.exchange_actions import run_exchange, set_exchange
from duecause.apps.dialling.exchange_sftp import NotExchanged, Server, connected
from duecause.apps.dialling.feed_queries import stream_of
from duecause.apps.dialling.models import Attempt, Custody, Exchange, FeedEntry, ReleaseRow
from duecause.apps.gate.actions import open_spool
from duecause.apps.gate.holdings import Sealed
from duecause.apps.obligations.actions import claim, ensure_periodic
from duecause.apps.obligations.runner import Postponed
from duecause.apps.parties.release_key_actions import set_release_key
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from tests.apps.dialling.feeds import LATER, object_to
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support import sshd
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012
WORKER = Actor.job("test", "open:exchange")
THEN = LATER + DAY / 24


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with sshd.running(folder) as found:
            yield found


@pytest.fixture
def world(server):
    for folder in (server.outgoing, server.incoming):
        for path in folder.iterdir():
            path.unlink()
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    world.mila = imported(world, MILA)
    imported(world, JONAS)
    agree(world, server)
    return world


def agreed(server):
    return Server(
        "127.0.0.1", server.port, server.user, server.host_key, str(server.outgoing), str(server.incoming)
    )


def agree(world, server, **other):
    key = set_exchange(actor=OPERATOR, partner=world.centre, server=replace(agreed(server), **other), now=NOW)
    server.let_in(key)


def go(world, now=THEN):
    return run_exchange(actor=WORKER, partner=world.centre, now=now)


def handed(world):
    out = io.BytesIO()
    made = release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=out)
    return made, out.getvalue()


def there(server):
    return {path.name for path in server.outgoing.iterdir()}


def test_the_feed_goes_out_and_its_acknowledgement_comes_back(world, server):
    made, _ = handed(world)
    object_to(world, world.mila)
    go(world)
    assert there(server) == {"feed-1-1.csv", "checkpoint", "manifest.json"}, "no part is left"
    content = (server.outgoing / "feed-1-1.csv").read_bytes()
    assert ReleaseRow.objects.get(release=made, person=world.mila).reference.encode() in content
    manifest = json.loads((server.outgoing / "manifest.json").read_text())
    listed = {each["name"]: each["sha256"] for each in manifest["files"]}
    digest = hashlib.sha256(content).hexdigest()
    assert listed["feed-1-1.csv"] == digest
    server.put("ack-1.json", json.dumps({"file": "feed-1-1.csv", "sha256": digest}).encode())
    assert go(world).taken == ["ack-1.json"]
    assert stream_of(world.centre).acknowledged == 1
    assert {path.name for path in server.incoming.iterdir()} == {"ack-1.json.taken"}
    assert go(world).taken == []


def test_calls_and_objections_are_taken_and_what_is_wrong_lies_beside_the_file(world, server):
    made, _ = handed(world)
    row = ReleaseRow.objects.get(release=made, person=world.mila)
    at = LATER.isoformat()
    server.put(
        "attempts-1.csv",
        f"reference,at,outcome,refusal\r\n{row.reference},{at},busy,\r\nR2,{at},flew,\r\n".encode(),
    )
    server.put(
        "objections-1.csv",
        f"client_id,reference,number,at,scope,how\r\nc1,{row.reference},,{at},,\r\n".encode(),
    )
    server.put("ack-9.json", b"{}")
    server.put("holiday.xlsx", b"not for us")
    done = go(world)
    assert Attempt.objects.filter(row=row, outcome="busy").count() == 1
    assert FeedEntry.objects.filter(partner=world.centre, kind="objection").count() == 1
    assert {path.name for path in server.incoming.iterdir()} == {
        "attempts-1.csv.taken", "attempts-1.csv.problems.txt", "objections-1.csv.taken",
        "ack-9.json.refused", "ack-9.json.problems.txt", "holiday.xlsx",
    }  # fmt: skip
    assert "row 3" in (server.incoming / "attempts-1.csv.problems.txt").read_text()
    assert len(done.problems) == 2


def test_a_list_is_delivered_encrypted_until_its_arrival_is_confirmed(world, server):
    own = pyrage.x25519.Identity.generate()
    with pytest.raises(Refused) as refused:
        exchange_actions.refuse_undeliverable(world.centre)
    assert refused.value.code == "exchange_needs_key"
    set_release_key(actor=OPERATOR, partner=world.centre, key=str(own.to_public()), now=NOW)
    exchange_actions.refuse_undeliverable(world.centre)
    made, content = handed(world)
    name = packages.file_name(f"list-{made.watermark}", packages.is_encrypted(made))
    exchange_actions.queue(partner=world.centre, name=name, content=content)
    assert name in go(world).sent
    clear = pyrage.decrypt((server.outgoing / name).read_bytes(), [own])
    word = f"{made.watermark},received,{LATER.isoformat()},{hashlib.sha256(clear).hexdigest()}"
    server.put("lists-1.csv", f"list,word,at,sha256\r\n{word}\r\n".encode())
    (server.outgoing / name).unlink()
    assert name not in go(world).sent
    assert Custody.objects.get(release=made, kind="arrival").word == "received"
    assert not list(exchange_actions.folder_of(world.centre).iterdir())


def test_an_upload_that_broke_off_goes_on_where_it_stopped(world, server):
    content = b"x" * 50_000
    part = f".list-A.csv.age.{hashlib.sha256(content).hexdigest()[:16]}.part"
    (server.outgoing / part).write_bytes(b"y" * 20_000)
    (server.outgoing / part).chmod(0o666)
    exchange = Exchange.objects.get(partner=world.centre)
    sealed = Sealed(
        exchange_actions.secrets_owner(world.centre), exchange_actions.WEBHOOK_COMPARTMENT,
        exchange_actions.KEY_USE, bytes(exchange.private_key),
    )  # fmt: skip
    key = open_spool(actor=WORKER, sealed=sealed, why="exchange", now=NOW)
    with connected(exchange.server(), key) as session:
        session.send({"list-A.csv.age": content}, session.waiting()[0])
    arrived = (server.outgoing / "list-A.csv.age").read_bytes()
    assert arrived == b"y" * 20_000 + b"x" * 30_000, "the part that was there was not sent again"
    assert there(server) == {"list-A.csv.age"}


def test_a_server_with_another_host_key_gets_nothing(world, server):
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
    handed(world)
    agree(world, server, host_key=other)
    with pytest.raises(Refused) as refused:
        go(world)
    assert refused.value.code == "exchange_host_key"
    assert there(server) == set()


def test_a_server_that_does_not_know_our_key_or_has_no_such_folder_is_tried_again(world, server):
    server.let_in("")
    with pytest.raises(NotExchanged):
        go(world)
    agree(world, server, outgoing=str(server.outgoing) + "-gone")
    with pytest.raises(NotExchanged):
        go(world)


@pytest.mark.parametrize(
    "wrong",
    [{"host": "-oProxyCommand=x"}, {"user": "a b"}, {"outgoing": 'x"\nrm *'}, {"port": 0}, {"host_key": "x"}],
)
def test_settings_that_could_be_taken_for_a_command_are_refused(world, server, wrong):
    with pytest.raises(Refused) as refused:
        set_exchange(actor=OPERATOR, partner=world.centre, server=replace(agreed(server), **wrong), now=NOW)
    assert refused.value.code == "exchange_settings"


def test_the_private_key_is_sealed(world):
    exchange = Exchange.objects.get(partner=world.centre)
    assert b"PRIVATE KEY" not in bytes(exchange.private_key)
    assert exchange.public_key.startswith("ssh-ed25519 ")


def test_a_worker_makes_a_round_and_puts_off_what_cannot_be_done(world, server):
    now = datetime.now(UTC)
    for _ in range(2):
        ensure_periodic(kind=exchange_jobs.PLAN, slot="test", system="duecause", now=now)
    (planning,) = claim(worker="test", now=now)
    assert exchange_jobs.plan(planning) == {"planned": 1}
    assert exchange_jobs.plan(planning) == {"planned": 0}, "the round before is still to be made"
    (step,) = claim(worker="test", now=now + timedelta(minutes=1))
    assert step.system == world.centre.code
    server.let_in("")
    with pytest.raises(Postponed):
        exchange_jobs.exchange(step)
    agree(world, server)
    assert exchange_jobs.exchange(step)["sent"] == 2
    assert exchange_jobs.exchange(step)["sent"] == 2, "a round may be made again"
    assert there(server) == {"checkpoint", "manifest.json"}


def test_what_a_round_did_and_why_it_failed_is_kept(world, server):
    handed(world)
    go(world)
    kept = Exchange.objects.get()
    assert (kept.last_done_at, kept.last_error, kept.last_sent) == (THEN, {}, 2)
    agree(world, server, outgoing="/nowhere")
    later = THEN + DAY / 24
    with pytest.raises(NotExchanged):
        go(world, later)
    kept = Exchange.objects.get()
    assert (kept.last_tried_at, kept.last_done_at) == (later, THEN)
    assert "refused a file or a folder" in kept.last_error["text"]
