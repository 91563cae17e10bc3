"""What registers that give out no file say of the rows of a list: who was asked about, who passes, how long.

A list is screened without asking: only the numbers that would be called are then submitted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from duecause.apps.consent import submission_actions
from duecause.apps.consent.models import NationalRegister, RegisterSubmission
from duecause.apps.consent.queries import RegisterAnswer, answers_of
from duecause.apps.dialling import rules
from duecause.apps.dialling.models import Campaign, DialList, ListRow
from duecause.apps.dialling.opened import open_rows
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.engine.screening import RegisterState, Rule
from duecause.engine.screening.reasons import register_code

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """How the rows of a list stand with one register. `until`: the last day on which its answers serve."""

    rule: Rule
    rows: int
    answers: dict[bytes, RegisterAnswer]
    missing: frozenset[bytes]

    @property
    def register(self) -> str:
        return self.rule.subject

    @property
    def until(self) -> date | None:
        oldest = min((answer.on for answer in self.answers.values()), default=None)
        return oldest and oldest + timedelta(days=self.rule.number("max_file_age_days"))


def submit_rules(countries: Collection[str], on: date) -> list[Rule]:
    """Rules of a day by which numbers are submitted to a register."""
    found = rules.rule_sets(countries, on).values()
    return [rule for each in found for rule in each.of_kind("register") if rule.text("access") == "submit"]


def known(rule: Rule, tokens: Collection[bytes], on: date) -> dict[bytes, RegisterAnswer]:
    """Answers that serve on a day."""
    since = on - timedelta(days=rule.number("max_file_age_days"))
    return answers_of(rule.subject, tokens, since=since, on=on)


def for_screening(
    countries: Collection[str], tokens: Collection[bytes], on: date
) -> dict[str, dict[bytes, RegisterAnswer]]:
    """Answers that serve on a day, by register."""
    return {rule.subject: known(rule, tokens, on) for rule in submit_rules(countries, on)}


def state(answered: Mapping[bytes, date]) -> RegisterState:
    """Of a register that was asked: the day of the oldest answer that a screening relies on, and how many."""
    oldest = min(answered.values())
    return RegisterState(oldest, datetime.combine(oldest, datetime.min.time()), len(answered))


def standing(dial_list: DialList, on: date) -> list[Asked]:
    """The rows that may be released, by each register that must be asked about them."""
    found = []
    for rule in submit_rules(dial_list.campaign.countries, on):
        rows = ListRow.objects.filter(dial_list=dial_list, released=True, country=rule.country)
        tokens = {bytes(token) for token in rows.values_list("token", flat=True) if token}
        answers = known(rule, tokens, on)
        found.append(Asked(rule, len(tokens), answers, frozenset(tokens - answers.keys())))
    return found


def refuse_unanswered(dial_list: DialList, on: date) -> None:
    """Raise Refused where a register was not asked about every row, or its answers have run out."""
    for asked in standing(dial_list, on):
        if asked.missing:
            raise Refused(
                "register_unanswered",
                "%(missing)s of %(rows)s numbers have no answer of %(register)s that serves today (rule "
                "%(rule)s). Submit them and take in the answer.",
                missing=len(asked.missing),
                rows=asked.rows,
                register=asked.register,
                rule=asked.rule.id,
            )


def listed(campaign: Campaign, tokens: Collection[bytes], on: date) -> dict[bytes, str]:
    """Numbers that an answer lists, with the reason code."""
    return {
        token: register_code(register)
        for register, answers in for_screening(campaign.countries, tokens, on).items()
        for token, answer in answers.items()
        if answer.listed
    }


def usable_until(dial_list: DialList, on: date) -> date | None:
    """The last day on which every answer that a list relies on serves."""
    return min((asked.until for asked in standing(dial_list, on) if asked.until), default=None)


def submit(
    *, actor: Actor, dial_list: DialList, register: str, now: datetime
) -> tuple[RegisterSubmission, bytes]:
    """Hand the numbers of a list that need an answer to a register: the file, and what was noted of it.

    Raises Refused where the register is not asked for this list or has answered all; NotPermitted.
    """
    actor.require(submission_actions.FUNCTION)
    on = local_day(now, dial_list.campaign.controller.country)
    asked = next((each for each in standing(dial_list, on) if each.register == register), None)
    found = NationalRegister.objects.filter(code=register).first()
    if asked is None or found is None:
        raise Refused(
            "register_not_of_list",
            "%(register)s is not asked about this list, or is not declared in the organisation file.",
            register=register,
        )
    rows = [row for row in _released(dial_list) if bytes(row.token or b"") in asked.missing]
    opened = open_rows(rows=rows, fields=(), why="release", work=uuid7(), now=now)
    numbers = [int(each.number.removeprefix("+")) for each in opened.values() if each.number]
    return submission_actions.submit(actor=actor, register=found, numbers=numbers, now=now)


def _released(dial_list: DialList) -> Sequence[ListRow]:
    return list(ListRow.objects.filter(dial_list=dial_list, released=True).order_by("position"))
