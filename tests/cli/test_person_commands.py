"""`duecause person provenance`: where each datum came from and what became of it, and never a value."""

import json

import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.register.hold_actions import Terms, begin_hold
from duecause.cli import group
from duecause.cli.errors import guarded
from duecause.engine.ids import uuid7
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NUMBER = "+32470000011"
VALUES = ("Mila", "Peeters", "9000", "470000011")


@pytest.fixture
def mila():
    person = make_world().person(postcode="9000")
    begin_hold(actor=OPERATOR, person=person.pk, terms=Terms("legal_claim"), now=NOW)
    return person


@pytest.fixture
def provenance(capsys):
    """Exit code, output and messages."""

    def call(*arguments: str) -> tuple[int, str, str]:
        words = ["person", "provenance", *arguments]
        code = guarded(lambda: group.main(words, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_each_datum_has_its_source_its_basis_and_what_happened(mila, provenance):
    code, out, _ = provenance(str(mila.pk))
    assert code == 0
    assert "postcode  (" in out and "from Web shop" in out and "rests on consent" in out
    assert "Under a legal hold: not to be erased." in out
    assert "(planned)" not in out  # nothing goes while it is held
    assert not [value for value in VALUES if value in out]


def test_a_number_finds_the_same_person(mila, provenance):
    by_id, by_number = provenance(str(mila.pk)), provenance("--number", NUMBER)
    assert by_number == by_id


def test_programs_get_json_with_the_fields_of_each_event_and_no_value(mila, provenance):
    _, out, _ = provenance(str(mila.pk), "--json")
    told = json.loads(out)
    assert told["person"] == str(mila.pk)
    assert {datum["field"] for datum in told["data"]} == {"first_name", "last_name", "phone", "postcode"}
    held = next(one for one in told["happened"] if one["kind"] == "hold_begun")
    assert held["fields"] is None and held["at"] == NOW.isoformat()
    assert not [value for value in VALUES if value in out]


def test_a_file_takes_the_answer_and_nothing_is_printed(mila, provenance, tmp_path):
    path = tmp_path / "mila.json"
    assert provenance(str(mila.pk), "--json", "--out", str(path)) == (0, "", "")
    assert json.loads(path.read_text())["data"]


def test_asking_is_an_event_that_names_the_person(mila, provenance):
    provenance(str(mila.pk))
    event = Event.objects.get(kind="register.provenance_told")
    assert event.person == mila.pk


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give the id of a person or --number"),
        (("not-an-id",), "There is no person with this id"),
        ((str(uuid7()),), "There is no person with this id"),
        (("--number", "0470"), "Write it like +32470000011"),
        (("--number", "+32470000099"), "Nobody in the register has this number"),
    ],
)
def test_nobody_is_named_wrongly_in_silence(mila, provenance, arguments, words):
    code, out, said = provenance(*arguments)
    assert code == 2 and words in said and out == ""
    assert not Event.objects.filter(kind="register.provenance_told").exists()
