"""A list under the rules of another day: what would come out, without anything being stored or released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from duecause.apps.dialling import rules, screening
from duecause.apps.dialling.candidates import from_rows, from_sources
from duecause.apps.dialling.gathering import Question
from duecause.apps.dialling.models import DialList
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.screening import Rule

MOST_ROWS = 50_000  # of a page, which somebody waits for


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows per reason, whichever came first, as screened and on the other day."""

    code: str
    before: int
    then: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`begin` and `end`: rules that hold on the other day only, or on the day of the screening only."""

    on: date
    candidates: int
    before: int
    then: int
    reasons: tuple[Compared, ...]
    begin: tuple[Rule, ...]
    end: tuple[Rule, ...]


def what_if(*, actor: Actor, dial_list: DialList, on: date, now: datetime, most: int | None = None) -> WhatIf:
    """Judge the rows of a screened list by the rules, consents, relations and ages of `on`; objections are
    those of now. Raises Refused for a list that was not screened or has more than `most` rows, NotPermitted.
    """
    actor.require("dialling.read")
    report = dial_list.report
    if not report:
        raise Refused("list_not_screened", "This list has not been screened. Screen it first.")
    if most is not None and report["candidates"] > most:
        raise Refused(
            "what_if_large",
            gettext_noop(
                "This list has %(rows)s rows, more than a page can judge while you wait (%(most)s). Ask on "
                "the command line: duecause law what-if."
            ),
            rows=report["candidates"],
            most=most,
        )
    sources = dial_list.candidates_from.get("sources")
    again = from_sources(sources, campaign=dial_list.campaign, on=on) if sources else from_rows(dial_list, on)
    question = Question(dial_list.campaign, dial_list.centre, on, now)
    found = screening.judge(question, again).verdicts
    before = {step["code"]: step["rows"] for step in report["waterfall"]}
    then = {step.code: step.count for step in found.waterfall}
    codes = dict.fromkeys([*then, *before])
    was, will = (_rules(dial_list, day) for day in (dial_list.on, on))
    return WhatIf(
        on=on,
        candidates=found.candidates,
        before=report["released"],
        then=found.released,
        reasons=tuple(Compared(code, before.get(code, 0), then.get(code, 0)) for code in codes),
        begin=tuple(rule for key, rule in will.items() if key not in was),
        end=tuple(rule for key, rule in was.items() if key not in will),
    )


def _rules(dial_list: DialList, on: date) -> dict[str, Rule]:
    found = rules.rule_sets(dial_list.campaign.countries, on).values()
    return {rule.id: rule for each in found for rule in each.rules}
