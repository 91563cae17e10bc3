"""Whether a measure that watches employees may run: it stays off until its papers are filed and employees
have been told long enough before (packs/activation.yaml). Blocking and the ledger are no such measure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from duecause.apps.gate.activation_models import MeasurePaper
from duecause.packs.activation import NOTICE, terms
from duecause.web.templatetags.formats import shown_day


@dataclass(frozen=True, slots=True)
class Standing:
    """`papers`: kind → what is filed. `runs_from`: its first day; None while a paper is missing."""

    measure: str
    papers: dict[str, MeasurePaper]
    missing: tuple[str, ...]
    runs_from: date | None
    today: date

    @property
    def running(self) -> bool:
        return self.runs_from is not None and self.runs_from <= self.today


def activated(measure: str, now: datetime) -> bool:
    """Whether `measure` (a code of packs/activation.yaml) may run at this moment. An unknown one may not."""
    return any(each.running for each in standings(now) if each.measure == measure)


def standings(now: datetime) -> list[Standing]:
    """Every measure of the pack in its order: what is filed, what is missing, from when it may run."""
    today = shown_day(now)
    filed: dict[str, dict[str, MeasurePaper]] = {}
    for paper in MeasurePaper.objects.filter(withdrawn_at=None):
        filed.setdefault(paper.measure, {})[paper.kind] = paper
    wanted, found = terms(today), []
    for measure, wait in wanted.measures.items():
        papers = filed.get(measure, {})
        missing = tuple(kind for kind in wanted.papers if kind not in papers)
        days = [paper.dated + (wait if kind == NOTICE else timedelta(0)) for kind, paper in papers.items()]
        found.append(Standing(measure, papers, missing, None if missing else max(days), today))
    return found
