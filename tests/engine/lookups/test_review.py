"""Whom the review asks about, and whom it leaves in peace: small worlds, whole review."""

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.lookups.alarms import raise_alarms
from duecause.engine.lookups.scoring import Reason, Scores
from tests.engine.lookups.worlds import MONDAY, RULES, World, alarms, busy, centre, moment, reviewed

QUIET = busy()


def snooped(world: World = QUIET) -> World:
    """e03 looks at two colleagues on three days, with no reason."""
    for day in (20, 21, 22):
        world = world.looking("e03", "own05", day, 2).looking("e03", "own06", day, 2.5)
    return world


def test_a_month_of_calls_with_a_few_lost_links_raises_no_alarm() -> None:
    found = reviewed(QUIET)
    assert found.alarms == ()
    assert (found.looks, found.explained) == (28 * 13, 28 * 12)


def test_looks_at_colleagues_are_found_and_told_in_sentences() -> None:
    [first, *later] = alarms(snooped())
    assert (first.kind, first.employee, first.day) == ("new", "e03", MONDAY.date() + timedelta(days=20))
    assert first.customers == ("own05", "own06")
    assert "2 looks at a colleague's record without reason in 7 days; 0.0" in " ".join(first.sentences)
    assert all(alarm.employee == "e03" and alarm.kind == "risen" for alarm in later)


def test_new_evidence_is_added_to_the_open_alarm_and_does_not_open_another() -> None:
    found = alarms(snooped())
    assert [alarm.kind for alarm in found].count("new") == 1
    assert {alarm.opened for alarm in found} == {found[0].day}


def test_the_same_looks_during_calls_of_these_colleagues_are_innocent() -> None:
    world = QUIET
    for day in (20, 21, 22):
        world = world.calling("e03", "own05", day, 2).calling("e03", "own06", day, 3)
    assert alarms(world) == ()


def test_one_look_back_after_a_contact_is_innocent() -> None:
    assert alarms(QUIET.calling("e03", "c1", 15).looking("e03", "c1", 16, 4)) == ()


def test_coming_back_to_one_person_day_after_day_is_not() -> None:
    world = QUIET
    for day in (15, 16, 17, 18):
        world = world.looking("e03", "ex", day, 4)
    [alarm, *_] = alarms(world)
    assert alarm.employee == "e03" and alarm.customers == ("ex",)
    assert "returns to a customer already looked at without reason" in " ".join(alarm.sentences)


def test_a_ticket_of_ones_own_is_a_reason_only_with_a_contact_behind_it() -> None:
    suspect, innocent = QUIET, QUIET
    for day in (15, 16, 17, 18):
        ticket = {"made_by": "e03", "end": moment(day, 3)}
        suspect = suspect.linking("ticket", "e03", "ex", day, 2, contact="no", **ticket)
        suspect = suspect.looking("e03", "ex", day, 2.1)
        innocent = innocent.linking("ticket", "e03", "ex", day, 2, contact="yes", **ticket)
        innocent = innocent.looking("e03", "ex", day, 2.1)
    assert {alarm.employee for alarm in alarms(suspect)} == {"e03"}
    assert alarms(innocent) == ()


def test_the_contact_behind_a_ticket_is_found_where_nobody_noted_it() -> None:
    world = QUIET.linking("call", "e07", "ex", 15, 1, bound="number")
    world = world.linking("ticket", "e03", "ex", 15, 2, made_by="e03").looking("e03", "ex", 15, 2.1)
    assert ("ticket_contact", "strong", 1) in reviewed(world).reasons


def test_a_ticket_in_the_queue_of_the_team_explains_for_the_team_and_for_nobody_else() -> None:
    row = {"team": "t0", "customer": "q", "kind": "ticket", "begin": moment(15, 1)}
    world = replace(QUIET, links=(*QUIET.links, row))
    mate, stranger = world.looking("e01", "q", 15, 2), world.looking("e08", "q", 15, 2)
    assert reviewed(mate).explained == reviewed(stranger).explained + 1


def test_a_look_long_after_the_wrap_up_is_not_explained_by_the_call() -> None:
    world = centre().linking("call", "e01", "c", 0, 1, bound="number", end=moment(0, 1.1))
    assert reviewed(world.looking("e01", "c", 0, 1.55)).explained == 1
    assert reviewed(world.looking("e01", "c", 0, 1.65)).explained == 0


def test_lost_telephony_is_one_fault_of_the_data_and_accuses_nobody() -> None:
    world = QUIET
    for n in range(12):
        for minute in range(8):
            world = world.looking(f"e{n:02d}", f"dark{n}-{minute}", 20, 4 + minute / 10)
    [case] = alarms(world)
    assert (case.kind, case.employee, case.customers) == ("data_quality", "", ())
    assert "Links failed from 13:00 to 14:00 in 2 teams: 96 of 96 look-ups had no reason" in case.sentences[0]


def test_a_look_at_a_colleague_during_lost_telephony_still_counts() -> None:
    world = snooped()
    for n in range(12):
        for minute in range(8):
            world = world.looking(f"e{n:02d}", f"dark{n}-{minute}", 20, 4 + minute / 10)
    assert {alarm.employee for alarm in alarms(world)} == {"", "e03"}


def test_a_flag_found_justified_says_less_the_next_time() -> None:
    outcome = {"flag": "colleague", "outcome": "justified", "scope": "team", "value": "t0"}
    before = max(alarm.score for alarm in alarms(snooped()))
    after = max(alarm.score for alarm in alarms(_with(snooped(), outcome)))
    assert after < before
    elsewhere = _with(snooped(), {**outcome, "value": "t1"})
    assert max(alarm.score for alarm in alarms(elsewhere)) == before, "another team, another cause"


def _with(world: World, outcome: dict[str, object]) -> World:
    return replace(world, outcomes=(outcome,))


def test_flags_without_their_columns_are_off_and_named() -> None:
    found = reviewed(QUIET).off
    assert {"household", "vip", "off_shift", "foreign_place", "notice_given", "after_end"} <= set(found)
    assert "colleague" not in found and "unexplained" not in found


def test_names_and_homes_are_compared_where_they_are_known() -> None:
    home = {"customer": "kin", "surname": "Name3", "postcode": "p3", "house_number": "1"}
    others = [
        {"customer": f"x{n}", "surname": f"other{n}", "postcode": "q", "house_number": str(n)}
        for n in range(5000)
    ]
    world = (
        replace(QUIET, customers=(home, *others)).looking("e03", "kin", 20, 2).looking("e03", "kin", 21, 2)
    )
    said = " ".join(sentence for alarm in alarms(world) for sentence in alarm.sentences)
    assert "at a customer who lives at the employee's address" in said
    assert "at a customer of the employee's surname" in said


def test_employees_who_are_not_in_staff_are_counted_and_scored() -> None:
    world = QUIET
    for day in range(15, 20):
        world = world.looking("ghost", "ex", day, 4)
    found = reviewed(world)
    assert found.strangers == 1
    assert {alarm.employee for alarm in found.alarms} == {"ghost"}


def test_no_more_alarms_a_day_than_asked_for_the_highest_first() -> None:
    scores = scored({("a", 0): 5.0, ("b", 0): 9.0, ("a", 1): 5.0})
    assert told(scores, per_day=None) == [("b", 0), ("a", 0)]
    assert told(scores, per_day=1) == [("b", 0), ("a", 1)], "what was left out comes with the next evidence"


def test_an_alarm_is_told_again_only_when_its_score_has_doubled() -> None:
    scores = scored({("a", 0): 3.0, ("a", 1): 5.9, ("a", 2): 6.1})
    assert told(scores, per_day=None) == [("a", 0), ("a", 2)]


def test_after_seven_days_new_evidence_is_a_new_alarm() -> None:
    found = raise_alarms(scored({("a", 0): 3.0, ("a", 6): 3.0, ("a", 7): 3.0}), (), RULES, per_day=None)
    assert [(alarm.kind, (alarm.day - MONDAY.date()).days) for alarm in found] == [("new", 0), ("new", 7)]


def test_flags_that_are_not_raised_again_are_no_news() -> None:
    scores = scored({("a", 0): 3.0, ("a", 1): 3.0})
    scores.touched[0, 1] = {"vip": {"c"}}
    assert told(scores, per_day=None) == [("a", 0)]


def scored(points: dict[tuple[str, int], float]) -> Scores:
    """Employees with points for the flag `colleague` on days."""
    names = tuple(sorted({name for name, _ in points}))
    total = np.zeros((len(names), 10))
    reasons, touched = {}, {}
    for (name, day), value in points.items():
        key = (names.index(name), day)
        total[key] = value
        reasons[key] = [Reason("colleague", value, 2, 0.01, 7)]
        touched[key] = {"colleague": {f"of-{name}"}}
    return Scores(names, MONDAY.date(), total, reasons, touched)


def told(scores: Scores, *, per_day: int | None) -> list[tuple[str, int]]:
    found = raise_alarms(scores, (), RULES, per_day=per_day)
    return [(alarm.employee, (alarm.day - MONDAY.date()).days) for alarm in found]


def test_an_empty_log_is_no_error() -> None:
    found = reviewed(centre())
    assert (found.looks, found.alarms, found.days) == (0, (), 0)


SNOOPED = snooped()
USUAL = reviewed(SNOOPED)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    mixed = random.Random(seed)
    shuffled = replace(
        SNOOPED,
        **{
            name: tuple(mixed.sample(rows, len(rows)))
            for name in ("accesses", "links", "staff")
            for rows in [getattr(SNOOPED, name)]
        },
    )
    assert reviewed(shuffled).alarms == USUAL.alarms


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 11),
    st.integers(0, 27),
    st.sampled_from(["ex", "own05", "c1", "lost03"]),
    st.integers(2, 8),
)
def test_an_explained_look_never_raises_a_score(n: int, day: int, customer: str, hour: int) -> None:
    more = SNOOPED.looking(f"e{n:02d}", customer, day, hour + 0.05)
    linked = replace(
        more,
        links=(
            *more.links,
            {"employee": f"e{n:02d}", "customer": customer, "kind": "visit", "begin": moment(day, hour),
             "end": moment(day, hour + 0.1)},
        ),
    )  # fmt: skip
    without = replace(linked, accesses=SNOOPED.accesses)
    before, after = reviewed(without), reviewed(linked)
    assert before.scores is not None and after.scores is not None
    assert (after.scores.total <= before.scores.total + 1e-9).all()


def test_every_flag_has_a_rule_a_sentence_and_a_statement() -> None:
    from duecause.engine.lookups.flagging import FLAGS
    from duecause.engine.lookups.rules import FLAGS as NAMED
    from duecause.engine.lookups.sentences import SEEN

    assert {flag.code for flag in FLAGS} == set(NAMED) == set(SEEN) == {rule.code for rule in RULES.flags}
