"""A large file is prepared by a second process and written by the first; with all or nothing, one row that
cannot be taken leaves nothing behind."""

import os
import time
from pathlib import Path

import pytest

from duecause.apps import second_process
from duecause.apps.consent.models import Suppression
from duecause.apps.gate.actions import open_for_job
from duecause.apps.ledger.models import Event
from duecause.apps.register import loading, preparing_apart
from duecause.apps.register.loading import Begun
from duecause.apps.register.models import (
    DialFact,
    ImportBatch,
    ImportRow,
    Lookup,
    Person,
    QuarantinedRow,
    Record,
    RecordLink,
    RelationFact,
)
from duecause.apps.vault import indexes
from duecause.apps.vault.models import DataKey
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, declare_fields, outcomes, take
from tests.support.world import NOW

HEADER = "voornaam;achternaam;email;telefoon;postcode;geboortedatum;contract van"
ROWS = [
    f"Mila;Vuurvlieg{n};m{n}@example.org;0470 00 {n // 100:02} {n % 100:02};9000;1990-01-31;2026-01-01"
    for n in range(60)
]
SAME_HUMAN = "Mila;Vuurvlieg3;andere@example.org;0470 00 00 03;9000;1990-01-31;"
UNUSABLE = "Mila;Zonder;;;9000;;"
POISONED = "Mila;Vuurvlieg;gif@example.org;0470 99 99 99;9000;;;zu;viel"
KINDS = (Record, Lookup, DialFact, Person, ImportRow, ImportBatch, QuarantinedRow, RecordLink, DataKey)


def text(*more: str) -> str:
    return "\n".join((HEADER, *ROWS, *more)) + "\n"


def stored() -> dict[str, object]:
    """Everything of an import that is the same whoever prepared it."""
    people = Actor.job("test", "open:matching")
    ids = list(Record.objects.values_list("pk", flat=True))
    opened = open_for_job(
        actor=people, kind="record", ids=ids, fields=("last_name", "birth_date"), why="matching", now=NOW
    )
    rows = ImportRow.objects.order_by("row")
    return {
        "rows": list(rows.values_list("row", "outcome", "problems", "changes")),
        "opened": sorted(str(sorted(values.items())) for values in opened.values()),
        "tokens": sorted((kind, bytes(token)) for kind, token in Lookup.objects.values_list("kind", "token")),
        "dial": sorted(
            (bytes(token), *rest)
            for token, *rest in DialFact.objects.values_list(
                "token", "ordinal", "zone", "minor_band", "basis"
            )
        ),
        "links": RecordLink.objects.count(),
        "people": Person.objects.count(),
        "keys": DataKey.objects.exclude(compartment="period").count(),
        "hashes": sorted(bytes(found) for found in Record.objects.values_list("content_hash", flat=True)),
    }


@pytest.fixture
def in_bulk(monkeypatch):
    monkeypatch.setattr(loading, "BULK_FROM", 10)
    monkeypatch.setattr(loading, "BULK_ROWS", {"sqlite": 25, "postgresql": 25})
    monkeypatch.setattr(loading, "BATCH_ROWS", 10)


@pytest.mark.postgres
def test_a_second_process_prepares_what_the_first_would(world, monkeypatch, in_bulk):
    declare_fields()
    more = (SAME_HUMAN, UNUSABLE, POISONED, ROWS[0])
    batch = take(customers(world), text(*more))
    assert batch.rows_done == 64 and Event.objects.filter(kind="register.import_chunk").count() == 3
    apart = stored()
    assert apart["links"] == 1 and apart["people"] == 60 and len(apart["opened"]) == 61
    for kind in (ImportRow, RecordLink, Lookup, DialFact, RelationFact):
        kind.objects.all().delete()
    Record.objects.all().delete()
    Person.objects.all().delete()
    ImportBatch.objects.all().delete()
    DataKey.objects.exclude(compartment="period").delete()
    monkeypatch.setattr(loading, "BULK_FROM", 1_000)
    take(batch.source, text(*more))
    assert stored() == apart


def test_an_interrupted_large_import_goes_on_behind_its_last_chunk(world, monkeypatch, in_bulk):
    source = customers(world)

    def stop(done, total):
        if done >= 30:
            raise OSError("the power went")

    with pytest.raises(OSError):
        take(source, text(), progress=stop)
    half = ImportBatch.objects.get()
    assert half.rows_done == Record.objects.count() == 30
    batch = take(source, text())
    assert batch == half and batch.counts == {"stored": 60}
    assert sorted(outcomes(batch)) == list(range(2, 62)) and Record.objects.count() == 60


def test_a_corrected_large_file_changes_only_what_changed(world, in_bulk):
    source = customers(world)
    take(source, text())
    keys = set(DataKey.objects.values_list("owner", "compartment", "wrapped"))
    batch = take(source, text().replace("Vuurvlieg7;", "Vuurvogel;"))
    assert batch.counts == {"unchanged": 59, "updated": 1} and Record.objects.count() == 60
    assert set(DataKey.objects.values_list("owner", "compartment", "wrapped")) == keys


def test_the_second_process_ends_with_the_import_that_started_it(world, in_bulk):
    started = []

    def children():
        found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
        return {pid for path in found for pid in path.read_text().split()}

    def fall(done, total):
        started.append(children())
        raise OSError

    before = children()
    with pytest.raises(OSError):
        take(customers(world), text(), progress=fall)
    assert started[0] - before and not children() - before


def test_a_second_process_that_dies_ends_the_import_with_what_was_stored(world, monkeypatch, in_bulk):
    monkeypatch.setattr(preparing_apart, "SERVE", "duecause.nowhere:serve")
    with pytest.raises(preparing_apart.PreparationFailed):
        take(customers(world), text())
    assert ImportBatch.objects.get().rows_done == 0 and not Record.objects.exists()


def test_the_second_process_ends_when_nobody_feeds_it():
    started = second_process.start(preparing_apart.SERVE)
    answer, _ = started.communicate(timeout=60)
    assert answer == b"" and started.returncode == 0


@pytest.mark.postgres
@pytest.mark.parametrize(("row", "code"), [(POISONED, "row_extra_cells"), (UNUSABLE, "no_identifier")])
def test_all_or_nothing_leaves_nothing_of_a_file_with_one_poisoned_row(world, in_bulk, row, code):
    source = customers(world)
    events, suppressed = Event.objects.count(), Suppression.objects.count()
    before = [kind.objects.count() for kind in KINDS]
    with pytest.raises(Refused) as refused:
        take(source, text(row), all_or_nothing=True)
    said = str(refused.value)
    assert refused.value.code == "rows_not_taken" and "row 62" in said.lower() and "taken: 1," in said
    assert [kind.objects.count() for kind in KINDS] == before
    assert (Event.objects.count(), Suppression.objects.count()) == (events, suppressed)
    token = indexes.lookup_token("phone", "32470000001")
    assert not Lookup.objects.filter(token=token).exists()
    batch = take(source, text(row))
    assert batch.counts == {"refused": 1, "stored": 60} and outcomes(batch)[62] == "refused"
    assert code in {problem["code"] for problem in ImportRow.objects.get(batch=batch, row=62).problems}


def test_all_or_nothing_imports_a_file_whose_rows_can_all_be_taken(world, in_bulk):
    assert take(customers(world), text(), all_or_nothing=True).counts == {"stored": 60}


def test_the_time_that_is_left_counts_from_the_first_report():
    begun = Begun(time.monotonic())
    assert begun.seconds_left(400, 1_000, 100.0) is None
    assert begun.seconds_left(600, 1_000, 110.0) == 20.0
