"""File and withdraw the papers of measures that watch employees."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models, transaction

from duecause.apps.gate.activation_models import MeasurePaper
from duecause.apps.ledger.actions import record
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop
from duecause.packs.activation import PAPERS, terms
from duecause.web.templatetags.formats import shown_day

FUNCTION = "monitoring.file"


def file_paper(
    *, actor: Actor, measure: str, kind: str, reference: str, dated: date, now: datetime
) -> MeasurePaper:
    """File a paper in the place of the one before. `reference` says where it lies, `dated` the day it was
    given, signed or told. Raises NotPermitted, Refused for an unknown measure, no reference or a day to come.
    """
    actor.require(FUNCTION)
    today, reference = shown_day(now), reference.strip()[:200]
    if measure not in terms(today).measures or kind not in PAPERS:
        raise Refused("measure_unknown", UNKNOWN, measure=measure, kind=kind)
    if not reference:
        raise Refused("paper_reference", NO_REFERENCE)
    if dated > today:
        raise Refused("paper_day", TO_COME, day=dated.isoformat())
    with transaction.atomic():
        _end(actor, MeasurePaper.objects.filter(measure=measure, kind=kind, withdrawn_at=None), now)
        paper = MeasurePaper.objects.create(
            measure=measure, kind=kind, reference=reference, dated=dated, filed_by=actor.ref, filed_at=now
        )
        told = {"measure": measure, "paper": kind, "reference": reference, "dated": dated.isoformat()}
        record(actor=actor, kind="gate.measure_filed", now=now, payload=told)
    return paper


def withdraw_paper(*, actor: Actor, paper: MeasurePaper, now: datetime) -> None:
    """The paper does not hold any more: its measure stops at once. Again changes nothing."""
    actor.require(FUNCTION)
    with transaction.atomic():
        if _end(actor, MeasurePaper.objects.filter(pk=paper.pk, withdrawn_at=None), now):
            told = {"measure": paper.measure, "paper": paper.kind}
            record(actor=actor, kind="gate.measure_withdrawn", now=now, payload=told)


def _end(actor: Actor, papers: models.QuerySet[MeasurePaper], now: datetime) -> int:
    return papers.update(withdrawn_at=now, withdrawn_by=actor.ref)


UNKNOWN = gettext_noop("There is no paper “%(kind)s” for a measure “%(measure)s”. Choose one of the page.")
NO_REFERENCE = gettext_noop("Say where the paper lies: a file number, a link or a folder.")
TO_COME = gettext_noop("%(day)s has not come yet. File the paper once it was given, signed or told.")
