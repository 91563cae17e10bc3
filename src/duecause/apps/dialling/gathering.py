"""What is known for and against the numbers of a list: the one place where both a list in memory and the
pieces of a large one are asked about, so that no fact counts for one of them only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import pyarrow as pa

from duecause.apps.dialling import facts, notices, register_answers, rules
from duecause.apps.dialling.attempt_counts import Capped
from duecause.apps.dialling.models import Campaign
from duecause.apps.parties.models import Partner
from duecause.engine.screening import RegisterState

ABOUT = ("suppressed", "register", "consents", "relations", "elsewhere", "notices")
"""Inputs of a screening that `Facts.about` answers."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to call whom, for what, on which day."""

    campaign: Campaign
    centre: Partner
    on: date
    now: datetime


class Facts:
    """Facts for one question. `countries`: those of the numbers that will be asked about."""

    def __init__(self, question: Question, countries: Collection[str]) -> None:
        self.question = question
        self.rule_sets = rules.rule_sets({*countries, *question.campaign.countries}, question.on)
        needed = rules.registers_for(self.rule_sets.values())
        self._loaded, self.versions = facts.register_states(needed)
        self._answered: dict[str, dict[bytes, date]] = {}
        self._capped = Capped(question.campaign, question.centre, question.on, question.now)

    def registers(self) -> dict[str, RegisterState]:
        """Registers as loaded, and as they answered about the numbers that were asked about so far."""
        asked = {code: register_answers.state(found) for code, found in self._answered.items() if found}
        return self._loaded | asked

    def about(self, numbers: pa.Table) -> dict[str, pa.Table]:
        """Inputs ABOUT of a screening, for some numbers of a list (`bulk.NUMBERS`)."""
        asked, campaign = self.question, self.question.campaign
        tokens, persons = (
            numbers["token"].to_pylist(),
            [_uuid(each) for each in numbers["person"].to_pylist()],
        )
        once, people = set(tokens), {person for person in persons if person is not None}
        full = self._capped.among(zip(tokens, persons, numbers["country"].to_pylist(), strict=True))
        lines = {
            "suppressed": facts.suppressed(campaign, once, asked.now) | full,
            "register": facts.in_registers(self.versions, once) | self._listed(once),
            "consents": facts.consents(campaign, people, asked.on),
            "relations": facts.relations(people),
            "elsewhere": facts.elsewhere(campaign, asked.centre, once, people),
            "notices": self._held_back(numbers),
        }
        return {name: facts.table(name, list(lines[name])) for name in ABOUT}

    def _listed(self, tokens: Collection[bytes]) -> set[tuple[bytes, str]]:
        """By registers that give out no file, as far as they were asked."""
        found = register_answers.for_screening(self.rule_sets, tokens, self.question.on)
        for register, answers in found.items():
            days = {token: answer.on for token, answer in answers.items()}
            self._answered.setdefault(register, {}).update(days)
        return {
            (token, register)
            for register, answers in found.items()
            for token, answer in answers.items()
            if answer.listed
        }

    def _held_back(self, numbers: pa.Table) -> list[tuple[int, int, str]]:
        asked = self.question
        places = zip(
            *(numbers[name].to_pylist() for name in ("row_id", "ordinal", "source")),
            map(_uuid, numbers["record"].to_pylist()),
            strict=True,
        )
        return list(notices.held_back(asked.campaign, asked.centre, places, asked.now, asked.on))


def _uuid(value: bytes | None) -> UUID | None:
    return UUID(bytes=value) if value else None
