"""The demonstration lists come in as the truth about them says, row by row."""

import json
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from duecause.apps.parties.models import Source
from duecause.apps.register.models import ImportRow, RecordLink
from duecause.apps.register.reports import preview_row, report_of
from duecause.apps.register.trial import Upload, every_row
from duecause.organisation import applying
from tests.apps.register.lists import take
from tests.support.world import NOW, OPERATOR

TRUTH = json.loads((Path(__file__).parents[2] / "data" / "demo_truth.json").read_text(encoding="utf-8"))
DEMO = files("duecause.packs") / "demo"
LISTS = [name for name in TRUTH["lists"] if not name.startswith("corrected/")]


@pytest.fixture
def organisation(db):
    text = (DEMO / "org.yaml").read_text(encoding="utf-8")
    applying.apply(applying.read(text, file="org.yaml"), actor=OPERATOR, now=NOW)


def rows_of(name: str) -> dict[tuple[str, int], dict]:
    return {
        (sheet, row[0]): dict(zip(TRUTH["row"], row, strict=True))
        for sheet, listed in TRUTH["lists"][name]["sheets"].items()
        for row in listed["rows"]
    }


def data_of(name: str) -> bytes:
    return (DEMO / "lists").joinpath(*name.split("/")).read_bytes()


@pytest.mark.parametrize("name", LISTS)
def test_every_row_has_the_numbers_and_the_e_mail_of_the_truth(organisation, name):
    source = Source.objects.get(code=TRUTH["lists"][name]["source"])
    seen = every_row(actor=OPERATOR, upload=Upload(source, data_of(name), name), now=NOW)
    truth, wrong = rows_of(name), []
    for plan in seen.plans:
        _, sheet, row, numbers, email, codes = preview_row(plan.parsed, name)
        expected = truth[sheet, int(row)]
        if sorted(numbers.split()) != sorted(expected["numbers"]) or email != expected["email"]:
            wrong.append((sheet, row, codes, expected["traps"]))
    assert seen.row_count == len(truth) and not wrong, wrong[:10]


@pytest.mark.parametrize("name", LISTS)
def test_every_row_ends_as_the_truth_says(organisation, name):
    source = Source.objects.get(code=TRUTH["lists"][name]["source"])
    batch = take(source, data_of(name), file_name=name)
    truth, wrong = rows_of(name), Counter()
    kept = ("stored", "unchanged")
    for row in ImportRow.objects.filter(batch=batch):
        expected = truth[row.sheet, row.row]
        if expected["numbers"] or expected["email"]:
            allowed = ("quarantined",) if expected["outcome"] == "quarantined" else kept
        else:
            allowed = ("refused", *kept) if expected["outcome"] == "without_number" else ("refused",)
        if row.outcome not in allowed:
            wrong[expected["outcome"], row.outcome, str(expected["traps"])] += 1
    assert sum(batch.counts.values()) == len(truth) and not wrong, wrong


def test_a_corrected_demonstration_list_changes_only_what_was_corrected(organisation):
    name = "webshop-be.csv"
    source = Source.objects.get(code=TRUTH["lists"][name]["source"])
    take(source, data_of(name), file_name=name)
    batch = take(source, data_of(f"corrected/{name}"), file_name=name)
    truth = rows_of(f"corrected/{name}")
    updated = ImportRow.objects.filter(batch=batch, outcome="updated")
    assert updated.count() > 20
    for row in updated:
        assert {"corrected", "moved"} & set(truth["", row.row]["traps"]), row.changes


def test_no_link_of_the_rule_joins_two_people_of_the_truth(organisation):
    for name in LISTS:
        source = Source.objects.get(code=TRUTH["lists"][name]["source"])
        take(source, data_of(name), file_name=name)
    person = {
        (TRUTH["lists"][name]["source"], sheet, number): row["person"]
        for name in LISTS
        for (sheet, number), row in rows_of(name).items()
    }
    pairs = RecordLink.objects.filter(state="linked").values_list(
        "a__source__code", "a__sheet", "a__row", "b__source__code", "b__sheet", "b__row", "rule"
    )
    wrong = [pair[6] for pair in pairs if person[pair[:3]] != person[pair[3:6]]]
    assert len(pairs) > 500 and not wrong, Counter(wrong)


def test_the_report_has_a_message_for_every_problem_and_no_value_of_a_row(organisation):
    source = Source.objects.get(code="WEBSHOP-BE")
    batch = take(source, data_of("webshop-be.csv"), file_name="webshop-be.csv")
    report = report_of(batch)
    messages = [problem["message"] for row in report["rows"] for problem in row["problems"]]
    assert messages and all(message.startswith("Row ") for message in messages)
    text = json.dumps(report)
    assert not any(row["email"] and row["email"] in text for row in rows_of("webshop-be.csv").values())
    assert {column["column"] for column in report["refused_columns"]} >= {"Opmerking gezondheid"}
