"""`duecause import` and `duecause links` as somebody types them."""

import csv
import json

import pytest

from duecause.apps.register.models import Record, RecordLink
from duecause.cli import group
from duecause.cli.errors import guarded
from tests.apps.register.lists import customers, declare_fields
from tests.support.world import make_world

LIST = (
    "voornaam;achternaam;geboortedatum;telefoon;email;schoenmaat\n"
    "Mila;Peeters;1980-05-17;0470000021;mila@example.org;38\n"
    "Tom;Bos;;475123456.0;;42\n"
    "=1+1;Janssens;;0470000022 / 0470000023;els@example.org;41\n"
)


@pytest.fixture
def duecause(db, capsys):
    """Run a command in this process; gives exit code, output and messages."""
    make_world()
    declare_fields()

    def call(*arguments: object) -> tuple[int, str, str]:
        given = [str(argument) for argument in arguments]
        code = guarded(lambda: group.main(given, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def source(duecause):
    from duecause.apps.parties.models import Controller
    from tests.support.world import World

    controller = Controller.objects.get(code="WARM")
    world = World(controller, None, None, None, None, None, None)  # type: ignore[arg-type]
    return customers(world, "CUST")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    return path


def test_a_list_is_imported_and_counted(duecause, source, file):
    code, out, _ = duecause("import", file, "--source", "CUST")
    assert code == 0
    assert "stored: 2" in out and "refused: 1" in out and "phone_decimal: 1" in out
    assert "Column not stored: schoenmaat (header_unknown)" in out
    assert Record.objects.count() == 2


def test_the_report_says_per_row_what_happened_and_how_to_mend_it(duecause, source, file, tmp_path):
    report = tmp_path / "report.json"
    duecause("import", file, "--source", "CUST", "--report", report)
    written = json.loads(report.read_text())
    assert written["source"] == "CUST" and len(written["sha256"]) == 64
    assert written["counts"] == {"stored": 2, "refused": 1}
    assert written["refused_columns"] == [{"sheet": "", "column": "schoenmaat", "reason": "header_unknown"}]
    tom = next(row for row in written["rows"] if row["row"] == 3)
    assert tom["outcome"] == "refused"
    assert tom["problems"][0]["message"] == (
        "Row 3, column telefoon: 999999999.9 looks like a number that a spreadsheet turned into a decimal. "
        "Export the column as text."
    )
    assert "mila@example.org" not in report.read_text()


def test_a_dry_run_shows_what_would_come_and_stores_nothing(duecause, source, file, tmp_path):
    out = tmp_path / "preview.csv"
    code, said, _ = duecause("import", file, "--source", "CUST", "--dry-run", "--out", out)
    assert code == 0 and "nothing was stored" in said and not Record.objects.exists()
    with out.open(newline="", encoding="utf-8") as text:
        rows = list(csv.reader(text))
    assert rows == [
        ["file", "sheet", "row", "numbers", "e-mail", "problems"],
        ["list.csv", "", "2", "+32470000021", "mila@example.org", ""],
        ["list.csv", "", "3", "", "", "phone_decimal no_identifier"],
        ["list.csv", "", "4", "+32470000022 +32470000023", "els@example.org", "phone_two_numbers"],
    ]


def test_the_same_file_again_says_that_nothing_changed(duecause, source, file):
    duecause("import", file, "--source", "CUST")
    code, out, _ = duecause("import", file, "--source", "CUST")
    assert code == 0 and "Nothing was changed" in out


def test_columns_and_country_are_taken_from_the_command_line(duecause, source, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("contact;nr\nmila@example.org;0612345678\n")
    code, _, _ = duecause(
        "import", path, "--source", "CUST", "--map", "contact=email", "--map", "nr=phone", "--country", "NL"
    )
    assert code == 0 and Record.objects.get().fields == ["email", "phone"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--source", "NOWHERE"), "There is no source “NOWHERE”"),
        (("--source", "CUST", "--map", "email"), "COLUMN=FIELD"),
        (("--source", "CUST", "--map", "nowhere=email"), "There is no column nowhere"),
        (("--source", "CUST", "--country", "ZZ"), "ZZ is no country"),
        (("--source", "CUST", "--out", "x.csv"), "--out belongs to --dry-run"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_stored(duecause, source, file, arguments, words):
    code, _, said = duecause("import", file, *arguments)
    assert code == 2 and words in said and not Record.objects.exists()


def test_a_file_that_is_not_there_is_said(duecause, source, tmp_path):
    code, _, said = duecause("import", tmp_path / "gone.csv", "--source", "CUST")
    assert code == 2 and "cannot be read" in said


def test_suggestions_are_listed_decided_and_split(duecause, source, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "voornaam;achternaam;telefoon;email\n"
        "Mila;Peeters;0470000021;a@example.org\n"
        "M.;Peeters;0470000021;b@example.org\n"
    )
    duecause("import", path, "--source", "CUST")
    number = RecordLink.objects.get().pk
    assert "initial_only" in duecause("links", "list")[1]
    assert duecause("links", "decide", number, "--same")[1] == "Linked.\n"
    assert duecause("links", "split", number)[1] == "Separated.\n"
    assert RecordLink.objects.get().state == "ended"
    assert duecause("links", "split", 999_999)[0] == 2
