"""The same on the command line: what is printed, which files appear, how it ends."""

import csv
import json
import re
import stat
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from duecause.apps.dialling.models import DialList, Release
from duecause.apps.parties.models import Contract
from duecause.cli import consent as consent_commands
from duecause.cli import dialling as commands
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012
SCREEN = ("--campaign", "PUMP-BE", "--centre", "CC-A", "--source", "WEB")


@pytest.fixture
def today():
    return local_day(datetime.now(UTC), "BE")


@pytest.fixture
def world(tmp_path, today):
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    consent_commands.NationalRegister.objects.create(code="BE-DNCM", country="BE", name="DNCM")
    file = tmp_path / "dncm.txt"
    file.write_text("0470000012;2015-07-11\n")
    run(consent_commands.registers_group, "load", "BE-DNCM", file, "--version", today - DAY)
    imported(world, MILA)
    imported(world, JONAS)
    return world


def run(command, *arguments):
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


def test_the_report_names_its_list_and_the_help_every_key_of_it(world, tmp_path):
    run(commands.screen, *SCREEN, "--report", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["list"] == str(DialList.objects.get().pk)
    told = run(commands.screen, "--help").output
    assert {key for key in report if not re.search(rf"\b{key}\b", told)} == set()


def test_a_screening_prints_its_waterfall_and_writes_verdicts_and_report(world, tmp_path):
    done = run(commands.screen, *SCREEN, "--out", tmp_path / "v.csv", "--report", tmp_path / "r.json")
    assert done.return_value == 0
    assert re.search(r"Candidates +2\n", done.output)
    assert re.search(r"In BE-DNCM +-1 +1  register_be_dncm\n", done.output)
    assert re.search(r"Released +1\n", done.output)
    rows = list(csv.DictReader((tmp_path / "v.csv").open()))
    assert [(r["number"], r["verdict"], r["reasons"]) for r in rows] == [
        (f"+{MILA}", "release", ""), ("", "hold", "register_be_dncm"),
    ]  # fmt: skip
    assert json.loads((tmp_path / "r.json").read_text())["released"] == 1
    assert stat.S_IMODE((tmp_path / "v.csv").stat().st_mode) == 0o600


def test_a_screening_that_releases_nobody_ends_with_four(world, tmp_path):
    Contract.objects.all().delete()
    done = run(commands.screen, *SCREEN)
    assert done.return_value == commands.NOBODY == 4
    assert "Centre blocked: Centre A has no processor contract" in done.output


def test_a_release_writes_the_file_and_its_certificate(world, tmp_path):
    run(commands.screen, *SCREEN)
    done = run(
        commands.release, "PUMP-BE@CC-A", "--out", tmp_path / "a.csv", "--certificate", tmp_path / "c.json"
    )
    assert "Released 1 rows to Centre A" in done.output
    assert f"+{MILA}" in (tmp_path / "a.csv").read_text()
    assert json.loads((tmp_path / "c.json").read_text())["watermark"] == Release.objects.get().watermark
    assert str(MILA) not in done.output
    assert "Recalled 1 rows" in run(commands.recall, "PUMP-BE@CC-A").output


def test_a_file_that_cannot_be_written_is_told_before_anything_is_released(world, tmp_path):
    run(commands.screen, *SCREEN)
    with pytest.raises(Refused):
        run(commands.release, "PUMP-BE@CC-A", "--out", tmp_path / "nowhere" / "a.csv")
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [
        (commands.screen, ("--campaign", "NOPE", "--centre", "CC-A", "--source", "WEB"), "unknown_campaign"),
        (commands.screen, ("--campaign", "PUMP-BE", "--centre", "NOPE", "--source", "WEB"), "unknown_centre"),
        (
            commands.screen,
            ("--campaign", "PUMP-BE", "--centre", "CC-A", "--source", "NOPE"),
            "unknown_source",
        ),
        (commands.release, ("nope", "--out", "x"), "unknown_list"),
        (commands.recall, ("nope",), "unknown_release"),
        (
            consent_commands.registers_group,
            ("load", "NOPE", "x", "--version", "2026-11-01"),
            "unknown_register",
        ),
    ],
)
def test_an_unknown_code_is_refused_by_name(world, command, arguments, code):
    with pytest.raises(Refused) as refused:
        run(command, *arguments)
    assert refused.value.code == code


def test_the_check_says_all_reasons_and_ends_with_four_when_nobody_may_call(world, tmp_path):
    run(commands.screen, *SCREEN)
    run(commands.release, "PUMP-BE@CC-A", "--out", tmp_path / "a.csv")
    allowed = run(commands.check, f"+{MILA}", "--campaign", "PUMP-BE")
    assert (allowed.return_value, "CC-A: allow" in allowed.output) == (0, True)
    objections = tmp_path / "objections.csv"
    objections.write_text(f"phone;objected_on;scope\n+{MILA};2026-10-01;all\n")
    done = run(
        consent_commands.objections_group, "import", objections, "--controller", "WARM",
        "--report", tmp_path / "o.json",
    )  # fmt: skip
    assert "recorded: 1" in done.output
    assert json.loads((tmp_path / "o.json").read_text())["rows"][0]["outcome"] == "recorded"
    denied = run(commands.check, f"+{MILA}", "--campaign", "PUMP-BE")
    assert denied.return_value == 4
    assert "CC-A: deny (denied)" in denied.output
    assert "the person objected" in denied.output
