"""The evidence page shows the log, its state and the proof of each entry, to those it is for."""

import ast
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

import duecause
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.ledger import actions, publishing, sequencer, texts, views
from duecause.apps.ledger.models import Event
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Obligation
from duecause.engine import tlog
from duecause.engine.ids import uuid7
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
READERS = {"privacy_officer", "administrator", "auditor"}


@pytest.fixture(autouse=True)
def own_anchor(tmp_path, monkeypatch):
    anchor = tmp_path / "ledger" / "anchor"
    monkeypatch.setattr(publishing, "anchor_path", lambda: anchor)
    monkeypatch.setattr("duecause.apps.ledger.checking.anchor_path", lambda: anchor)


@pytest.fixture
def world():
    return make_world()


def signed_in(world, profile="privacy_officer"):
    client = Client()
    client.force_login(world.employee(profile))
    return client


def write(kind="gate.view", now=NOW, actor=OPERATOR, **more):
    with transaction.atomic():
        return actions.record(actor=actor, kind=kind, now=now, payload={"n": 1}, **more)


def page(client, path="/evidence/", **query):
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("path", ["/evidence/", "/evidence/events/{uid}/", "/evidence/events/{uid}/proof/"])
@pytest.mark.parametrize("profile", sorted(engine().vocabulary.profiles))
def test_only_those_who_may_read_the_ledger_see_it_and_others_raise_an_alarm(world, profile, path):
    event = write()
    sequencer.sequence_all()
    answer = signed_in(world, profile).get(path.format(uid=event.uid))
    assert answer.status_code == (200 if profile in READERS else 403)
    assert Alarm.objects.filter(kind="function").count() == (0 if profile in READERS else 1)


def test_a_visitor_who_is_not_signed_in_is_sent_to_sign_in():
    assert Client().get("/evidence/")["Location"].startswith("/sign-in/")


def test_the_log_shows_what_when_who_and_the_checkpoint(world):
    employee = world.employee("inbound", "nora")
    from duecause.apps.gate.actors import actor_of

    write(actor=actor_of(employee))
    sequencer.sequence_all()
    write("dialling.screened")
    shown = page(signed_in(world))
    assert "Person’s card seen" in shown and "Test nora" in shown
    assert "List screened" in shown and "The system (test)" in shown
    assert "waiting for their place" in shown and "never verified" in shown


def test_kind_and_day_in_the_address_filter_the_log(world):
    write("gate.view")
    write("dialling.screened", now=NOW - timedelta(days=1))
    client = signed_in(world)
    assert set(kinds(page(client, kind="gate.view"))) == {"Person’s card seen"}
    assert set(kinds(page(client, day=f"{NOW - timedelta(days=1):%Y-%m-%d}"))) == {"List screened"}
    assert "No entries here" in page(client, kind="gate.view", day="2020-01-01")
    assert len(kinds(page(client, kind="nonsense", day="yesterday", before="x"))) == 2


def kinds(shown: str) -> list[str]:
    rows = shown.partition("<tbody>")[2]
    return [str(text) for text in texts.KINDS.values() for _ in range(rows.count(f">{text}</a>"))]


def test_a_long_log_is_read_in_pages_without_a_gap(world):
    for _ in range(views.PER_PAGE + 3):
        write()
    client = signed_in(world)
    first = page(client)
    assert len(kinds(first)) == views.PER_PAGE
    oldest = Event.objects.order_by("-pk")[views.PER_PAGE - 1].pk
    assert f"before={oldest}" in first
    assert len(kinds(page(client, before=oldest))) == 3


def test_the_page_says_when_the_queue_is_late_and_when_the_log_is_silent(world):
    client = signed_in(world)
    write(now=timezone.now() - timedelta(seconds=7))
    assert "The sequencer does not keep up" in page(client)
    actions.sequence(actor=sequencer.ACTOR, now=timezone.now() - timedelta(minutes=6))
    shown = page(client)
    assert "The ledger has gone silent" in shown and "does not keep up" not in shown
    write(now=timezone.now())
    actions.sequence(actor=sequencer.ACTOR, now=timezone.now())
    shown = page(client)
    assert "gone silent" not in shown and "does not keep up" not in shown


def test_the_event_page_proves_the_entry_and_never_shows_the_person_part(world):
    event = write(person=uuid7(), person_payload={"words": "very private"})
    sequencer.sequence_all()
    shown = page(signed_in(world), f"/evidence/events/{event.uid}/")
    assert "Proof verified just now" in shown and "very private" not in shown


def test_the_event_page_says_when_the_proof_does_not_hold(world):
    event = write()
    sequencer.sequence_all()
    Event.objects.filter(pk=event.pk).update(leaf_bytes=bytes(event.leaf_bytes).replace(b"view", b"edit"))
    assert "The proof does not hold" in page(signed_in(world), f"/evidence/events/{event.uid}/")


def test_a_downloaded_proof_verifies_on_its_own(world):
    event = write()
    write()
    sequencer.sequence_all()
    client = signed_in(world)
    proof = client.get(f"/evidence/events/{event.uid}/proof/")
    leaf = client.get(f"/evidence/events/{event.uid}/leaf/").content
    assert "attachment" in proof["Content-Disposition"]
    policy = tlog.Policy.of_keys([actions.signer().verifier()])
    assert tlog.parse_proof(proof.content).verify(leaf=leaf, policy=policy).size == 2


def test_an_event_that_waits_has_no_proof_yet(world):
    event = write()
    client = signed_in(world)
    assert "Waits for a checkpoint" in page(client, f"/evidence/events/{event.uid}/")
    assert client.get(f"/evidence/events/{event.uid}/proof/").status_code == 404
    assert client.get(f"/evidence/events/{uuid7()}/").status_code == 404


def test_verifying_says_that_all_is_in_order_and_is_itself_recorded(world):
    write(now=timezone.now())
    sequencer.sequence_all()
    client = signed_in(world)
    assert client.post("/evidence/verify/")["Location"] == "/evidence/"
    shown = page(client)
    assert "In order" in shown and "1 entries verified" in shown
    assert Event.objects.filter(kind="ledger.verified").count() == 1


def test_verifying_a_log_that_was_touched_says_what_where_and_what_to_do(world):
    event = write(now=timezone.now())
    sequencer.sequence_all()
    Event.objects.filter(pk=event.pk).update(kind="gate.edit")
    client = signed_in(world)
    client.post("/evidence/verify/")
    shown = page(client)
    assert "Altered entries" in shown and "leaf 0" in shown and "Keep a copy" in shown


@pytest.mark.parametrize("limit", ["VERIFIED_IN_REQUEST", "SECONDS_IN_REQUEST"])
def test_a_log_too_long_for_a_request_is_verified_by_the_worker(world, monkeypatch, limit):
    monkeypatch.setattr(views, limit, -1)
    write(now=timezone.now())
    sequencer.sequence_all()
    client = signed_in(world)
    client.post("/evidence/verify/")
    client.post("/evidence/verify/")
    assert "Verifying the ledger" in page(client)
    while runner.run_once("test"):
        pass
    assert Obligation.objects.filter(kind="ledger.verify").count() == 1
    assert Event.objects.filter(kind="ledger.verified").count() == 2  # this one and that of the day
    assert "In order" in page(client)
    assert "Show what was found" in page(client, "/evidence/verify/progress/")


def test_every_kind_that_is_recorded_anywhere_has_a_text():
    open_ended = {
        "gate.": set(engine().vocabulary.actions),
        "consent.": set(ConsentEvent.State.values),
    }
    recorded = set()
    for file in Path(duecause.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call):
                recorded |= kinds_of(call, open_ended)
    assert len(recorded) > 40
    assert recorded - set(texts.KINDS) == set()


def kinds_of(call: ast.Call, open_ended: dict[str, set[str]]) -> set[str]:
    """Kinds in `record(kind=…)` and `Noun(event=…)`; texts with a dot that a private `_record…` is handed."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name.startswith("_record"):
        values = call.args
    else:
        wanted = {"record": "kind", "Noun": "event"}.get(name)
        values = [word.value for word in call.keywords if wanted and word.arg == wanted]
    found = set()
    for value in values:
        if isinstance(value, ast.JoinedStr):
            prefix = value.values[0].value
            found |= {prefix + end for end in open_ended[prefix]}
        elif isinstance(value, ast.Constant) and "." in str(value.value):
            found.add(value.value)
    return found


def test_the_day_of_the_filter_is_the_day_where_the_reader_is(world):
    write(now=datetime(2026, 11, 1, 23, 30, tzinfo=NOW.tzinfo))
    assert len(kinds(page(signed_in(world), day="2026-11-02"))) == 1
