"""Rows made ready as far as that goes without a database: read, normalised, hashed, sealed under new keys.

It is about half of the work of an import. For a large file another process does it (`preparing_apart`)
while this one writes: keys cross between them wrapped, in memory, and are committed before the rows that
need them.
"""

from __future__ import annotations

from duecause.apps.register import facts
from duecause.apps.register.planning import STORED, Plan, Setting, first_look
from duecause.apps.register.reading import Way
from duecause.apps.register.writing import to_seal_of
from duecause.apps.vault.actions import SealingApart
from duecause.engine.ids import many_uuid7
from duecause.engine.tabular import Batch


class Preparer:
    """Holds what is set up once for all rows."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def prepare(self, way: Way, batch: Batch) -> list[Plan]:
        """The plans of these rows, each as if its record were new: whether it is, only the database knows."""
        setting, apart = self._setting, SealingApart()
        plans = [first_look(setting, row) for row in way.parse(batch)]
        hopeful = [plan for plan in plans if plan.outcome == STORED and not plan.reason]
        for plan, record in zip(hopeful, many_uuid7(len(hopeful)), strict=True):
            plan.record = record
            plan.sealed = [apart.seal(to_seal) for to_seal in to_seal_of(setting, plan)]
        facts.add_dial_values(setting, [plan for plan in plans if plan.outcome == STORED])
        return plans
