"""Whether the sealed parts of events are still what their leaves commit to. Only hashes leave this module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from duecause.apps.ledger.agreement import EVENT_USE
from duecause.apps.vault.models import Compartment
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine import tlog
from duecause.engine.problems import gettext_noop
from duecause.engine.sealing import SealBroken
from duecause.engine.tlog.failures import Findings, Kind

_BROKEN = gettext_noop("The %(part)s part does not open with its key: it was altered or moved here.")
_OTHER = gettext_noop("The %(part)s part is not the one this leaf commits to.")
_ADDED = gettext_noop("There is a %(part)s part here that the leaf knows nothing of.")
_MOVED = gettext_noop("The %(part)s part is filed under another person than it was written for.")
_GONE = gettext_noop("The %(part)s part is gone, although its key was never destroyed.")


def place(row: Any) -> str:
    return f"event {row.uid}" if row.leaf__index is None else f"leaf {row.leaf__index}"


class PartCheck:
    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.opened = self.erased = 0

    def check(self, rows: Sequence[tuple[Any, tlog.EventLeaf]]) -> None:
        """`rows`: event rows with their leaves, a thousand or so at a time. The record part says for which
        person and in which compartment the person part was sealed; the columns beside it are not believed."""
        records = [Sealed(r.record_key, Compartment.PERIOD, EVENT_USE, bytes(r.record_part)) for r, _ in rows]
        people: list[tuple[Any, tlog.EventLeaf, Sealed]] = []
        for (row, leaf), sealed, content in zip(rows, records, self._open(records), strict=True):
            self._judge(place(row), "record", leaf.record_commitment, sealed, content)
            about = content["payload"] if isinstance(content, dict) else None
            if about is not None and about.get("person") != (str(row.person) if row.person else None):
                self._add(place(row), "person", _MOVED)
            if leaf.person_commitment is not None:
                compartment = (about or {}).get("sealed_in", Compartment.CONTENT)
                blob = bytes(row.person_part or b"")
                sealed = Sealed(row.person or UUID(int=0), compartment, EVENT_USE, blob)
                people.append((row, leaf, sealed))
            elif row.person_part:
                self._add(place(row), "person", _ADDED)
        opened = self._open([sealed for *_, sealed in people])
        for (row, leaf, sealed), content in zip(people, opened, strict=True):
            self._judge(place(row), "person", leaf.person_commitment or b"", sealed, content)

    def _open(self, items: Sequence[Sealed]) -> list[dict[str, Any] | SealBroken | None]:
        try:
            return list(open_many(items))
        except SealBroken:
            return [self._open_one(item) for item in items]

    def _open_one(self, item: Sealed) -> dict[str, Any] | SealBroken | None:
        try:
            return open_many([item])[0]
        except SealBroken as broken:
            return broken

    def _judge(
        self,
        where: str,
        part: str,
        commitment: bytes,
        sealed: Sealed,
        content: dict[str, Any] | SealBroken | None,
    ) -> None:
        if content is None:
            self.erased += 1
        elif isinstance(content, SealBroken):
            self._add(where, part, _BROKEN if sealed.blob else _GONE)
        elif _commitment(content) != commitment:
            self._add(where, part, _OTHER)
        else:
            self.opened += 1

    def _add(self, where: str, part: str, template: str) -> None:
        self.findings.add(Kind.COMMITMENT, where, template, part=part)


def _commitment(content: dict[str, Any]) -> bytes | None:
    try:
        return tlog.commitment(bytes.fromhex(content["salt"]), tlog.canonical_json(content["payload"]))
    except (KeyError, TypeError, ValueError):
        return None
