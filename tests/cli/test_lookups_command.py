"""`duecause lookups score` on files from outside: alarms, summary, and what it says of bad files."""

import csv
import io
import json

import pyarrow.csv
import pyarrow.parquet
import pytest

from duecause.cli import group
from duecause.cli.errors import guarded
from tests.engine.lookups.worlds import busy, table

TABLES = ("accesses", "links", "staff")


@pytest.fixture
def score(capsys):
    def call(folder, *options):
        given = ["lookups", "score", str(folder), *options]
        code = guarded(lambda: group.main(given, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def logs(tmp_path):
    """A month in which e03 looks at a colleague three times, as CSV."""
    world = busy()
    for day in (20, 21, 22):
        world = world.looking("e03", "own05", day, 2)
    folder = tmp_path / "logs"
    folder.mkdir()
    for name in TABLES:
        pyarrow.csv.write_csv(table(getattr(world, name)), folder / f"{name}.csv")
    return folder


def rows(text):
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_alarms_are_ranked_and_say_who_whom_and_why(score, logs):
    code, out, said = score(logs)
    assert code == 0 and "367 look-ups, 91.5% explained" in said
    found = rows(out)
    assert (
        found[0]["rank"] == "1" and found[0]["employee"] == "e03" and "own05" in found[0]["people_concerned"]
    )
    assert "looks at a colleague's record without reason in 7 days; 0.0" in found[0]["reasons"]
    assert [float(row["score"]) for row in found] == sorted(
        (float(row["score"]) for row in found), reverse=True
    )


def test_parquet_and_csv_in_several_files_say_the_same(score, logs, tmp_path):
    other = tmp_path / "parquet"
    other.mkdir()
    for name in TABLES:
        whole = pyarrow.csv.read_csv(logs / f"{name}.csv")
        half = len(whole) // 2
        pyarrow.parquet.write_table(whole.slice(half), other / f"{name}-2.parquet")
        pyarrow.parquet.write_table(whole.slice(0, half), other / f"{name}-1.parquet")
    assert score(logs)[1] == score(other)[1]


def test_the_summary_is_one_json_object(score, logs, tmp_path):
    code, out, _ = score(logs, "--json", "--out", str(tmp_path / "alarms.csv"))
    said = json.loads(out)
    assert code == 0 and said["accesses"] == 367 and said["explained_share"] == 0.9155
    assert said["reasons"] == {"call_number": 336} and said["days"] == 28
    assert "vip" in said["flags_off"] and "colleague" not in said["flags_off"]
    assert rows((tmp_path / "alarms.csv").read_text())[0]["employee"] == "e03"


def test_look_ups_without_a_reason_are_listed_on_request(score, logs, tmp_path):
    score(logs, "--unexplained", str(tmp_path / "open.csv"))
    found = rows((tmp_path / "open.csv").read_text())
    assert len(found) == 31
    assert {row["customer"] for row in found if row["employee"] == "e03"} >= {"own05"}


def test_columns_that_are_not_known_are_named(score, logs):
    lines = (logs / "staff.csv").read_text().splitlines()
    (logs / "staff.csv").write_text(
        "\n".join([lines[0] + ',"shoe"', *(line + ',"38"' for line in lines[1:])])
    )
    code, _, said = score(logs)
    assert code == 0 and "staff.csv: columns that are not known and were left alone: shoe" in said


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("accesses", "employee,customer\ne1,c1\n", "accesses.csv: column at is missing"),
        ("links", "customer,kind,begin\n", "column employee or team is missing"),
        ("accesses", "employee,customer,at\ne1,c1,28/11/2026\n", "Row 2, column at: “99/99/9999” must be"),
        ("accesses", "employee,customer,at\ne1,c1,2026-11-28\n", "a date and time like 2026-11-28T14:05:00"),
        ("accesses", "employee,customer,at\n,c1,2026-11-28T10:00:00\n", "Row 2, column employee is empty"),
        (
            "links",
            "employee,customer,kind,begin\ne1,c1,seance,2026-11-28T10:00:00\n",
            "Row 2, column kind: “xxxxxx” must be one of call,",
        ),
        (
            "links",
            "employee,team,customer,kind,begin\n,,c1,call,2026-11-28T10:00:00\n",
            "Row 2: fill in employee or team",
        ),
        ("staff", "employee,resigned_on\ne1,soon\n", "column resigned_on: “xxxx” must be a date like"),
        ("accesses", "employee,customer,at\ne1,c1\n", "accesses.csv, row 2: not as many cells as the header"),
        ("staff", "employee\n\x00\xff\n", "staff.csv"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(score, logs, name, text, told):
    (logs / f"{name}.csv").write_bytes(text.encode("latin-1", "replace") if "\xff" in text else text.encode())
    code, out, said = score(logs)
    assert (code, out) == (2, "") and told in said
    assert "Traceback" not in said and "seance" not in said and "28/11" not in said


def test_a_missing_table_is_named_with_its_columns(score, logs):
    (logs / "links.csv").unlink()
    code, _, said = score(logs)
    assert code == 2 and "holds no links.csv or links.parquet" in said and "made_by" in said


def test_moments_with_an_offset_are_the_same_moment(score, logs):
    text = (logs / "accesses.csv").read_text()
    lines = text.splitlines()
    moved = [lines[0]]
    for line in lines[1:]:
        employee, customer, at = (cell.strip('"') for cell in line.split(","))
        hour = int(at[11:13])
        moved.append(f"{employee},{customer},{at[:10]}T{hour + 2:02d}{at[13:].split('.')[0]}+02:00")
    before = score(logs)[1]
    (logs / "accesses.csv").write_text("\n".join(moved))
    assert score(logs)[1] == before


def test_a_hundred_bad_cells_are_counted_and_twenty_shown(score, logs):
    bad = "".join(f"e1,c1,never{n}\n" for n in range(100))
    (logs / "accesses.csv").write_text("employee,customer,at\n" + bad)
    code, _, said = score(logs)
    assert code == 2 and "accesses: 100 cells cannot be read. Nothing was scored." in said
    assert said.count("Row ") == 20
