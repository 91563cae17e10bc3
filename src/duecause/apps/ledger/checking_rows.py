"""Whether each event row, with everything stored beside it, says what its leaf says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, FilteredRelation, Q, QuerySet
from django.db.models.functions import Cast

from duecause.apps.ledger import agreement
from duecause.apps.ledger.agreement import Row
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.parts import PartCheck, place
from duecause.apps.statements import Statement
from duecause.engine import tlog
from duecause.engine.problems import gettext_noop
from duecause.engine.tlog.failures import Findings, Kind

CHUNK = 1_000

_ROW_DIFFERS = gettext_noop("The event row does not say what its leaf says.")
_HASH_DIFFERS = gettext_noop("The hash stored for this entry is not that of its leaf.")


def _rows(*, after: int | None = None, until: int | None = None) -> QuerySet[Event, Any]:
    """Events in the form of Row. Read by key, so that neither database keeps a snapshot for as long as a
    verification takes. What is beside them has the same bounds, so that no way of joining reads more."""
    leaf, entry = _within("leaf__event_id", after, until), _within("queueentry__event_id", after, until)
    uid, at, person, month = (Cast(name, CharField()) for name in ("uid", "at", "person", "record_key"))
    return (
        Event.objects.filter(_within("pk", after, until))
        .annotate(
            placed=FilteredRelation("leaf", condition=leaf),
            queued=FilteredRelation("queueentry", condition=entry),
        )
        .order_by("pk")
        .values_list(
            "pk", uid, at, "kind", person, "person_part", "record_part", month,
            "leaf_bytes", "leaf_hash", "placed__index", "placed__leaf_hash", "queued__id",
        )[:CHUNK]
    )  # fmt: skip


def _within(name: str, after: int | None, until: int | None) -> Q:
    bounds = {f"{name}__gt": after, f"{name}__lte": until}
    return Q(**{bound: value for bound, value in bounds.items() if value is not None})


def _ends(*, after: int | None = None, until: int | None = None) -> QuerySet[Event, Any]:
    """The primary key that ends the next CHUNK of events; nothing where fewer are left."""
    events = Event.objects.filter(_within("pk", after, until))
    return events.order_by("pk").values_list("pk")[CHUNK - 1 : CHUNK]


_ENDS = Statement(_ends)
_ROWS = Statement(_rows)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a part of the events came to; as `checking.LiveReport`."""

    findings: Findings
    opened: int
    erased: int


class EventRows:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.parts = PartCheck(findings)

    def result(self) -> Checked:
        return Checked(self.findings, self.parts.opened, self.parts.erased)

    def add(self, other: Checked) -> None:
        self.findings.extend(other.findings)
        self.parts.opened += other.opened
        self.parts.erased += other.erased

    def check(
        self, progress: Callable[[int], None], *, after: int | None = None, until: int | None = None
    ) -> None:
        """The events with a primary key in (after, until]; `progress` is called with the rows done and may
        raise to stop."""
        done = 0
        while rows := [*map(Row._make, self._next(after, until))]:
            opened, others = agreement.split(rows)
            self.parts.opened += opened
            if others:
                self._look_closer(others)
            after = rows[-1].pk
            done += len(rows)
            progress(done)

    def _next(self, after: int | None, until: int | None) -> list[tuple[Any, ...]]:
        ends = _ENDS.rows(after=after, until=until)
        return _ROWS.rows(after=after, until=ends[0][0] if ends else until)

    def _look_closer(self, events: Sequence[int]) -> None:
        rows = Event.objects.filter(pk__in=events).order_by("pk").values_list(
            "uid", "at", "kind", "person", "person_part", "record_part", "record_key",
            "leaf_bytes", "leaf_hash", "leaf__index", "leaf__leaf_hash", "queueentry__id",
            named=True,
        )  # fmt: skip
        self.parts.check([(row, leaf) for row in rows if (leaf := self._leaf_of(row)) is not None])

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
