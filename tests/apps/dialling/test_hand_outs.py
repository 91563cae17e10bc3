"""Lists that centres got before Duecause are known row by row; what happens to a row reaches the centre."""

import csv
from datetime import date

import pytest
from click.testing import CliRunner

from duecause.apps.dialling import feed_queries, hand_out_actions, precall, release_actions
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import FeedEntry, Release, ReleaseRow
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import GuardToken
from duecause.apps.rights import stores
from duecause.apps.vault import indexes
from duecause.cli.releases import releases_group
from duecause.engine.problems import Refused
from tests.apps.dialling.feeds import JONAS, LATER, MILA, Centre, object_to
from tests.apps.dialling.lists import DAY, imported
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
STRANGER = 32470000099
LONG_AGO = date(2025, 3, 4)
FILE = f"reference,phone\nA-1,+{MILA}\nA-2,+{STRANGER}\n"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def mila(world):
    return imported(world, MILA)


@pytest.fixture
def centre(world, client):
    return Centre(client, world.centre)


def record(world, text=FILE, *, centre=None, on=LONG_AGO, now=NOW):
    return hand_out_actions.record_hand_out(
        actor=OPERATOR,
        campaign=world.campaign,
        centre=centre or world.centre,
        file=ListFile(text.encode(), "old.csv"),
        country="BE",
        on=on,
        now=now,
    )


def outcomes(done):
    return [(row.outcome, row.reference) for row in done.rows]


def told(page):
    return [(entry["kind"], entry["references"]) for entry in page["entries"]]


def test_each_row_says_whether_the_register_knows_the_number(world, mila):
    done = record(world)
    assert outcomes(done) == [("known", "A-1"), ("unknown", "A-2")]
    rows = ReleaseRow.objects.filter(release=done.release).order_by("reference")
    assert [row.person for row in rows] == [mila, None]
    event = Event.objects.get(kind="dialling.hand_out_recorded")
    assert event.uid == Release.objects.get(pk=done.release.pk).event, "one event for the whole batch"


def test_nothing_on_it_may_be_called_not_even_on_the_day_itself(world, mila):
    record(world, on=NOW.date())
    asked = precall.decide(centre=world.centre, campaign="", numbers=[f"+{MILA}"], now=NOW)
    assert asked[0].reason == "expired"


def test_a_later_objection_reaches_the_centre_by_its_own_name_for_the_row(world, mila, centre):
    record(world)
    object_to(world, mila)
    assert told(centre.page()) == [("objection", ["A-1"])]
    state = feed_queries.objection_states()[0]
    assert (state["must_be_told"], state["sent"], state["acknowledged"]) == (1, 1, 0)


def test_an_objection_that_runs_already_is_told_at_once(world, mila, centre):
    object_to(world, mila)
    assert record(world, now=LATER).objections == 1
    assert told(centre.page()) == [("objection", ["A-1"])]


def test_the_same_file_again_changes_nothing(world, mila):
    object_to(world, mila)
    first = record(world, now=LATER)
    again = record(world, now=LATER + DAY)
    assert again.repeated and again.release == first.release
    assert (Release.objects.count(), ReleaseRow.objects.count(), FeedEntry.objects.count()) == (1, 2, 1)


def test_a_recall_names_the_rows_because_the_file_has_no_mark_of_ours(world, mila, centre):
    made = record(world).release
    release_actions.recall(actor=OPERATOR, release=made, now=LATER)
    assert told(centre.page()) == [("recall", ["A-1", "A-2"])]


def test_two_people_with_one_number_keep_a_row_each(world, mila, centre):
    done = record(world, f"reference,phone\nA-1,+{MILA}\nA-2,+{MILA}\n")
    assert ReleaseRow.objects.filter(release=done.release).count() == 2
    object_to(world, mila)
    assert told(centre.page()) == [("objection", ["A-1", "A-2"])]


def test_rows_without_a_name_get_one(world, mila, centre):
    done = record(world, f"phone\n+{MILA}\n+{MILA}\n")
    assert [row.outcome for row in done.rows] == ["known", "known"]
    object_to(world, mila)
    assert told(centre.page()) == [("objection", [done.rows[0].reference])]


def test_whoever_was_erased_is_not_taken_down_again_and_the_centre_must_erase_too(world, centre):
    GuardToken.objects.create(
        kind="phone",
        token=indexes.guard_token("phone", str(STRANGER)),
        key_id=indexes.guard_key_id(),
        made_at=NOW,
        delete_after=NOW + 1000 * DAY,
    )
    done = record(world)
    assert ("erased", "A-2") in outcomes(done)
    assert not ReleaseRow.objects.filter(token=indexes.dial_token(STRANGER)).exists()
    assert told(centre.page()) == [("erasure", ["A-2"])]


def test_an_erasure_finds_a_number_that_became_known_later(world):
    record(world)
    person = imported(world, STRANGER)
    assert [row.reference for row in stores.release_rows(person.pk)] == ["A-2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"reference,phone\nA-1,+{MILA}\nA-1,+{JONAS}\n", "names another row"),
        (f"reference,phone\n,+{MILA}\n", "1 to 64 characters"),
        (f"reference,phone\nA 1,+{MILA}\n", "without spaces"),
        ("reference,phone\nA-1,none\n", "no telephone number"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_and_holds_up_no_other(world, mila, text, says):
    done = record(world, text + f"A-9,+{STRANGER}\n")
    assert says in next(row.problem for row in done.rows if row.problem).text
    assert ("unknown", "A-9") in outcomes(done)
    with pytest.raises(Refused, match="no row that can be taken"):
        record(world, text)


def test_a_name_that_means_another_row_of_the_centre_is_refused_and_another_centres_is_not(world, mila):
    record(world)
    other = f"reference,phone\nA-1,+{JONAS}\nA-3,+{JONAS + 1}\n"
    assert [row.outcome for row in record(world, other).rows] == ["refused", "unknown"]
    there = record(world, other, centre=world.other_centre)
    assert [row.outcome for row in there.rows] == ["unknown", "unknown"]


def test_a_day_to_come_is_refused(world):
    with pytest.raises(Refused) as refused:
        record(world, on=date(2027, 1, 1))
    assert refused.value.code == "hand_out_in_future" and not Release.objects.exists()


def test_the_command_writes_what_each_row_became(world, mila, tmp_path, monkeypatch):
    monkeypatch.setattr("duecause.organisation.founding.require_founded", lambda: None)
    file, report = tmp_path / "old.csv", tmp_path / "report.csv"
    file.write_text(FILE + "A-3,nothing\n")
    options = ["--centre", "CC-A", "--campaign", "PUMP-BE", "--released-on", "2025-03-04"]
    given = ["import", str(file), *options, "--report", str(report)]
    done = CliRunner().invoke(releases_group, given, standalone_mode=False)
    assert done.return_value == 2 and "known: 1" in done.output and "Row 4" in done.output
    rows = list(csv.DictReader(report.open(encoding="utf-8")))
    assert [(row["outcome"], row["reference"]) for row in rows] == [
        ("known", "A-1"), ("unknown", "A-2"), ("refused", "A-3"),
    ]  # fmt: skip
    assert f"+{MILA}" not in report.read_text()
    again = CliRunner().invoke(releases_group, given, standalone_mode=False)
    assert again.return_value == 0 and "Nothing was changed" in again.output
