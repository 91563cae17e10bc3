"""Of a very large file a third process commits the keys; the rows are committed after it."""

import pytest

from duecause.apps.gate.actions import open_for_job
from duecause.apps.register import loading
from duecause.apps.register.models import ImportBatch, Record
from duecause.apps.vault import keys_apart
from duecause.apps.vault.models import DataKey
from duecause.engine.actor import Actor
from tests.apps.register.lists import customers, take
from tests.support.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.postgres]

LIST = "voornaam;achternaam;email\n" + "".join(f"Mila;Vuurvlieg{n};m{n}@example.org\n" for n in range(30))


@pytest.fixture(autouse=True)
def very_large(monkeypatch):
    for name in ("BULK_FROM", "KEYS_APART_FROM"):
        monkeypatch.setattr(loading, name, 10)
    monkeypatch.setattr(loading, "BULK_ROWS", {"sqlite": 20, "postgresql": 20})
    monkeypatch.setattr(loading, "more_than_one_core", lambda: True)


def people_opened():
    actor, ids = Actor.job("test", "open:matching"), list(Record.objects.values_list("pk", flat=True))
    opened = open_for_job(actor=actor, kind="record", ids=ids, fields=["last_name"], why="matching", now=NOW)
    return sorted(values["last_name"] for values in opened.values())


def test_what_is_sealed_opens_with_the_keys_that_another_process_committed(world):
    batch = take(customers(world), LIST)
    assert batch.counts == {"stored": 30}
    assert people_opened() == sorted(f"Vuurvlieg{n}" for n in range(30))
    again = take(batch.source, LIST.replace("Vuurvlieg7;", "Vuurvogel;"))
    assert again.counts == {"unchanged": 29, "updated": 1}
    assert "Vuurvogel" in people_opened() and DataKey.objects.filter(compartment="identity").count() == 30


def test_without_committed_keys_no_row_is_stored(world, monkeypatch):
    monkeypatch.setattr(keys_apart, "SERVE", "duecause.nowhere:serve")
    source = customers(world)
    with pytest.raises(keys_apart.KeysNotCommitted):
        take(source, LIST)
    assert ImportBatch.objects.get().rows_done == 0 and not Record.objects.exists()
    monkeypatch.undo()
    assert take(source, LIST).counts == {"stored": 30} and len(people_opened()) == 30
