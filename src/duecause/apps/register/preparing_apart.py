"""The second process of a large import, started and fed by `prepared_apart` over pipes. It has no database,
keeps nothing and ends with its standard input.

Messages are pickles with their length in front, between two processes of the same installation that are each
other's parent and child. What is private in them stays in memory.
"""

from __future__ import annotations

import gc
import pickle
import sys
import threading
from collections.abc import Iterable, Iterator
from queue import Queue
from typing import IO, Any
from uuid import UUID

from django.conf import settings

from duecause.apps.register.planning import Plan, Setting
from duecause.apps.register.preparing import Preparer
from duecause.apps.register.reading import ParsedRow, Way
from duecause.apps.second_process import receive, send, start
from duecause.apps.vault.actions import SealedApart, SealingApart
from duecause.engine.phone import PhoneNumber
from duecause.engine.tabular import Batch

SERVE = "duecause.apps.register.preparing_apart:serve"
AHEAD = 24
"""Batches that may be ready before they are asked for: enough to prepare on while a chunk is written."""


class PreparationFailed(Exception):
    """The second process has ended before its work."""


def prepared_apart(setting: Setting, batches: Iterable[tuple[Way, Batch]]) -> Iterator[list[Plan]]:
    """As `Preparer.prepare` for each batch in order. Raises PreparationFailed, Unavailable; the process ends
    with the generator."""
    process = start(SERVE)
    assert process.stdin is not None and process.stdout is not None
    ready: Queue[bytes | None] = Queue(AHEAD)
    failed: list[BaseException] = []
    feeder = threading.Thread(target=_feed, args=(process.stdin, setting, batches, failed), daemon=True)
    drain = threading.Thread(target=_drain, args=(process.stdout, ready), daemon=True)
    feeder.start()
    drain.start()
    try:
        while (message := ready.get()) is not None:
            yield _unpacked(message)
        feeder.join()
        if failed:
            raise failed[0]
        if process.wait():
            SealingApart()  # raises where a key service that does not answer is why
            raise PreparationFailed
    finally:
        process.kill()
        process.wait()
        while drain.is_alive():  # it may wait for room
            if ready.get() is None:
                break


def _feed(
    pipe: IO[bytes], setting: Setting, batches: Iterable[tuple[Way, Batch]], failed: list[BaseException]
) -> None:
    try:
        with pipe:
            send(pipe, pickle.dumps((settings.DATA, setting), pickle.HIGHEST_PROTOCOL))
            for way, batch in batches:
                send(pipe, pickle.dumps((way, batch), pickle.HIGHEST_PROTOCOL))
    except BrokenPipeError:
        pass  # it has ended: its exit code says so
    except BaseException as error:
        failed.append(error)


def _drain(pipe: IO[bytes], ready: Queue[bytes | None]) -> None:
    while (message := receive(pipe)) is not None:
        ready.put(message)
    ready.put(None)


def _packed(way: Way, plans: list[Plan]) -> bytes:
    """Tuples: a quarter of the time that objects with names for their values take."""
    return pickle.dumps((way.sheet, [_flat(plan) for plan in plans]), pickle.HIGHEST_PROTOCOL)


def _flat(plan: Plan) -> tuple[Any, ...]:
    row = plan.parsed
    return (
        (
            row.row,
            row.values,
            [(number.e164, number.region, number.kind) for number in row.numbers],
            row.dates,
            row.born_at_latest,
            row.external_id,
            row.consent_text,
            row.problems,
            row.broken,
        ),
        str(plan.outcome),
        plan.key,
        plan.record.bytes if plan.record else None,
        plan.tokens,
        plan.content_hash,
        plan.field_hashes,
        plan.wording,
        plan.obtained_on,
        plan.language,
        plan.reason,
        plan.dial,
        [(sealed.compartment, sealed.blob, sealed.wrapped, sealed.kek_id) for sealed in plan.sealed],
    )


def _unpacked(message: bytes) -> list[Plan]:
    sheet, flat = pickle.loads(message)  # noqa: S301 - from our own child
    return [_plan(sheet, *values) for values in flat]


def _plan(
    sheet: str,
    row: tuple[Any, ...],
    outcome: str,
    key: bytes,
    record: bytes | None,
    tokens: list[tuple[str, bytes]],
    content_hash: bytes,
    field_hashes: dict[str, str],
    wording: int | None,
    obtained_on: Any,
    language: str,
    reason: str,
    dial: list[Any],
    sealed: list[tuple[str, bytes, bytes, str]],
) -> Plan:
    number, values, numbers, *rest = row
    parsed = ParsedRow(sheet, number, values, [PhoneNumber(*each) for each in numbers], *rest)
    owner = UUID(bytes=record) if record else None
    return Plan(
        parsed=parsed,
        outcome=outcome,
        key=key,
        record=owner,
        tokens=tokens,
        content_hash=content_hash,
        field_hashes=field_hashes,
        wording=wording,
        obtained_on=obtained_on,
        language=language,
        reason=reason,
        dial=dial,
        sealed=[SealedApart(owner, *each) for each in sealed] if owner else [],
    )


def serve() -> None:
    """What the second process does."""
    gc.disable()  # it makes no cycles
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    first = receive(incoming)
    if first is None:
        return
    data, setting = pickle.loads(first)  # noqa: S301 - from our own parent
    settings.DATA = data
    preparer = Preparer(setting)
    while (message := receive(incoming)) is not None:
        way, batch = pickle.loads(message)  # noqa: S301
        send(outgoing, _packed(way, preparer.prepare(way, batch)))
        outgoing.flush()
