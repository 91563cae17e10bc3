"""The rows of a file chunk by chunk into the register. Called by `actions.import_file` alone."""

from __future__ import annotations

import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connections, router, transaction

from duecause.apps.bulk import refresh_statistics
from duecause.apps.bulk_keys import asked_once
from duecause.apps.ledger.actions import record
from duecause.apps.register import keeping, matching_job, telling, writing
from duecause.apps.register.models import DialFact, ImportBatch, Lookup, Record, RecordLink
from duecause.apps.register.planning import Outcome, Plan, Setting, settle_chunk
from duecause.apps.register.preparing import Preparer
from duecause.apps.register.preparing_apart import prepared_apart
from duecause.apps.register.reading import ReadFile, Way
from duecause.apps.second_process import more_than_one_core
from duecause.apps.vault.actions import store_new_keys
from duecause.apps.vault.keys_apart import KeysApart, keys_apart
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tabular import Batch

CHUNK_ROWS = 2_000
BULK_FROM = 20_000
"""Rows still to be stored from which a second process prepares them and chunks are large."""
BULK_ROWS = {"postgresql": 20_000, "sqlite": 50_000}
"""A page of the index of tokens is written once per chunk, however many rows fall on it: larger chunks write
less. SQLite makes other writers wait meanwhile (docs/decisions/0013)."""
KEYS_APART_FROM = 200_000
"""Rows from which a third process commits the keys meanwhile."""
BATCH_ROWS = 2_000
STATISTICS_EVERY = 500_000

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all after each chunk."""


@dataclass(slots=True)
class Begun:
    """When work began, and how far it was when first heard of: an import that goes on behind an interruption
    must not count as its own speed what was done before."""

    at: float
    rows: int | None = None

    def seconds_left(self, done: int, total: int, now: float) -> float | None:
        """None until two reports have shown a speed."""
        if self.rows is None:
            self.rows, self.at = done, now
        passed = done - self.rows
        return (total - done) * (now - self.at) / passed if passed > 0 else None


@dataclass(slots=True)
class Times:
    """Seconds per part of the work of this process."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - started


def load(actor: Actor, setting: Setting, file: ReadFile, progress: Progress | None, times: Times) -> None:
    """Store what is not stored yet, each chunk in a transaction with its event. Raises Refused."""
    batch = setting.batch
    bulk = batch.rows_total - batch.rows_done >= BULK_FROM
    size = BULK_ROWS[connections[router.db_for_write(Record)].vendor] if bulk else CHUNK_ROWS
    batches = _behind(batch.rows_done, file.batches(min(size, BATCH_ROWS)))
    chunks = counted = 0
    apart = more_than_one_core() and batch.rows_total - batch.rows_done >= KEYS_APART_FROM
    with (
        closing(_prepared(setting, batches, bulk)) as prepared,
        keys_apart(apart) as keys,
        _without_collector(),
    ):
        for plans in _timed(_gathered(prepared, size), times):
            _store_chunk(actor, setting, plans, times, keys)
            chunks, counted = chunks + 1, counted + len(plans)
            # 1, 2, 4 … : often while tables are small, rarely later
            if chunks & (chunks - 1) == 0 or counted >= STATISTICS_EVERY:
                counted = 0
                refresh_statistics(Record, Lookup, DialFact, RecordLink)
            if progress:
                progress(batch.rows_done, batch.rows_total)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Chunks are large and free of cycles: looking for some takes time and finds nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _behind(done: int, batches: Iterable[tuple[Way, Batch]]) -> Iterator[tuple[Way, Batch]]:
    """What follows the first `done` rows."""
    for way, batch in batches:
        skipped = min(done, len(batch))
        done -= skipped
        if skipped < len(batch):
            yield way, batch.after(skipped)


def _prepared(setting: Setting, batches: Iterable[tuple[Way, Batch]], apart: bool) -> Generator[list[Plan]]:
    if apart and more_than_one_core():
        yield from prepared_apart(setting, batches)
        return
    preparer = Preparer(setting)
    for way, batch in batches:
        yield preparer.prepare(way, batch)


def _gathered(prepared: Iterable[list[Plan]], size: int) -> Iterator[list[Plan]]:
    """Chunks of at least `size` rows, the last one aside. Batches are never cut: they have a common sheet."""
    chunk: list[Plan] = []
    for plans in prepared:
        chunk += plans
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _timed(chunks: Iterator[list[Plan]], times: Times) -> Iterator[list[Plan]]:
    while True:
        with times.of("prepare"):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _store_chunk(
    actor: Actor, setting: Setting, prepared: list[Plan], times: Times, keys: KeysApart | None
) -> None:
    """Decide and weigh without a lock, then write in one transaction; it ends when the keys are committed."""
    with times.of("look_up"):
        plans = settle_chunk(setting, prepared)
        outlived = keeping.keep_corrections(setting, plans)
    with times.of("keys"):
        if keys:
            keys.begin(writing.new_keys(plans))
        else:
            store_new_keys(writing.new_keys(plans))
    with times.of("match"):
        found = matching_job.find_links(setting=setting, plans=plans, now=setting.now)
    with times.of("keys"):
        sealed = writing.seal_rest(setting, plans)
    batch = setting.batch
    passed = batch.rows_done + len(plans)
    outcomes = Counter(str(plan.outcome) for plan in plans)
    counts = dict(Counter(batch.counts) + outcomes)
    with times.of("write"), asked_once(Record), transaction.atomic():
        # Only one process may store a chunk: whoever finds `rows_done` moved has been overtaken.
        mine = ImportBatch.objects.filter(
            pk=batch.pk, state=ImportBatch.State.LOADING, rows_done=batch.rows_done
        ).update(rows_done=passed, counts=counts)
        if not mine:
            raise Refused(
                "import_elsewhere",
                gettext_noop("This file is being imported by another process. Wait for it to finish."),
            )
        links = writing.write_chunk(setting, plans, sealed, found)
        payload = _chunk_payload(setting, plans, sealed, outcomes, links)
        record(actor=actor, kind="register.import_chunk", now=setting.now, payload=payload)
        keeping.end_corrections(outlived, now=setting.now)
        telling.announce(_corrected(actor, setting, plans))
        if keys:
            keys.wait()
    batch.rows_done, batch.counts = passed, counts


def _corrected(actor: Actor, setting: Setting, plans: Sequence[Plan]) -> telling.Corrected:
    fields = {
        plan.record_id: frozenset(plan.changes) & setting.declared.compartments.keys()
        for plan in plans
        if plan.outcome == Outcome.UPDATED
    }
    return telling.Corrected(
        actor=actor,
        act=setting.batch.pk,
        source=setting.source.pk,
        fields={record_id: names for record_id, names in fields.items() if names},
        now=setting.now,
    )


def _chunk_payload(
    setting: Setting,
    plans: Sequence[Plan],
    sealed: writing.Sealed,
    outcomes: Counter[str],
    links: Counter[str],
) -> dict[str, Any]:
    return {
        "batch": str(setting.batch.pk),
        "rows": len(plans),
        "outcomes": dict(outcomes),
        "links": dict(links),
        "root": writing.chunk_root(plans, sealed).hex(),
    }
