"""A company with a history starts with the counts it has: lists of before, and the calls that were made to
them."""

import csv
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from duecause.apps.consent.models import Suppression
from duecause.apps.dialling import hand_out_actions
from duecause.apps.dialling.attempt_history import record_history
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import Attempt
from duecause.apps.ledger.models import Event
from duecause.cli.attempts import attempts_group
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import DAY, french_world, imported, reasons, screen
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LEA, NOE = 33612345678, 33612345679
LONG_AGO = (NOW - 20 * DAY).date()


@pytest.fixture
def world():
    return french_world()


@pytest.fixture
def lea(world):
    return imported(world, LEA, country="FR")


def handed_out(world, centre, rows):
    text = "reference,phone\n" + "".join(f"{mark},+{number}\n" for mark, number in rows)
    hand_out_actions.record_hand_out(
        actor=OPERATOR,
        campaign=world.campaign,
        centre=centre,
        file=ListFile(text.encode(), f"{centre.code}.csv"),
        country="FR",
        on=LONG_AGO,
        now=NOW,
    )


def told(world, centre, text, *, zone=None):
    return record_history(
        actor=OPERATOR,
        campaign=world.campaign,
        centre=centre,
        file=ListFile(text.encode(), "calls.csv"),
        country="FR",
        zone=zone,
        now=NOW,
    )


def calls(*lines, who="reference"):
    return f"{who},at,outcome,refusal\n" + "\n".join(lines)


def at(days):
    return (NOW - timedelta(days=days)).isoformat()


def test_calls_of_two_centres_of_before_count_together_in_the_first_screening(world, lea):
    handed_out(world, world.centre, [("A-1", LEA)])
    handed_out(world, world.other_centre, [("B-9", LEA)])
    told(world, world.centre, calls(f"A-1,{at(9)},no_answer,", f"A-1,{at(8)},busy,"))
    assert "attempts_reached" not in reasons(screen(world, now=NOW))[0]
    done = told(world, world.other_centre, calls(f"B-9,{at(7)},no_answer,", f"B-9,{at(6)},answered,"))
    assert done.counts == {"taken": 2}
    assert "attempts_reached" in reasons(screen(world, now=NOW))[0]


def test_calls_may_be_named_by_number_and_the_number_is_kept_as_token_alone(world, lea):
    handed_out(world, world.centre, [("A-1", LEA)])
    done = told(world, world.centre, calls(f"06 12 34 56 78,{at(9)},answered,yes", who="phone"))
    assert done.counts == {"taken": 1}
    assert Attempt.objects.get().row.reference == "A-1"
    quiet = Suppression.objects.get()
    assert (quiet.reason, quiet.rule) == ("refusal_quiet", "fr-quiet-after-refusal-2023")
    assert quiet.expires_at.date() == (NOW + 51 * DAY).date(), "60 days from the refusal, not from the import"
    payloads = [str(event.__dict__) for event in Event.objects.filter(kind__startswith="dialling.")]
    assert payloads and not any("612345678" in payload for payload in payloads)


def test_the_same_file_again_changes_nothing(world, lea):
    handed_out(world, world.centre, [("A-1", LEA)])
    text = calls(f"A-1,{at(9)},no_answer,", f"A-1,{at(8)},busy,yes")
    assert told(world, world.centre, text).counts == {"taken": 2}
    assert told(world, world.centre, text).counts == {"known": 2}
    assert Attempt.objects.count() == 2 and Suppression.objects.count() == 1


def test_each_row_that_cannot_be_taken_says_why_and_the_others_are(world, lea):
    handed_out(world, world.centre, [("A-1", LEA)])
    text = calls(
        f"A-1,{at(9)},no_answer,",
        f"A-7,{at(9)},no_answer,",
        f"A-1,{at(40)},no_answer,",
        f"A-1,{at(-3)},no_answer,",
        "A-1,2026-10-20 10:00,no_answer,",
        f"A-1,{at(9)},rang,",
        f",{at(9)},busy,",
    )
    done = told(world, world.centre, text)
    problems = [row.problem and (row.problem.code, row.problem.text) for row in done.rows]
    assert problems[0] is None and Attempt.objects.count() == 1
    expected = [
        ("attempt_never_given", "duecause releases import"),
        ("attempt_before_list", "clock"),
        ("report_in_future", "clock"),
        ("history_moment", "--zone"),
        ("attempt_unknown_outcome", "voicemail"),
        ("history_nobody", "Correct it"),
    ]
    for (code, text), (wanted, remedy) in zip(problems[1:], expected, strict=True):
        assert code == wanted and remedy in text


def test_moments_without_a_zone_are_read_in_the_one_that_is_named(world, lea):
    handed_out(world, world.centre, [("A-1", LEA)])
    text = calls("A-1,2026-10-20 10:00,no_answer,")
    assert told(world, world.centre, text, zone=ZoneInfo("Europe/Paris")).counts == {"taken": 1}
    assert Attempt.objects.get().at.isoformat() == "2026-10-20T08:00:00+00:00"


def test_a_number_on_another_centres_list_alone_is_refused(world, lea):
    handed_out(world, world.other_centre, [("B-9", LEA)])
    done = told(world, world.centre, calls(f"+{LEA},{at(9)},busy,", who="phone"))
    assert [row.problem.code for row in done.rows] == ["attempt_never_given"]


def test_a_file_without_its_columns_is_refused_with_those_it_needs(world):
    with pytest.raises(Refused) as refused:
        told(world, world.centre, "reference,when\nA-1,2026-10-20\n")
    assert "at and outcome" in refused.value.problem.text


def test_the_command_prints_counts_and_writes_what_each_row_became(world, lea, tmp_path):
    handed_out(world, world.centre, [("A-1", LEA)])
    file, report = tmp_path / "calls.csv", tmp_path / "report.csv"
    file.write_text(calls(f"A-1,{at(9)},no_answer,", f"A-7,{at(9)},busy,"))
    arguments = ["import", str(file), "--centre", "CC-A", "--campaign", "PUMP-BE", "--report", str(report)]
    done = CliRunner().invoke(attempts_group, arguments, standalone_mode=False)
    assert done.return_value == 2 and "taken: 1" in done.output and "Row 3" in done.output
    lines = list(csv.DictReader(report.open()))
    assert [line["outcome"] for line in lines] == ["taken", "refused"]
