"""Verify the database as it stands: the bundle it would export, and every row against its leaf."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Exists, Max, OuterRef

from duecause.apps.ledger import bundles, checking_apart, recovering, texts
from duecause.apps.ledger.checking_rows import CHUNK, EventRows
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, QueueEntry, State
from duecause.apps.ledger.publishing import anchor_path
from duecause.engine import tlog
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.failures import SEVERITY, Findings, Kind

REMEMBERED = 50
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LiveReport:
    """`log` holds all failures. Of the sealed parts, `opened` agree with their leaf; `erased` cannot be
    opened any more because their key was destroyed, which is no failure."""

    log: tlog.Report
    waiting: int
    opened: int
    erased: int

    @property
    def exit_code(self) -> Kind:
        return self.log.exit_code


def verify_live(
    *,
    now: datetime,
    anchor: bytes | None,
    policy: tlog.Policy | None = None,
    max_age: timedelta | None = None,
    progress: Progress = lambda done, total: None,
) -> LiveReport:
    """Check the log in the database. Read `anchor` before calling: what is published meanwhile must not look
    like a roll-back. `policy` defaults to this installation's own key. `progress` is called with (rows done,
    rows in all) and may raise to stop."""
    policy = policy or tlog.Policy.of_keys(recovering.verifiers())
    total = Event.objects.count()
    progress(0, total)
    Path(settings.DATA).mkdir(mode=0o700, parents=True, exist_ok=True)
    with checking_apart.second_process(total) as second:
        report = _check_bundle(now, anchor, policy, max_age)
        rows = _check_rows(progress, total, second)
    return LiveReport(
        log=_merged(report, rows.findings.listed()),
        waiting=QueueEntry.objects.count(),
        opened=rows.parts.opened,
        erased=rows.parts.erased,
    )


def _check_bundle(
    now: datetime, anchor: bytes | None, policy: tlog.Policy, max_age: timedelta | None
) -> tlog.Report:
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=settings.DATA) as folder:
        bundle = Path(folder) / "log"
        bundles.export(bundle, now=now)
        return tlog.verify_bundle(bundle, anchor=anchor, policy=policy, now=now, max_age=max_age)


def _check_rows(progress: Progress, total: int, second: checking_apart.Second) -> EventRows:
    findings = Findings()
    around = _Around(findings)
    around.check_checkpoints()
    around.check_head()
    around.check_orphans()
    rows = EventRows(findings)
    rows.check(lambda done: progress(min(done + second.done, total), total), after=second.until)
    rows.add(second.result())
    return rows


def summary(report: LiveReport) -> dict[str, Any]:
    """What is remembered of a verification; the first failures, each with kind, place and text."""
    failures = [
        {"kind": int(failure.kind), "where": failure.where, **texts.plain(failure.problem)}
        for failure in report.log.failures[:REMEMBERED]
    ]
    return {
        "exit": int(report.exit_code),
        "leaves": report.log.leaves,
        "checkpoints": report.log.checkpoints,
        "waiting": report.waiting,
        "opened": report.opened,
        "erased": report.erased,
        "failed": len(report.log.failures),
        "failures": failures,
    }


def own_anchor() -> bytes | None:
    """What this installation has published; None before the first time. An anchor that is gone although
    checkpoints exist comes as b"", which the verification reports."""
    path = anchor_path()
    if path.exists():
        return path.read_bytes()
    return b"" if Checkpoint.objects.exists() else None


def _merged(report: tlog.Report, found: Sequence[tlog.Failure]) -> tlog.Report:
    """One list; what the tree says of a leaf already is not said again by its row."""
    told = {(failure.kind, failure.where) for failure in report.failures}
    more = [failure for failure in found if (failure.kind, failure.where) not in told]
    failures = sorted([*report.failures, *more], key=lambda failure: SEVERITY.index(failure.kind))
    return replace(report, failures=tuple(failures))


class _Around:
    """What is stored around the events: checkpoints, the sequencer's state, leaves."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def check_checkpoints(self) -> None:
        for row in Checkpoint.objects.order_by("size").iterator(CHUNK):
            where, note = f"checkpoint {row.size}", bundles.readable(row.note)
            if note is None:
                self.findings.add(Kind.MALFORMED, where, gettext_noop("The note stored here is damaged."))
                continue
            signed = tlog.parse_checkpoint(note.text)
            if (signed.size, signed.root) != (row.size, bytes(row.root)):
                text = gettext_noop("The checkpoint row does not say what its signed note says.")
                self.findings.add(Kind.FORK, where, text)

    def check_head(self) -> None:
        """Leaves, state and checkpoint are committed together, so none of them can be ahead."""
        last = Leaf.objects.aggregate(last=Max("index"))["last"]
        state = State.objects.filter(id=1).first()
        covered = Checkpoint.objects.aggregate(size=Max("size"))["size"] or 0
        if last is not None and last >= covered:
            text = gettext_noop("Entries from %(size)s on have no checkpoint: the newest one was taken out.")
            self.findings.add(Kind.FORK, "checkpoint", text, size=covered)
        if state is None or not state.size:
            if covered:
                text = gettext_noop(
                    "The state of the sequencer is gone. Do not start it before it is restored."
                )
                self.findings.add(Kind.TREE, "state", text)
            return
        signed = Checkpoint.objects.filter(size=state.size).first()
        if signed is None:
            text = gettext_noop("The checkpoint of %(size)s leaves, which the sequencer has signed, is gone.")
            self.findings.add(Kind.FORK, "state", text, size=state.size)
        elif _frontier_root(bytes(state.frontier)) != bytes(signed.root):
            text = gettext_noop("The sequencer would continue another tree than the one it has signed.")
            self.findings.add(Kind.TREE, "state", text)

    def check_orphans(self) -> None:
        gone = Leaf.objects.filter(~Exists(Event.objects.filter(pk=OuterRef("event_id"))))
        for index in gone.order_by("index").values_list("index", flat=True).iterator(CHUNK):
            self.findings.add(Kind.GAP, f"leaf {index}", gettext_noop("The event of this leaf was removed."))


def _frontier_root(stored: bytes) -> bytes | None:
    try:
        return tlog.Frontier.from_bytes(stored).root()
    except (Refused, ValueError):
        return None
