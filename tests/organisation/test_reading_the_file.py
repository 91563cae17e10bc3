from collections import Counter
from importlib.resources import files

import pytest

from duecause.engine.phone import parse_e164
from duecause.engine.problems import Refused
from duecause.organisation.loading import FileRefused, load
from tests.organisation.files import FILE, SMALL, line_of


def problems_of(text: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        load(text, file=FILE)
    return [problem.text for problem in getattr(refused.value, "problems", (refused.value.problem,))]


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one():
    text = SMALL.replace("    legal_name:", "    leagl_name:")
    line = line_of(text, "leagl_name")
    unknown, missing = problems_of(text)[::-1]
    assert f"{FILE}, line {line}: unknown key “leagl_name”. Did you mean “legal_name”?" in unknown
    assert "privacy_url" in unknown
    assert "“legal_name” is missing" in missing


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    text = SMALL.replace("country: NL\n    privacy", "country: Nederland\n    privacy")
    text = text.replace("sector: energy", "sector: enrgy").replace("profile: outbound", "profile: boss")
    told = problems_of(text)
    lines = [line_of(text, part) for part in ("Nederland", "enrgy", "boss")]
    assert [f"line {line}:" in problem for line, problem in zip(lines, told, strict=True)] == [True] * 3


def test_a_key_that_is_there_twice_is_refused():
    text = SMALL.replace("    legal_name: Klein BV\n", "    legal_name: Klein BV\n    legal_name: Klein NV\n")
    [problem] = problems_of(text)
    assert f"line {line_of(text, 'Klein NV')}" in problem
    assert "twice" in problem


def test_a_code_that_is_there_twice_is_refused_with_both_lines():
    extra = "  - {code: CC-EEN, name: Nog een, kind: call_centre, country: NL}\n"
    text = SMALL.replace("sources:\n", f"{extra}sources:\n", 1)
    [problem] = problems_of(text)
    assert f"line {line_of(text, 'Nog een')}" in problem
    assert f"line {line_of(text, 'Centrum Een')}" in problem


def test_aliases_cannot_blow_the_file_up():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    [problem] = problems_of(bomb)
    assert "line 2" in problem
    assert "alias" in problem


@pytest.mark.parametrize(
    "hostile",
    [
        "organisation: !!python/object/apply:os.system [echo]\n",
        "organisation: {" * 5_000,
        "organisation: [" * 5_000,
        "organisation: \x00\n",
        "- a\n- b\n",
        "",
        "organisation: 'open\n",
        "organisation: x\n" + "# long\n" * 300_000,
    ],
    ids=["tag", "deep mapping", "deep list", "control", "list", "empty", "open quote", "oversize"],
)
def test_hostile_or_broken_yaml_is_refused_with_a_message(hostile):
    told = problems_of(hostile)
    assert told
    assert all(FILE in problem for problem in told)


def test_a_country_that_yaml_would_read_as_false_is_refused_and_quotes_mend_it():
    plain = SMALL.replace("default_country: NL", "default_country: NO")
    [problem] = problems_of(plain)
    assert f"line {line_of(plain, 'default_country')}" in problem
    quoted = load(plain.replace("default_country: NO", 'default_country: "NO"'), file=FILE)
    assert quoted.sources[0].default_country == "NO"


def test_an_employees_own_number_is_not_said_when_it_is_wrong():
    text = SMALL.replace('own_phones: ["+31610000999"]', 'own_phones: ["0610000999"]')
    [problem] = problems_of(text)
    assert "0610000999" not in problem
    assert "9999999999" in problem


@pytest.mark.parametrize("number", ["+33639980141", "+3200000000"])
def test_a_planted_number_that_nobody_can_call_is_refused_with_its_line_and_not_said(number):
    text = SMALL.replace('["+31201099901"]', f'["+31201099901", "{number}"]')
    [problem] = problems_of(text)
    assert f"line {line_of(text, number)}" in problem
    assert "number 2" in problem
    assert number not in problem


def test_the_demonstration_owns_two_numbers_in_each_country_it_calls_in():
    text = files("duecause.packs").joinpath("demo/org.yaml").read_text("utf-8")
    numbers = [parse_e164(number) for number in load(text, file=FILE).controllers[0].canary_numbers]
    assert Counter(number.region for number in numbers) == {"BE": 2, "NL": 2, "FR": 2}


def test_only_a_demonstration_may_hold_passwords():
    text = SMALL.replace("demonstration: true\n", "")
    [problem] = problems_of(text)
    assert "duecause staff password anna" in problem
    assert "a-long-demo-word" not in problem


def test_the_refusal_says_how_many_problems_there_are():
    with pytest.raises(FileRefused, match=r"nothing was changed\. Problems found: 1"):
        load(SMALL.replace("sector: energy", "sector: enrgy"), file=FILE)
