"""Our own systems hear what changes about the people they know: by their own numbers, in order, and no value
that they do not need to know."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from duecause.apps.consent import actions as consent
from duecause.apps.consent.consent_actions import Saying as Said
from duecause.apps.consent.consent_actions import record_consent, undo_withdrawal, withdraw_consent
from duecause.apps.consent.histories import Topic
from duecause.apps.gate.actions import open_for_job
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.texts import sentence
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.parties.actions import create_api_key
from duecause.apps.register import restrict_actions
from duecause.apps.register.correct_actions import Saying, correct
from duecause.apps.register.models import Person, Record
from duecause.apps.rights import retention_actions
from duecause.apps.rights.telling import Order, tell
from duecause.apps.systems import actions, queries
from duecause.apps.systems.models import Change, System
from duecause.apps.vault.models import DataKey
from duecause.cli.systems import systems_group
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused
from duecause.organisation import founding
from duecause.packs.feed import windows
from tests.apps.register.lists import customers, take
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
LATER = NOW + timedelta(hours=1)
HEAD = "customer number,first name,last name,phone,email"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def source(world):
    return customers(world, "CRM")


def file(source, *, number="K-1", last="Test-Peeters", phone="32470000011", now=NOW):
    return take(source, f"{HEAD}\n{number},Mila,{last},+{phone},mila@example.org", now=now)


@pytest.fixture
def mila(source):
    file(source)
    return Person.objects.get(records__source=source)


@pytest.fixture
def crm(source):
    return set_up(["last_name"])


def set_up(fields, code="CRM", sources=("CRM",)):
    return actions.set_up(
        actor=OPERATOR, code=code, name="Customer relations", sources=sources, fields=fields, webhook_url="",
        now=NOW,
    )  # fmt: skip


def heard(system, *, after=0, now=LATER, **given):
    actor = actions.system_actor(system)
    return actions.hand_out(actor=actor, system=system, after=after, now=now, **given).changes


def put_right(person, field="last_name", value="Test-Janssens"):
    return correct(
        actor=OPERATOR, person=person, field=field, value=value, saying=Saying(how="letter"), now=LATER
    )


def acknowledge(system, cursor):
    return actions.acknowledge(actor=actions.system_actor(system), system=system, cursor=cursor, now=LATER)


def test_a_correction_is_told_with_the_systems_own_number_and_the_right_value(mila, crm):
    put_right(mila)
    (change,) = heard(crm)
    assert (change.kind, change.source, change.person) == ("correction", "CRM", "K-1")
    assert (change.fields, change.values) == (["last_name"], {"last_name": "Test-Janssens"})


def test_a_field_that_the_system_needs_not_know_is_not_told(mila, crm, source):
    put_right(mila, "phone", "+32470000099")
    assert heard(crm) == []
    assert heard(set_up([], code="BILL")) == [], "none unless somebody said so"


def test_a_person_whom_the_system_does_not_know_is_not_told_of(world, mila, crm):
    other = customers(world, "SHOP")
    take(other, f"{HEAD}\nS-1,Jonas,Test-Maes,+32470000012,jonas@example.org")
    put_right(Person.objects.get(records__source=other))
    assert heard(crm) == []


def test_a_system_is_not_told_what_its_own_file_said(mila, crm, source, world):
    file(source, last="Test-Claes", now=LATER)
    assert heard(crm) == []


def test_what_another_source_corrects_is_told_by_the_systems_own_number(mila, crm, world):
    other = customers(world, "SHOP")
    for last in ("Test-Peeters", "Test-Wouters"):
        take(other, f"{HEAD}\nS-1,Mila,{last},+32470000012,mila.shop@example.org", now=LATER)
        Record.objects.filter(source=other).update(person=mila)
    (change,) = heard(crm)
    assert (change.person, change.values) == ("K-1", {"last_name": "Test-Wouters"})


def test_restriction_and_its_end_are_told_and_no_value_meanwhile(mila, crm):
    put_right(mila)
    assert restrict_actions.restrict(actor=OPERATOR, person=mila, now=LATER)
    assert not restrict_actions.restrict(actor=OPERATOR, person=mila, now=LATER)
    correction, restriction = heard(crm)
    assert (correction.values, restriction.kind) == ({}, "restriction")
    assert restrict_actions.end_restriction(actor=OPERATOR, person=mila, now=LATER)
    assert [change.kind for change in heard(crm, after=2)] == ["restriction_ended"]
    assert heard(crm)[0].values == {"last_name": "Test-Janssens"}


def test_objection_and_lifting_and_consent_are_told(world, mila, crm):
    taken = consent.record_objection(
        actor=OPERATOR, person=mila, controller=world.controller, taking=consent.Taking(how="call"), now=LATER
    )
    consent.undo_objection(actor=OPERATOR, objection=taken, now=LATER + timedelta(seconds=1))
    record_consent(
        actor=OPERATOR, person=mila, wording=world.spoken_wording, channel="call", given=True,
        saying=Said(act="spoken_yes"), now=LATER,
    )  # fmt: skip
    event = withdraw_consent(
        actor=OPERATOR, person=mila, topic=Topic(world.controller, world.sales, "call"), language="nl",
        saying=Said(act="withdrawal_spoken"), now=LATER,
    )  # fmt: skip
    undo_withdrawal(actor=OPERATOR, event=event, now=LATER)
    told = heard(crm)
    assert [change.kind for change in told] == ["objection", "objection_lifted", *["consent"] * 3]
    assert [change.scope.get("state") for change in told[2:]] == ["given", "withdrawn", "renewed"]
    assert told[0].scope == {"kind": "all_marketing", "channel": "", "campaign": "", "controller": "WARM"}


def erase(person, case=None):
    return tell(Order(actor=OPERATOR, case=case or uuid7(), person=person.pk, rows=[], now=LATER))


def test_an_erasure_names_the_person_until_it_is_acknowledged(mila, crm):
    put_right(mila)
    case = uuid7()
    erase(mila, case)
    erase(mila, case)
    Record.objects.filter(person=mila).delete()
    Person.objects.update(erased_at=LATER)
    correction, erasure = heard(crm)
    assert (correction.person, correction.values) == (None, {})
    assert (erasure.kind, erasure.person) == ("erasure", "K-1")
    named = Change.objects.get(kind="erasure")
    assert b"K-1" not in bytes(named.reference)
    acknowledge(crm, 2)
    assert not DataKey.objects.filter(owner=named.pk).exists()
    assert Change.objects.get(kind="erasure").reference is None
    assert heard(crm)[1].person is None


def test_cursors_are_followed_acknowledged_and_never_passed(mila, crm):
    for value in ("Test-A", "Test-B", "Test-C"):
        put_right(mila, value=value)
    assert [change.cursor for change in heard(crm, limit=2)] == [1, 2]
    with pytest.raises(Refused, match="never given"):
        acknowledge(crm, 3)
    with pytest.raises(Refused, match="never given"):
        heard(crm, after=3)
    first = acknowledge(crm, 2)
    assert acknowledge(crm, 1) == first, "an older word changes nothing"
    assert [change.cursor for change in heard(crm, after=2)] == [3]
    (state,) = queries.states()
    assert (state["written"], state["given"], state["acknowledged"]) == (3, 3, 2)


def test_two_systems_have_cursors_of_their_own_and_hear_what_each_needs(mila, crm, source):
    billing = set_up(["email", "last_name"], code="BILL")
    put_right(mila)
    put_right(mila, "email", "mila.test@example.org")
    assert [change.fields for change in heard(crm)] == [["last_name"]]
    assert [(change.cursor, change.fields) for change in heard(billing)] == [
        (1, ["last_name"]),
        (2, ["email"]),
    ]


def test_no_value_and_no_number_stands_in_the_clear(mila, crm):
    put_right(mila)
    erase(mila)
    heard(crm)
    acknowledge(crm, 1)
    rows = [*Change.objects.values(), *System.objects.values(), *records_of(list(Event.objects.all()))]
    assert "Janssens" not in str(rows) and "K-1" not in str(rows)


class Calls:
    def __init__(self, client, key):
        self.client, self.headers = client, {"Authorization": f"Bearer {key}"}

    def get(self, query=""):
        return self.client.get(f"/api/changes{query}", headers=self.headers)

    def ack(self, body):
        return self.client.post(
            "/api/changes/ack", body, content_type="application/json", headers=self.headers
        )


def test_the_api_answers_a_key_of_the_system_and_no_other(world, mila, crm, client):
    put_right(mila)
    key = actions.make_key(actor=OPERATOR, system=crm, now=NOW)
    calls = Calls(client, key)
    answer = calls.get("?after=0").json()
    assert (answer["cursor"], answer["more"], answer["changes"][0]["person"]) == (1, False, "K-1")
    assert calls.ack({"cursor": 1}).json()["cursor"] == 1
    assert calls.ack({"cursor": 9}).status_code == 409
    newer = actions.make_key(actor=OPERATOR, system=crm, now=NOW)
    assert (calls.get().status_code, Calls(client, newer).get().status_code) == (401, 200)
    assert client.get("/api/feed", headers={"Authorization": f"Bearer {newer}"}).status_code == 401
    theirs = create_api_key(actor=OPERATOR, partner=world.centre, scopes=["feed", "precall"], now=NOW)
    assert Calls(client, theirs).get().status_code == 401
    actions.end(actor=OPERATOR, system=crm, now=NOW)
    assert Calls(client, newer).get().status_code == 401


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?limit=0", "?limit=501", f"?after={2**63}"])
def test_hostile_questions_are_refused(crm, client, query):
    calls = Calls(client, actions.make_key(actor=OPERATOR, system=crm, now=NOW))
    assert calls.get(query).status_code == 422


@pytest.mark.parametrize("body", [{}, {"cursor": -1}, {"cursor": "x"}, {"cursor": 2**70}, []])
def test_hostile_words_are_refused(crm, client, body):
    calls = Calls(client, actions.make_key(actor=OPERATOR, system=crm, now=NOW))
    assert calls.ack(body).status_code == 422


@pytest.mark.parametrize("key", ["", "dc_", "dc__x", "dc_00000000_x", "x" * 5000, "dc_\x00_y"])
def test_what_is_no_key_opens_nothing(crm, client, key):
    assert Calls(client, key).get().status_code == 401


def test_an_unknown_source_or_field_is_refused(source):
    for sources, fields in ((["NOWHERE"], []), (["CRM"], ["shoe_size"]), ([], [])):
        with pytest.raises(Refused):
            set_up(fields, sources=sources)
    assert not System.objects.exists()


def test_the_commands_set_up_and_show(source, mila, monkeypatch):
    monkeypatch.setattr(founding, "require_founded", lambda: None)

    def run(*arguments):
        return CliRunner().invoke(systems_group, arguments, standalone_mode=False).output

    assert "told last_name" in run("set", "CRM", "--source", "CRM", "--field", "last_name")
    put_right(mila)
    assert "0 of 1 acknowledged, waits since" in run("status")
    assert json.loads(run("status", "--json"))["systems"][0]["fields"] == ["last_name"]
    assert run("key", "CRM").startswith("dc_")


def test_only_the_job_of_this_room_opens_the_number_of_an_erased_person(mila, crm):
    erase(mila)
    (change,) = Change.objects.all()
    actor = Actor.job("test", "open:system_change")
    opened = open_for_job(
        actor=actor, kind="change", ids=[change.pk], fields={"customer_no"}, why="system_change", now=NOW
    )
    assert opened == {change.pk: {"customer_no": "K-1"}}


def test_of_retention_it_hears_who_is_gone_as_a_whole_and_of_nobody_else(source, mila, crm, monkeypatch):
    file(source, number="K-2", last="Anders", phone="32470000012")
    monkeypatch.setattr(retention_actions.scrubbing, "scrub", lambda tables: {})  # in one transaction
    mila.records.update(obtained_on=NOW.date() - timedelta(days=1200))
    job = Actor.job("test", "rights.retention", "open:retention")
    retention_actions.run_retention(actor=job, run=uuid7(), now=NOW)
    (change,) = Change.objects.filter(kind="erasure")
    assert (change.system, change.person, change.record) == (crm, mila, None)


@pytest.mark.parametrize("way", ["correction", "objection"])
def test_a_silent_system_is_alarmed_about_once_and_not_before_its_time(world, mila, crm, way):
    patience = windows(LATER.date())
    if way == "correction":
        crm.fields = ["last_name"]
        crm.save()
        put_right(mila)
    else:
        consent.record_objection(
            actor=OPERATOR, person=mila, controller=world.controller, taking=consent.Taking(how="letter"),
            now=LATER,
        )  # fmt: skip
    after = patience.correction_alarm_after if way == "correction" else patience.alarm_after
    assert watched(LATER + after - timedelta(seconds=1)) == 0
    assert watched(LATER + after) == 1
    assert watched(LATER + after) == 0, "it is known"
    alarm = Alarm.objects.get(kind="system_silent")
    assert alarm.facts["system"] == "CRM"
    assert f"for {after // timedelta(hours=1)} hours" in sentence(alarm)


def test_who_acknowledged_or_ended_is_not_silent(mila, crm, world):
    consent.record_objection(
        actor=OPERATOR, person=mila, controller=world.controller, taking=consent.Taking(how="letter"),
        now=LATER,
    )  # fmt: skip
    heard(crm)
    actor = actions.system_actor(crm)
    actions.acknowledge(actor=actor, system=crm, cursor=Change.objects.get().cursor, now=LATER)
    assert watched(LATER + timedelta(days=9)) == 0
    put = set_up([], code="BILLING")
    restrict_actions.restrict(actor=OPERATOR, person=mila, now=LATER)
    actions.end(actor=OPERATOR, system=put, now=LATER)
    assert watched(LATER + timedelta(days=9)) == 1
    assert Alarm.objects.get(kind="system_silent").facts["system"] == "CRM"


def watched(now):
    return actions.raise_silent(actor=Actor.job("test"), now=now)
