"""Write the demonstration data: eight messy lists, one corrected, a register extract, past objections.

    python -m tools.demo_lists [--into FOLDER]

Everything is invented and made from one seed; the same program writes the same bytes. The truth file says for
each row who it is, what must become of it and which traps it holds, for the import and screening tests.
"""

from __future__ import annotations

import argparse
from collections import Counter
from copy import deepcopy
from datetime import date
from pathlib import Path
from random import Random

from tools.demo.files import delimited, truth_of, write_list, write_truth
from tools.demo.lists import DemoList, Row, all_lists, judge, past
from tools.demo.people import MOBILE_LENGTH, TODAY, Numbers, Person, Population, e164

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "src" / "duecause" / "packs" / "demo"
TRUTH = ROOT / "tests" / "data" / "demo_truth.json"
SEED = 20261120
TOWNSFOLK = {"BE-nl": 1500, "BE-fr": 900, "BE-pl": 480, "NL-nl": 3300, "FR-fr": 1100}
REGISTER_LINES = 2400
REGISTER_HITS = 420
OBJECTIONS = 160
CORRECTED = {"phone_decimal", "phone_scientific", "phone_letters", "email_invalid"}


def corrected(demo: DemoList, people: dict[str, Person]) -> DemoList:
    """What the webshop sends after the report: damage undone, three rows gone, five moved house."""
    fixed = deepcopy(demo)
    (sheet,) = fixed.sheets
    fields = [name for _, name in sheet.columns]
    for row in sheet.rows:
        if not CORRECTED & set(row.traps):
            continue
        person = people[row.person]
        row.cells[fields.index("mobile")] = person.mobile
        row.cells[fields.index("landline")] = person.landline
        row.cells[fields.index("email")] = row.email = person.email
        row.numbers = [e164(number, "BE") for number in (person.mobile, person.landline) if number]
        row.traps = [trap for trap in row.traps if trap in ("minor", "legal_person", "duplicate_row")]
        row.outcome = "accepted"
        judge(row, str(row.cells[fields.index("consent_text")]))
        row.trap("corrected")
    for row in sheet.rows[100:600:100]:
        row.cells[fields.index("street")] = "Nieuwe Steenweg"
        row.cells[fields.index("house_number")] = "1"
        row.trap("moved")
    del sheet.rows[900:903]
    fixed.file = f"corrected/{fixed.file}"
    return fixed


def register_extract(random: Random, lists: list[DemoList], taken: set[str]) -> tuple[str, list[str]]:
    """`number;date of registration` per line, newest last, as the Belgian register gives it."""
    rows = [row for demo in lists for sheet in demo.sheets for row in sheet.rows]
    listed = sorted({number for row in rows for number in row.numbers if number.startswith("+32")})
    hits = random.sample(listed, REGISTER_HITS)
    numbers = Numbers(random)
    strangers: list[str] = []
    while len(strangers) < REGISTER_LINES - REGISTER_HITS:
        number = e164(numbers.take("047100", MOBILE_LENGTH), "BE")
        if number not in taken:
            strangers.append(number)
    entries = sorted(
        (past(random, date(2015, 7, 11), date(2026, 11, 13)), number) for number in hits + strangers
    )
    return "".join(f"0{number[3:]};{day.isoformat()}\r\n" for day, number in entries), sorted(hits)


def objections(random: Random, people: list[Person]) -> tuple[str, list[str]]:
    """Objections taken before Duecause was there: by number or by e-mail, for everything or one channel."""
    rows: list[list[str | int | float | date]] = []
    said = []
    for person in random.sample(
        [person for person in people if person.mobile or person.landline], OBJECTIONS
    ):
        number = e164(person.mobile or person.landline, person.country)
        day = past(random, date(2022, 1, 1), TODAY)
        by_mail = bool(person.email) and random.random() < 0.15
        scope = random.choices(["all", "phone"], [80, 20])[0]
        rows.append(["" if by_mail else number, person.email if by_mail else "", day, scope])
        said.append(person.email if by_mail else number)
    return delimited(["phone", "email", "objected_on", "scope"], rows, ";"), sorted(said)


def counts(lists: list[DemoList]) -> None:
    for demo in lists:
        rows: list[Row] = [row for sheet in demo.sheets for row in sheet.rows]
        outcomes = Counter(row.outcome for row in rows)
        print(f"{demo.source:<13}{len(rows):>6} rows  {dict(sorted(outcomes.items()))}")
    rows = [row for demo in lists for sheet in demo.sheets for row in sheet.rows]
    print(f"{len(rows)} rows of {len({row.person for row in rows})} persons")
    print(dict(Counter(trap for row in rows for trap in row.traps).most_common()))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--into", type=Path, default=PACK)
    options.add_argument("--truth", type=Path, default=TRUTH)
    chosen = options.parse_args()
    population = Population(Random(SEED))
    for group, number in TOWNSFOLK.items():
        population.settle(group, number)
    people = population.people
    lists = list(all_lists(SEED, people))
    again = corrected(lists[0], {person.id: person for person in people})
    for demo in [*lists, again]:
        write_list(demo, chosen.into / "lists")
    taken = {e164(number, p.country) for p in people for number in (p.mobile, p.landline) if number}
    register, hits = register_extract(Random(f"{SEED} register"), lists, taken)
    folder = chosen.into / "registers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"be-dncm-{TODAY.isoformat()}.txt").write_bytes(register.encode("ascii"))
    past_objections, said = objections(Random(f"{SEED} objections"), people)
    (chosen.into / "objections.csv").write_bytes(past_objections.encode("ascii"))
    truth: dict[str, object] = {
        "row": ["row", "person", "outcome", "numbers", "email", "traps"],
        "lists": {demo.file: truth_of(demo) for demo in [*lists, again]},
        "registered": hits,
        "objected": said,
    }
    write_truth(chosen.truth, truth)
    counts(lists)
    print(f"register: {len(register.splitlines())} lines, {len(hits)} in the lists; {len(said)} objections")


if __name__ == "__main__":
    main()
