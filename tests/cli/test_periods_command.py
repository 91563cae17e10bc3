"""`duecause periods` answers a file of questions, says how, and refuses what it does not understand."""

import json
from datetime import date
from pathlib import Path

import pytest

from duecause.cli import group
from duecause.cli.errors import guarded
from duecause.engine.period_questions import PeriodRule, PeriodRules
from duecause.packs import periods

VECTORS = json.loads((Path(__file__).parents[1] / "engine/vectors_periods.json").read_text())
ANSWERS = ("one_month", "three_months", "plus30", "work_due", "due")


@pytest.fixture
def ask(tmp_path, capsys):
    def call(questions: object) -> tuple[int, dict, str]:
        file = tmp_path / "questions.json"
        file.write_text(questions if isinstance(questions, str) else json.dumps(questions))
        given = ["periods", str(file)]
        code = guarded(lambda: group.main(given, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else {}, said.err

    return call


def test_the_vectors_are_answered_from_their_questions_alone(ask):
    asked = {
        kind: [{key: value for key, value in one.items() if key not in ANSWERS} for one in entries]
        for kind, entries in VECTORS.items()
    }
    code, told, said = ask(asked)
    for kind, entries in VECTORS.items():
        for expected, one in zip(entries, told[kind], strict=True):
            assert {key: one[key] for key in expected} == expected
            assert one["steps"]
    assert (code, said) == (0, "")


def test_an_answer_in_the_file_that_is_not_ours_is_named(ask):
    wrong = {"months": [{"received": "2026-01-31", "country": "BE", "one_month": "2026-03-03"}]}
    code, told, said = ask(wrong)
    assert code == 4 and told["months"][0]["one_month"] == "2026-03-02"
    assert said == "months[0]: the file says one_month 2026-03-03, computed is 2026-03-02.\n"


def test_a_period_stands_still_while_the_person_is_asked_who_they_are(ask):
    waiting = {"suspended": [{"from": "2026-02-12", "until": "2026-02-19"}]}
    told = ask({"months": [{"received": "2026-02-10", "country": "BE", **waiting}]})[1]["months"][0]
    assert told["one_month"] == "2026-03-17" and told["plus30"] == "2026-03-19"
    assert "7 days more" in told["steps"]["one_month"][1]


def test_an_extension_lets_the_work_take_three_months_but_is_told_within_one(ask):
    told = ask({"months": [{"received": "2026-02-10", "country": "BE", "extended": True}]})[1]["months"][0]
    assert (told["work_due"], told["tell_extension_by"]) == ("2026-05-11", "2026-03-10")


def test_a_breach_is_told_by_the_rule_of_its_sector(ask):
    clocks = [
        {"aware": "2020-12-22T12:17", "rule": name}
        for name in ("breach_authority", "telecom_breach_authority")
    ]
    rest = {"from": "2026-11-24", "rule": "telecom_breach_completed", "country": "BE"}
    told = ask({"hours": clocks, "days": [rest]})[1]
    assert [one["due"] for one in told["hours"]] == ["2020-12-25T13:00:00", "2020-12-23T13:00:00"]
    assert told["days"][0]["due"] == "2026-11-27"


def test_the_hours_of_a_country_really_pass_when_its_clocks_change(ask):
    questions = [{"aware": "2026-10-24T16:20", "hours": 24, "country": "FR"}]
    assert ask({"hours": questions})[1]["hours"][0]["due"] == "2026-10-25T16:00:00"


@pytest.mark.parametrize(
    ("questions", "complaint"),
    [
        ({"month": []}, "“month”: is no kind of question. Known: months, hours, days"),
        ({"months": [{"recieved": "2026-01-01"}]}, "months[0]: unknown key “recieved”. Known here: received"),
        ({"months": [{"received": "1.2.2026", "country": "BE"}]}, "“received” must be a day like"),
        ({"months": [{"received": "2026-02-01"}]}, "“country” is missing"),
        ({"months": [{"received": "2026-02-01", "country": "Belgium"}]}, "Write an ISO code"),
        ({"hours": [{"aware": "2026-02-01T10:00"}]}, "give either “hours” or “rule”"),
        (
            {"hours": [{"aware": "2026-02-01T10:00", "rule": "breach"}]},
            "no rule “breach”. Known: breach_authority",
        ),
        ({"hours": [{"aware": "noon", "hours": 72}]}, "must be a moment like"),
        ({"hours": [{"aware": "2026-02-01T10:00", "hours": -1}]}, "must be a whole number"),
        ({"days": [{"from": "2026-02-01", "rule": "breach_authority", "country": "BE"}]}, "counts hours"),
        ('{"months": [}', "line 1: not valid JSON"),
        ([], "must be a JSON object"),
    ],
)
def test_what_is_not_understood_is_refused_with_place_and_remedy(ask, questions, complaint):
    code, told, said = ask(questions)
    assert (code, told) == (2, {}) and complaint in said


def test_suspensions_that_overlap_are_refused(ask):
    twice = [{"from": "2026-02-12", "until": "2026-02-19"}, {"from": "2026-02-15", "until": "2026-02-20"}]
    code, _, said = ask({"months": [{"received": "2026-02-10", "country": "BE", "suspended": twice}]})
    assert code == 2 and "do not overlap" in said


def test_the_rule_in_force_on_the_day_is_the_one_that_counts():
    later = PeriodRule("breach_authority", date(2027, 1, 1), "hours", 96, False, "a later law")
    both = PeriodRules((*periods.rules().entries, later))
    assert both.of("breach_authority", date(2026, 12, 31)).count == 72
    assert both.of("breach_authority", date(2027, 1, 1)).count == 96
