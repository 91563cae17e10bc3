"""`duecause match score` on a file from outside: links, accuracy, and what it says of bad files."""

import csv
import io

import pytest

from duecause.cli import group
from duecause.cli.errors import guarded

LIST = (
    "id,who,first_name,last_name,birth_date,phone,email,shoe\n"
    "a,1,Mila,Peeters,1980-05-17,+32 470 00 00 21,,38\n"
    "b,1,MILA,Peeters,1980-05-17,0470000021,mila@example.org,38\n"
    "c,1,Mila,Peters,1980-05-17,,Mila@example.org,38\n"
    "d,2,Tom,Peeters,2004-02-01,0470000021,,42\n"
    "e,1,M.,Peeters,,0470000021,,38\n"
)


@pytest.fixture
def score(tmp_path, capsys):
    def call(text: str, *options: str) -> tuple[int, str, str]:
        file = tmp_path / "list.csv"
        file.write_text(text)
        given = ["match", "score", str(file), *options]
        code = guarded(lambda: group.main(given, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_every_pair_of_one_person_is_written_with_its_reason(score):
    code, out, said = score(LIST, "--id", "id")
    rows = {(row["a"], row["b"]): row for row in csv.DictReader(io.StringIO(out.lstrip("\ufeff")))}
    assert code == 0 and "5 records, 3 pairs joined" in said
    assert rows["a", "b"]["decision"] == "link" and rows["a", "b"]["rule"] == "name_birth_date"
    assert "same_phone" in rows["a", "b"]["evidence"]
    assert rows["a", "c"]["decision"] == "same_person", "joined through b"
    assert rows["a", "e"]["decision"] == "suggest"
    assert not [pair for pair in rows if "d" in pair], "another first name on one phone is a household"


def test_against_a_truth_column_precision_and_recall_are_told(score):
    _, _, said = score(LIST, "--truth", "who")
    assert "precision 1.00000" in said and "recall 0.50000" in said
    assert "6 true pairs, 3 found, 0 false" in said


def test_links_go_to_a_file_on_request(score, tmp_path):
    code, out, _ = score(LIST, "--out", str(tmp_path / "links.csv"))
    assert code == 0 and out == "" and "name_birth_date" in (tmp_path / "links.csv").read_text()


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("name,tel\nMila,1\n", (), "none of the columns that matching reads"),
        (
            LIST.replace("1980-05-17", "17/05/1980"),
            (),
            "Row 2, column birth_date: write the date as 1980-05-17",
        ),
        (LIST, ("--truth", "human"), "no column “human”. It has: id, who"),
        ("", (), "empty"),
    ],
)
def test_a_bad_file_is_refused_with_what_and_where(score, text, options, told):
    code, out, said = score(text, *options)
    assert code == 2 and out == "" and told in said
