"""A corrected datum reaches every call centre that holds it, and a number that is wrong is dialled no
more."""

import hashlib
import io
import json

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from duecause.apps.dialling import (
    checking,
    feed_actions,
    feed_files,
    hand_out_actions,
    precall,
    release_actions,
)
from duecause.apps.dialling.correction_queries import correction_states
from duecause.apps.dialling.correction_values import right_values
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.feed_queries import hash_of
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import CorrectedRow, FeedEntry, ReleaseRow
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.standing import party_facts
from duecause.apps.register.models import Person
from duecause.cli.corrections import corrections_group
from duecause.engine.problems import Refused
from duecause.organisation import founding
from duecause.packs.feed import windows
from tests.apps.dialling.corrections import correct, import_lines, line, person_of, ready_world
from tests.apps.dialling.feeds import LATER, Centre, object_to, release
from tests.apps.dialling.lists import DAY, screen
from tests.support.world import NOW, OPERATOR

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
OLD, NEW = "+32470000011", "+32470000099"


@pytest.fixture
def world():
    return ready_world()


@pytest.fixture
def released(world):
    import_lines(world, line(), line("2", "Jonas", "Test-Maes", "+32470000012", "jonas@example.org"))
    return release(world)


def answered(world, number, centre=None, now=LATER):
    (decision,) = precall.decide(centre=centre or world.centre, campaign="", numbers=[number], now=now)
    return "allow" if decision.allowed else decision.reason


def reference(made, row=2):
    return ReleaseRow.objects.get(release=made, record__row=row).reference


def answer_all(world):
    given = {"actor": partner_actor(world.centre), "partner": world.centre, "now": LATER}
    cursor = feed_actions.hand_out(after=0, **given).cursor
    feed_actions.acknowledge(cursor=cursor, **given)


def held(world):
    """Centres that still hold what was corrected."""
    return {
        centre["centre"]
        for state in correction_states()
        for centre in state["centres"]
        if centre["acknowledged_at"] is None
    }


def watch(now):
    feed_actions.raise_overdue(actor=OPERATOR, now=now)


def told(world, centre=None, *, after=0, now=LATER):
    """What the centre is told, and per row and column the value that it may hold."""
    centre = centre or world.centre
    page = feed_actions.hand_out(actor=partner_actor(centre), partner=centre, after=after, now=now)
    return page.entries, {(each.reference, each.field): each.value for each in page.values}


def test_a_corrected_file_gives_the_centre_the_right_name(world, released):
    import_lines(world, line(last="Test-Janssens"))
    (entry,), values = told(world)
    assert (entry["kind"], entry["fields"]) == ("correction", ["last_name"])
    assert entry["references"] == [reference(released)]
    assert values == {(reference(released), "last_name"): "Test-Janssens"}
    assert answered(world, OLD) == "allow"


def test_a_wrong_number_is_dialled_no_more_and_the_new_one_only_after_a_screening(world, released):
    correct(person_of(world), "phone", NEW)
    assert (answered(world, OLD), answered(world, NEW)) == ("denied", "not_on_your_list")
    (entry,), values = told(world)
    assert (entry["kind"], entry["fields"], values) == ("correction", ["number"], {})
    answer_all(world)
    release(world, now=LATER)
    assert (answered(world, OLD), answered(world, NEW)) == ("denied", "allow")


def test_our_own_staff_are_told_why_it_is_not_called(world, released):
    correct(person_of(world), "phone", NEW)
    found = checking.check(actor=OPERATOR, number=OLD, campaign=world.campaign, now=LATER)
    assert "number_corrected" in {finding.code for finding in found.findings}
    assert not found.allowed


def test_the_other_rows_of_the_list_stay_as_they_are(world, released):
    correct(person_of(world), "phone", NEW)
    assert answered(world, "+32470000012") == "allow"
    (entry,), _ = told(world)
    assert entry["references"] == [reference(released)]


def test_a_field_that_was_not_released_is_told_to_nobody(world, released):
    correct(person_of(world), "email", "mila.test@example.org")
    assert told(world) == ([], {})


def test_two_corrections_before_the_first_acknowledgement_both_give_the_newest_value(world, released):
    person = person_of(world)
    correct(person, "last_name", "Test-Janssens")
    correct(person, "last_name", "Test-Claes")
    entries, values = told(world)
    assert [entry["fields"] for entry in entries] == [["last_name"]] * 2
    assert set(values.values()) == {"Test-Claes"}


def test_a_value_that_was_corrected_back_is_told_again(world, released):
    person = person_of(world)
    correct(person, "last_name", "Test-Janssens")
    told(world)
    answer_all(world)
    correct(person, "last_name", "Test-Peeters")
    _, values = told(world, after=1)
    assert list(values.values()) == ["Test-Peeters"]
    assert held(world) == {"CC-A"}


def test_a_number_that_was_corrected_back_is_dialled_again(world, released):
    person = person_of(world)
    correct(person, "phone", NEW)
    correct(person, "phone", OLD)
    assert answered(world, OLD) == "allow"


@pytest.mark.parametrize("stop", ["restricted", "objection", "expired", "recalled", "erased"])
def test_who_may_not_hold_the_value_any_more_is_told_to_delete_it(world, released, stop):
    person = person_of(world)
    correct(person, "last_name", "Test-Janssens")
    now = LATER
    if stop == "restricted":
        Person.objects.filter(pk=person.pk).update(restricted_at=LATER)
    elif stop == "objection":
        object_to(world, person)
    elif stop == "recalled":
        release_actions.recall(actor=OPERATOR, release=released, now=LATER)
    elif stop == "erased":
        Person.objects.filter(pk=person.pk).update(erased_at=LATER)
    else:
        now = released.expires_at + DAY
    entries, values = told(world, now=now)
    assert (entries[0]["kind"], entries[0]["fields"], values) == ("correction", ["last_name"], {})


def test_a_list_of_former_times_is_told_of_every_field_and_never_of_a_value(world):
    import_lines(world, line())
    file = ListFile(name="old.csv", data=f"reference,tel\nOLD-1,{OLD}\n".encode())
    hand_out_actions.record_hand_out(
        actor=OPERATOR, campaign=world.campaign, centre=world.centre, file=file, country="BE",
        on=NOW.date() - DAY * 300, now=NOW,
    )  # fmt: skip
    correct(person_of(world), "email", "mila.test@example.org")
    (entry,), values = told(world)
    assert (entry["references"], entry["fields"], values) == (["OLD-1"], ["email"], {})


def test_a_list_that_was_taken_back_for_good_is_told_of_nothing_more(world, released):
    release_actions.recall(actor=OPERATOR, release=released, now=LATER)
    told(world)
    answer_all(world)
    correct(person_of(world), "last_name", "Test-Janssens")
    assert FeedEntry.objects.filter(kind="correction").count() == 0


def test_no_value_stands_in_the_feed_or_in_the_ledger(world, released):
    correct(person_of(world), "last_name", "Test-Janssens")
    told(world)
    answer_all(world)
    rows = [*FeedEntry.objects.values(), *CorrectedRow.objects.values(), *Obligation.objects.values()]
    rows += [*Step.objects.values(), *records_of(list(Event.objects.all()))]
    assert "register.corrected" in Event.objects.values_list("kind", flat=True)
    assert "Janssens" not in str(rows)


def test_an_acknowledgement_closes_the_step_and_a_replayed_one_changes_nothing(world, released):
    act = correct(person_of(world), "last_name", "Test-Janssens").act
    assert held(world) == {"CC-A"}
    told(world)
    answer_all(world)
    (state,) = correction_states()
    assert (state["correction"], state["must_be_told"], state["acknowledged"]) == (str(act), 1, 1)
    before = list(FeedEntry.objects.values())
    answer_all(world)
    assert (list(FeedEntry.objects.values()), held(world)) == (before, set())


def test_a_centre_that_does_not_answer_is_alarmed_about_and_then_gets_nothing(world, released):
    correct(person_of(world), "last_name", "Test-Janssens")
    patience = windows(LATER.date())
    watch(LATER + patience.alarm_after)
    assert not Alarm.objects.filter(kind="feed_overdue").exists(), "objections are more urgent"
    watch(LATER + patience.correction_alarm_after)
    assert Alarm.objects.get(kind="feed_overdue").facts["hours"] == 24
    assert answered(world, OLD, now=LATER + patience.correction_stop_after - DAY / 24) == "allow"
    stopped = LATER + patience.correction_stop_after
    assert answered(world, OLD, now=stopped) == "denied"
    facts = party_facts(world.centre, stopped.date(), now=stopped)
    assert facts.corrections_overdue and not facts.feed_overdue, "no objection is late"


def test_a_correction_while_the_file_is_made_does_not_go_out_as_it_was(world, monkeypatch):
    import_lines(world, line())
    opened = release_actions.open_rows

    def and_then_corrected(**given):
        found = opened(**given)
        correct(person_of(world), "last_name", "Test-Janssens")
        return found

    dial_list = screen(world)
    monkeypatch.setattr(release_actions, "open_rows", and_then_corrected)
    out = io.BytesIO()
    with pytest.raises(Refused, match="corrected while"):
        release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=out)
    assert (out.getvalue(), ReleaseRow.objects.count()) == (b"", 0)


def test_the_api_hands_out_what_the_hash_is_of(world, released, client):
    correct(person_of(world), "last_name", "Test-Janssens")
    object_to(world, person_of(world))
    page = Centre(client, world.centre).page()
    assert hash_of(page["entries"]) == page["sha256"]
    assert ["fields" in entry for entry in page["entries"]] == [True, False]
    assert page["values"] == []


def test_files_say_what_is_right_and_what_to_delete(world, released):
    person = person_of(world)
    correct(person, "last_name", "Test-Janssens")
    files = feed_files.written(actor=partner_actor(world.centre), partner=world.centre, now=LATER)
    mark = reference(released)
    assert (
        files["values-1-1.csv"].decode("utf-8-sig")
        == f"cursor,reference,field,value\r\n1,{mark},last_name,Test-Janssens\r\n"
    )
    assert {each["name"] for each in json.loads(files["manifest.json"])["files"]} == {
        "feed-1-1.csv", "values-1-1.csv", "checkpoint",
    }  # fmt: skip
    correct(person, "phone", NEW)
    files = feed_files.written(actor=partner_actor(world.centre), partner=world.centre, now=LATER)
    lines = files["values-1-2.csv"].decode("utf-8-sig").split()
    assert lines[1:] == [f"1,{mark},last_name,", f"2,{mark},number,"], (
        "the row is dead: nothing of it is given"
    )
    sha256 = hashlib.sha256(files["feed-1-2.csv"]).hexdigest()
    word = json.dumps({"file": "feed-1-2.csv", "sha256": sha256}).encode()
    feed_files.read_acknowledgement(
        actor=partner_actor(world.centre), partner=world.centre, name="ack-2.json", data=word, now=LATER
    )
    assert held(world) == set()


def test_another_centres_rows_are_never_told(world, released):
    correct(person_of(world), "last_name", "Test-Janssens")
    assert told(world, world.other_centre) == ([], {})


def page_of(world, profile="team_lead", **query):
    client = Client()
    client.force_login(world.employee(profile))
    return client.get(reverse("dialling:corrections"), query).content.decode()


def test_the_page_says_who_still_holds_what_was_wrong(world, released):
    assert "Nobody holds a value that was corrected" in page_of(world)
    correct(person_of(world), "last_name", "Test-Janssens")
    import_lines(world, line("2", "Jonas", "Test-Wouters", "+32470000012", "jonas@example.org"))
    page = page_of(world)
    assert page.count("still holds the old value") == 2
    assert "The person" in page and "Web shop" in page
    assert "Janssens" not in page and "Wouters" not in page
    assert "&lt;" not in page, "nothing is shown as its own markup"
    answer_all(world)
    assert "still holds the old value" not in page_of(world)
    assert page_of(world, show="all").count("acknowledged") >= 2


def status(*options, monkeypatch):
    monkeypatch.setattr(founding, "require_founded", lambda: None)
    return CliRunner().invoke(corrections_group, ["status", *options], standalone_mode=False).output


def test_the_command_says_the_same(world, released, monkeypatch):
    correct(person_of(world), "last_name", "Test-Janssens")
    (state,) = json.loads(status("--json", monkeypatch=monkeypatch))["corrections"]
    counts = [state[name] for name in ("must_be_told", "told", "acknowledged")]
    assert (state["fields"], counts) == (["last_name"], [1, 0, 0])
    assert state["centres"][0]["centre"] == "CC-A"
    assert "CC-A: 1 rows, still holds the old value" in status(monkeypatch=monkeypatch)
    told(world)
    answer_all(world)
    assert status("--open", monkeypatch=monkeypatch) == ""


def test_the_walls_keep_anothers_corrections_apart(world, released):
    correct(person_of(world), "last_name", "Test-Janssens")
    entries = list(FeedEntry.objects.all())
    assert right_values(world.centre, entries, LATER)
    assert right_values(world.other_centre, entries, LATER) == []
