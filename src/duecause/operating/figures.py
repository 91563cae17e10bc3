"""Figures for monitoring in the Prometheus text format, counted from the database when asked, so that any
number of processes give the same answer. Counts only: no name, number or id."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Count

from duecause.apps.dialling.models import Release
from duecause.apps.gate.delivery_queries import last_heartbeat, sink_standings
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Checkpoint, State
from duecause.apps.ledger.queries import queue_health
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.obligations.queries import late_steps
from duecause.apps.register.models import ImportBatch, QuarantinedRow


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample; `help` and `kind` (gauge or counter) stand above the first of a name."""

    name: str
    help: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)
    kind: str = "gauge"


def figures(*, now: datetime) -> Iterator[Figure]:
    size = State.objects.values_list("size", flat=True).first() or 0
    yield Figure("duecause_ledger_entries", "Entries under a checkpoint.", size, kind="counter")
    health = queue_health(now)
    waiting = max(health.oldest.total_seconds(), 0) if health.oldest else 0
    yield Figure("duecause_ledger_queue_age_seconds", "Age of the oldest event without a place.", waiting)
    yield Figure("duecause_ledger_queue_entries", "Events without a place.", health.waiting)
    yield Figure("duecause_ledger_late", "1: the ledger does not keep up, as the alarm says.", not health.ok)
    newest = Checkpoint.objects.order_by("-size").values_list("signed_at", flat=True).first()
    if newest:
        age = (now - newest).total_seconds()
        yield Figure("duecause_ledger_checkpoint_age_seconds", "Age of the newest checkpoint.", age)
    yield from _by("duecause_steps", "Steps of obligations by state.", Step, "state")
    yield Figure("duecause_steps_late", "Steps that should have begun over two minutes ago.", late_steps(now))
    free = shutil.disk_usage(settings.DATA).free
    yield Figure("duecause_disk_free_bytes", "Free space where the data folder is.", free)
    yield from _by("duecause_imports", "Imports by state.", ImportBatch, "state")
    overdue = Obligation.objects.filter(state=Obligation.State.OPEN, due_at__lt=now).count()
    yield Figure("duecause_obligations_overdue", "Open obligations past their date.", overdue)
    for row in Alarm.objects.exclude(state=Alarm.State.CLOSED).values("severity").annotate(n=Count("pk")):
        labels = {"severity": str(row["severity"])}
        yield Figure("duecause_alarms_open", "Open alarms by severity.", row["n"], labels)
    yield from _alarm_sinks(now)
    running = Release.objects.filter(recalled_at=None, expires_at__gt=now).count()
    yield Figure("duecause_releases_running", "Lists in the hands of call centres.", running)
    kept = QuarantinedRow.objects.count()
    yield Figure("duecause_quarantined_rows", "Rows that wait in quarantine.", kept)


def _alarm_sinks(now: datetime) -> Iterator[Figure]:
    beat = last_heartbeat()
    if beat is not None:
        age = (now - beat).total_seconds()
        yield Figure("duecause_alarm_heartbeat_age_seconds", "Age of the newest heartbeat of alarms.", age)
    standings = sink_standings()
    for sink in standings:
        text = "Messages that wait for a sink of alarms."
        yield Figure("duecause_alarm_sink_waiting", text, sink.waiting, {"sink": sink.code})
    for sink in standings:
        text = "Messages that a sink of alarms refused or that were given up."
        yield Figure("duecause_alarm_sink_dead", text, sink.dead, {"sink": sink.code})


def _by(name: str, text: str, model: type, column: str) -> Iterator[Figure]:
    for row in model.objects.values(column).annotate(n=Count("pk")).order_by(column):  # type: ignore[attr-defined]
        yield Figure(name, text, row["n"], {column: str(row[column])})


def rendered(found: Iterator[Figure]) -> str:
    lines: list[str] = []
    seen: set[str] = set()
    for figure in found:
        if figure.name not in seen:
            seen.add(figure.name)
            lines += [f"# HELP {figure.name} {figure.help}", f"# TYPE {figure.name} {figure.kind}"]
        labels = ",".join(f'{name}="{value}"' for name, value in figure.labels.items())
        lines.append(
            f"{figure.name}{{{labels}}} {figure.value:g}" if labels else f"{figure.name} {figure.value:g}"
        )
    return "\n".join(lines) + "\n"
