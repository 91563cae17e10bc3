"""Verify the database as it stands: the bundle it would export, and every row against its leaf."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Exists, Max, OuterRef

from duecause.apps.ledger import agreement, bundles, recovering, texts
from duecause.apps.ledger.models import Checkpoint, Event, Leaf, QueueEntry, State
from duecause.apps.ledger.parts import PartCheck, place
from duecause.apps.ledger.publishing import anchor_path
from duecause.engine import tlog
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.failures import SEVERITY, Findings, Kind

CHUNK = 1_000
REMEMBERED = 50
Progress = Callable[[int, int], None]

_ROW_DIFFERS = gettext_noop("The event row does not say what its leaf says.")
_HASH_DIFFERS = gettext_noop("The hash stored for this entry is not that of its leaf.")


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
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=settings.DATA) as folder:
        bundle = Path(folder) / "log"
        bundles.export(bundle, now=now)
        report = tlog.verify_bundle(bundle, anchor=anchor, policy=policy, now=now, max_age=max_age)
    rows = _Rows(Findings())
    rows.check_checkpoints()
    rows.check_head()
    rows.check_orphans()
    rows.check_events(progress, total)
    return LiveReport(
        log=_merged(report, rows.findings.listed()),
        waiting=QueueEntry.objects.count(),
        opened=rows.parts.opened,
        erased=rows.parts.erased,
    )


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


class _Rows:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.parts = PartCheck(findings)

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

    def check_events(self, progress: Progress, total: int) -> None:
        rows = Event.objects.order_by("pk").values_list(
            "uid", "at", "kind", "person", "person_part", "record_part", "record_key",
            "leaf_bytes", "leaf_hash", "leaf__index", "leaf__leaf_hash", "queueentry__id",
            named=True,
        )  # fmt: skip
        done = 0
        running = rows.iterator(CHUNK)
        while chunk := list(islice(running, CHUNK)):
            opened, others = agreement.split(chunk)
            self.parts.opened += opened
            read = [(row, leaf) for row in others if (leaf := self._leaf_of(row)) is not None]
            self.parts.check(read)
            done += len(chunk)
            progress(min(done, total), total)

    def _leaf_of(self, row: Any) -> tlog.EventLeaf | None:
        """The leaf of an event row if it can be read, after comparing it with everything stored beside it."""
        index, leaf = row.leaf__index, bytes(row.leaf_bytes)
        where = place(row)
        if index is None and row.queueentry__id is None:
            text = gettext_noop(
                "The event is neither in the log nor waiting for it: it was taken out of both."
            )
            self.findings.add(Kind.GAP, where, text)
        hashes = [row.leaf_hash] if index is None else [row.leaf_hash, row.leaf__leaf_hash]
        if any(bytes(stored) != tlog.leaf_hash(leaf) for stored in hashes):
            self.findings.add(Kind.TREE, where, _HASH_DIFFERS)
        try:
            read = tlog.parse_leaf(leaf)
        except tlog.Malformed:
            self.findings.add(Kind.TREE, where, gettext_noop("The text of this leaf is damaged."))
            return None
        if not isinstance(read, tlog.EventLeaf):
            return None
        told = (read.uid, read.kind, read.at_us)
        if told != (row.uid, row.kind, int(row.at.timestamp() * 1_000_000)):
            self.findings.add(Kind.TREE, where, _ROW_DIFFERS)
        return read


def _frontier_root(stored: bytes) -> bytes | None:
    try:
        return tlog.Frontier.from_bytes(stored).root()
    except (Refused, ValueError):
        return None
