"""The same human or not: our rules, rules with review, our model, and the peers, over the same records.

`./dev bench matching [--quick]`. The generator is benchmarks/matching_parts/people.py; the seeds were
not used when the rules were written. Persons are measured: every pair of records that has become one person,
also through a third record. Precision of a peer is that of pairs above its own stated 0.999.
"""

from __future__ import annotations

import sys
import time
import warnings

from benchmarks.matching_parts import febrl, ours, peers
from benchmarks.matching_parts.people import AS_NOTED, HARD, Dirt, World
from benchmarks.matching_parts.scoring import Pair, Score, implied, recall_at, score
from benchmarks.report import Figure, report
from duecause.engine.matching import names

PEOPLE = 30_000
SEEDS = (1001, 1002, 1003, 1004, 1005)
AS_NOTED_SEED = 1006


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def line(name: str, result: Score) -> None:
    say(
        f"  {name:<44} precision {result.precision.text()}  recall {result.recall.text()}"
        f"  pairs {result.found:,}  false {result.false:,}"
    )


def rules_on_every_seed(figures: dict[str, Figure], seeds: tuple[int, ...], people: int) -> None:
    links: list[Pair] = []
    persons: list[Pair] = []
    human: list[int] = []
    household: list[int] = []
    speeds: list[float] = []
    for seed in seeds:
        rows = World(people=people, seed=seed, dirt=HARD).rows()
        answer = ours.answer([ours.identity_of(row) for row in rows], with_model=False)
        start, block = len(human), (seed - seeds[0]) * 1_000_000
        human += [block + row.human for row in rows]
        household += [block + row.household for row in rows]
        links += [(a + start, b + start) for a, b in answer.links]
        persons += [(a + start, b + start) for a, b in implied(answer.links)]
        speeds.append(answer.weighed_per_s)
    say(f"hard, seeds {seeds}: {len(human):,} records")
    by_person = score(persons, human, household)
    by_link = score(links, human, household)
    line("rules, persons", by_person)
    line("rules, single links", by_link)
    figures |= {
        "records": len(human),
        "rule_precision": by_person.precision.value,
        "rule_precision_low": by_person.precision.low,
        "rule_recall": by_person.recall.value,
        "rule_recall_low": by_person.recall.low,
        "rule_link_precision": by_link.precision.value,
        "rule_link_recall": by_link.recall.value,
        "pairs_weighed_per_s": round(min(speeds)),
    }


def side_by_side(figures: dict[str, Figure], label: str, dirt: Dirt, seed: int, people: int) -> None:
    rows = World(people=people, seed=seed, dirt=dirt).rows()
    identities = [ours.identity_of(row) for row in rows]
    human, household = [row.human for row in rows], [row.household for row in rows]
    say(f"{label}, seed {seed}: {len(rows):,} records")
    answer = ours.answer(identities, with_model=True)
    rules = score(implied(answer.links), human, household)
    line("rules", rules)
    confirmed = [(a, b) for a, b in answer.asked if human[a] == human[b]]
    reviewed = score(implied([*answer.links, *confirmed]), human, household)
    line("rules + review (who decides makes no mistake)", reviewed)
    say(f"    asked: {len(answer.asked):,} pairs, {len(confirmed) / len(answer.asked):.2f} of them one human")
    model = score(peers.by_threshold(answer.scored, 0.999), human, household)
    line("our model at its 0.999", model)
    table = peers.frame(identities)
    textbook = peers.textbook_splink(table)
    at_999 = score(peers.by_threshold(textbook, 0.999), human, household)
    line("textbook Splink at its 0.999", at_999)
    ecm = score(peers.ecm(table, peers.blocked(table)), human, household)
    line("recordlinkage ECM", ecm)
    say(
        f"    recall at true precision .999: our model {recall_at(answer.scored, human, 0.999):.3f},"
        f" textbook {recall_at(textbook, human, 0.999):.3f}"
    )
    prefix = "" if label == "hard" else "as_noted_"
    if prefix:
        figures |= {
            f"{prefix}rule_precision": rules.precision.value,
            f"{prefix}rule_recall": rules.recall.value,
        }
    figures |= {
        f"{prefix}rule_plus_review_recall": reviewed.recall.value,
        f"{prefix}review_pairs": len(answer.asked),
        f"{prefix}review_true_share": len(confirmed) / len(answer.asked),
        f"{prefix}splink_combined_precision_at_999": model.precision.value,
        f"{prefix}splink_combined_recall_at_999": model.recall.value,
        f"{prefix}splink_textbook_precision_at_999": at_999.precision.value,
        f"{prefix}splink_textbook_recall_at_999": at_999.recall.value,
        f"{prefix}ecm_precision": ecm.precision.value,
        f"{prefix}ecm_recall": ecm.recall.value,
    }


def on_febrl(figures: dict[str, Figure], number: int) -> None:
    identities, human = febrl.load(number)
    answer = ours.answer(identities, with_model=True)
    table = peers.frame(identities)
    confirmed = [(a, b) for a, b in answer.asked if human[a] == human[b]]
    results = {
        "rules": implied(answer.links),
        "reviewed": implied([*answer.links, *confirmed]),
        "model": peers.by_threshold(answer.scored, 0.5),
        "splink_textbook": peers.by_threshold(peers.textbook_splink(table), 0.5),
        "ecm": peers.ecm(table, peers.blocked(table)),
    }
    say(f"febrl{number}: {len(identities):,} records")
    for name, pairs in results.items():
        result = score(febrl.across(pairs, len(human) // 2) if number == 4 else pairs, human)
        line(name, result)
        figures[f"febrl{number}_{name}_f1"] = result.f1


def folding(figures: dict[str, Figure], people: int) -> None:
    rows = World(people=people, seed=SEEDS[0]).rows()
    written = [f"{row.first} {row.last}" for row in rows]
    started = time.process_time()
    for text in dict.fromkeys(written):
        names.fold.__wrapped__(text)
    figures["fold_distinct_names_per_s"] = round(len(set(written)) / (time.process_time() - started))
    started = time.process_time()
    for row in rows:
        names.fold(row.first), names.fold_surname(row.last)
    figures["fold_records_per_s"] = round(len(rows) / (time.process_time() - started))


def main() -> None:
    warnings.filterwarnings("ignore")
    quick = "--quick" in sys.argv[1:]
    people, seeds = (6_000, SEEDS[:1]) if quick else (PEOPLE, SEEDS)
    figures: dict[str, Figure] = {}
    folding(figures, people)
    rules_on_every_seed(figures, seeds, people)
    side_by_side(figures, "hard", HARD, SEEDS[0], people)
    side_by_side(figures, "as noted", AS_NOTED, AS_NOTED_SEED, people)
    for number in (1, 2, 3, 4):
        on_febrl(figures, number)
    figures["febrl4_f1"] = figures["febrl4_model_f1"]
    report("matching", figures)


if __name__ == "__main__":
    main()
