import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest

from tools.demo_lists import PACK, ROOT, TRUTH

OUTCOMES = {"accepted", "quarantined", "without_number", "refused"}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".csv", ".tsv", ".xlsx", ".txt")
    }


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(TRUTH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(truth) -> list[list]:
    return [
        row for demo in truth["lists"].values() for sheet in demo["sheets"].values() for row in sheet["rows"]
    ]


def test_the_generator_writes_the_committed_files_byte_for_byte(tmp_path):
    into, again = tmp_path / "pack", tmp_path / "truth.json"
    command = [sys.executable, "-m", "tools.demo_lists", "--into", str(into), "--truth", str(again)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert digests(into) == digests(PACK)
    assert again.read_bytes() == TRUTH.read_bytes()


def test_every_expected_number_is_valid_and_every_outcome_known(rows):
    numbers = {number for row in rows for number in row[3]}
    assert len(numbers) > 5000
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)
    assert {row[2] for row in rows} == OUTCOMES


def test_mail_addresses_belong_to_the_reserved_domains(rows):
    hosts = {row[4].partition("@")[2] for row in rows if row[4]}
    assert hosts == {"example.com", "example.net", "example.org"}


def test_the_truth_has_one_entry_for_each_record_of_each_text_file(truth):
    for name, demo in truth["lists"].items():
        if name.endswith(".xlsx"):
            continue
        text = (PACK / "lists" / name).read_bytes().decode(demo["encoding"])
        records = list(csv.reader(text.splitlines(keepends=True), delimiter=demo["delimiter"]))
        (sheet,) = demo["sheets"].values()
        assert list(sheet["columns"]) == records[0]
        assert [row[0] for row in sheet["rows"]] == list(range(2, len(records) + 1))


def test_the_same_human_stands_in_several_lists_and_households_share_numbers(truth):
    lists_of: dict[str, set[str]] = {}
    people_of: dict[str, set[str]] = {}
    for demo in truth["lists"].values():
        for sheet in demo["sheets"].values():
            for _, person, _, numbers, _, _ in sheet["rows"]:
                lists_of.setdefault(person, set()).add(demo["source"])
                for number in numbers:
                    people_of.setdefault(number, set()).add(person)
    assert sum(len(sources) > 1 for sources in lists_of.values()) > 1000
    assert sum(len(people) > 1 for people in people_of.values()) > 300


def test_demo_data_stays_small():
    size = sum(path.stat().st_size for path in PACK.rglob("*") if path.is_file()) + TRUTH.stat().st_size
    assert size < 3_000_000
