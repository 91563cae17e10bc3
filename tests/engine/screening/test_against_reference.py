"""The set-based verdicts are those of a plain loop over the rules, for every row, reason and number."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from duecause.engine.problems import Problem
from duecause.engine.screening import screen
from duecause.engine.screening.facts import as_declared
from tests.engine.screening.builders import BOOK, campaign, day, given, key, loaded, number, row, rules_on
from tests.engine.screening.reference import reference

DAYS = [
    day(text)
    for text in (
        "2015-01-01",
        "2023-05-05",
        "2026-06-30",
        "2026-07-01",
        "2026-08-10",
        "2026-08-11",
        "2026-11-21",
    )
]
REGISTERS = ("BE-DNCM", "FR-BLOCTEL", "XA-ONE", "XA-TWO")
CLOSED = (Problem("party_no_contract", "no contract"),)


def some(random, most, make):
    return [make() for _ in range(random.randrange(most + 1))]


def world(random):
    """A list full of collisions: few persons, few numbers, every kind of fact about them."""
    on = random.choice(DAYS)
    size, crowd = random.randrange(1, 61), random.choice((4, 15, 60))
    token = lambda: random.randrange(crowd)  # noqa: E731
    person = lambda: random.choice((None, *range(100, 100 + crowd)))  # noqa: E731
    rows = [
        row(i, *random.choice(((), (), (), ("invalid_number",), ("odd", "quarantined")))) for i in range(size)
    ]
    random.shuffle(rows)
    numbers = [
        number(
            line["row_id"],
            token(),
            person(),
            random.choice(("BE", "BE", "NL", "FR", "XA", "PL", "")),
            ordinal=ordinal,
            natural=random.choice((True, True, False, None)),
            minor_band=random.choice(("adult", "adult", "unknown", "minor")),
            basis=random.choice(("consent", "contract", "legitimate_interest", "unknown", None)),
            source=random.choice(("FAIR",) * 9 + (None,)),
        )
        for line in rows
        for ordinal in random.sample(range(4), random.choice((0, 1, 1, 1, 2, 3)))
    ]
    random.shuffle(numbers)
    why = ("objection", "said_no", "refusal_quiet", "court", "deceased", "wrong_number", "other_list")
    thin = max(1, crowd // 6)
    ages = {
        name.replace("-", "_"): on - timedelta(days=random.choice((0, 5, 6, 11, 21, 31)))
        for name in REGISTERS
    }
    for name in random.sample(list(ages), random.choice((0, 0, 1))):
        del ages[name]
    tables = {
        "suppressed": some(random, thin, lambda: {"token": key(token()), "reason": random.choice(why)}),
        "suppressed_persons": some(
            random, thin, lambda: {"person": key(person()), "reason": random.choice(why)}
        ),
        "guard": some(random, thin, lambda: {"token": key(token())}),
        "register": some(random, thin, lambda: {"token": key(token()), "register": random.choice(REGISTERS)}),
        "consents": some(random, crowd, lambda: {"person": key(person()), "token": key(token())}),
        "elsewhere": some(random, thin, lambda: {"token": key(token()), "person": key(person())}),
        "relations": some(
            random,
            crowd,
            lambda: {
                "person": key(person()),
                "family": random.choice(("heat_pump", "phone")),
                "since": on - timedelta(days=random.randrange(-5, 2000)),
                "until": random.choice((None, on, on - timedelta(days=random.randrange(-5, 1500)))),
            },
        ),
    }
    of = campaign(
        sector=random.choice(("telecom", "energy_renovation", "housing_adaptation")),
        organisation=random.choice(("company", "charity")),
        countries=random.choice((("BE", "NL", "FR", "XA"), ("BE", "NL", "FR", "XA"), ("BE",))),
    )
    closed = CLOSED if random.random() < 0.1 else ()
    return on, of, rows, numbers, {**tables, "party_reasons": closed, "registers_loaded": loaded(**ages)}


@pytest.mark.parametrize("batch", range(10))
def test_sets_and_loop_agree_on_every_row(batch):
    random = Random(batch)
    released = 0
    for _ in range(32):
        on, of, rows, numbers, facts = world(random)
        verdicts = screen(given(rows, numbers, **facts), campaign=of, rules=rules_on(on), on=on)
        expected, first = reference(
            {**facts, "rows": rows, "numbers": numbers, "party_closed": bool(facts["party_reasons"])},
            campaign=of,
            book=BOOK,
            on=on,
        )
        found = {line["row_id"]: (line["ordinal"], line["reasons"]) for line in verdicts.table.to_pylist()}
        assert found == expected
        assert {step.code: step.count for step in verdicts.waterfall} == first
        assert verdicts.candidates - sum(first.values()) == verdicts.released
        assert [line["row_id"] for line in verdicts.table.to_pylist()] == [line["row_id"] for line in rows]
        released += verdicts.released
    assert released > 20


def test_a_chain_of_shared_numbers_longer_than_the_rounds_is_settled_in_list_order():
    rows = [row(i) for i in range(40)]
    numbers = [number(i, token=(i + 1) // 2, person=100 + i // 2) for i in range(40)]
    verdicts = screen(
        given(rows, numbers, registers_loaded=loaded(BE_DNCM=day("2026-11-21"))),
        campaign=campaign(),
        rules=rules_on(day("2026-11-21")),
        on=day("2026-11-21"),
    )
    assert verdicts.table["released"].to_pylist() == [i % 2 == 0 for i in range(40)]
    assert verdicts.totals == {"duplicate_in_list": 20}


@pytest.mark.parametrize("batch", range(3))
@pytest.mark.parametrize("most", [1, 3])
def test_a_list_in_order_whose_verdicts_are_written_away_is_judged_alike(batch, most):
    """With one number a row by the statements for large lists, else by the same as any other."""
    random = Random(100 + batch)
    released = 0
    for _ in range(20):
        on, of, rows, numbers, facts = world(random)
        places = {line["row_id"]: place for place, line in enumerate(rows)}
        rows = [{**line, "row_id": places[line["row_id"]]} for line in rows]
        numbers = [{**line, "row_id": places[line["row_id"]]} for line in numbers]
        if most == 1:
            single = {line["row_id"]: {**line, "ordinal": 0} for line in numbers}
            numbers = list(single.values())
        written = []
        verdicts = screen(
            replace(given(rows, numbers, **facts), in_order=True),
            campaign=of,
            rules=rules_on(on),
            on=on,
            write=lambda reader, written=written: written.extend(as_declared(reader.read_all()).to_pylist()),
        )
        expected, first = reference(
            {**facts, "rows": rows, "numbers": numbers, "party_closed": bool(facts["party_reasons"])},
            campaign=of,
            book=BOOK,
            on=on,
        )
        assert {line["row_id"]: (line["ordinal"], line["reasons"]) for line in written} == expected
        assert {step.code: step.count for step in verdicts.waterfall} == first
        assert verdicts.candidates == len(rows)
        assert verdicts.released == sum(line["released"] for line in written)
        apart = screen(given(rows, numbers, **facts), campaign=of, rules=rules_on(on), on=on)
        assert (verdicts.totals, verdicts.expires_on) == (apart.totals, apart.expires_on)
        released += verdicts.released
    assert released > 3
