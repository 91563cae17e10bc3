"""What every connector must do, on each database that SQL reaches here."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from duecause.connectors.sql.store import SqlStore
from duecause.connectors.verbs import Connector, Rejected, Unreachable
from duecause.engine.datamap.finding import Ask
from duecause.engine.datamap.planning import Operation
from tests.support import stores

TABLES = (
    "CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR(40), email VARCHAR(60) NOT NULL UNIQUE,"
    " born DATE, seen TIMESTAMP NULL, amount NUMERIC(8, 2), flag SMALLINT)",
    "CREATE TABLE item (owner INTEGER NOT NULL, line INTEGER NOT NULL, label VARCHAR(20),"
    " PRIMARY KEY (owner, line), FOREIGN KEY (owner) REFERENCES person (id))",
    "CREATE TABLE loose (email VARCHAR(60), word VARCHAR(20))",
    "INSERT INTO person VALUES"
    " (1, 'Mila', 'Mila@Example.org', '1980-05-17', '2026-01-02 03:04:05', 12.50, 1),"
    " (2, NULL, 'tom@example.org', NULL, NULL, NULL, NULL)",
    "INSERT INTO item VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')",
    "INSERT INTO loose VALUES ('mila@example.org', 'one'), (NULL, 'two'), ('mila@example.org', NULL)",
)
PERSON, ITEM, LOOSE = ("d", "person"), ("d", "item"), ("d", "loose")


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def url(request, servers) -> str:
    found = servers.database(request.param)
    stores.execute(found, ";\n".join(TABLES))
    return found


@pytest.fixture
def store(url):
    found = SqlStore(make_url(url))
    yield found
    found.close()


def asked(store: Connector, tables, address, fields, *values, match="exact", **more):
    table = tables[address[1]]
    ask = Ask(address, tuple(table.columns), fields, match, values, **more)
    return list(store.find(ask, table))


def applied(store: Connector, table, *operations: Operation) -> None:
    work = store.begin()
    work.change([each for each in operations if each.does == "update"], table)
    for each in operations:
        if each.does == "delete":
            work.erase(each, table)
    work.commit()


def test_probe_tells_keys_types_and_lengths_and_leaves_out_what_is_not_there(store):
    tables = store.probe(["person", "item", "loose", "nowhere"]).tables
    person, item = tables["person"], tables["item"]
    assert set(tables) == {"person", "item", "loose"}
    assert (person.primary_key, item.primary_key) == (("id",), ("owner", "line"))
    assert person.names_one(("email",)) and not person.names_one(("name",))
    assert (person.columns["email"].nullable, person.columns["email"].length) == (False, 60)
    kinds = [person.columns[name].kind for name in ("id", "name", "born", "seen", "amount")]
    assert kinds == ["int", "text", "date", "datetime", "number"]
    assert [(key.columns, key.table) for key in item.foreign_keys] == [(("owner",), "person")]
    assert tables["loose"].keyless


def test_a_changed_schema_has_another_fingerprint(store, url):
    before = store.probe(["person"]).fingerprint()
    assert store.probe(["person"]).fingerprint() == before
    stores.execute(url, "ALTER TABLE person ADD COLUMN nick VARCHAR(9)")
    assert store.probe(["person"]).fingerprint() != before


def test_find_meets_values_in_whatever_type_a_column_has(store):
    tables = store.probe(["person", "item"]).tables
    assert len(asked(store, tables, ITEM, ("owner",), ("1",), ("no number",))) == 2
    assert len(asked(store, tables, ITEM, ("owner", "line"), ("1", "2"), ("2", "1"))) == 2
    assert asked(store, tables, PERSON, ("email",), ("mila@example.org",), match="ignore_case")[0]["id"] == 1


def test_find_streams_and_stops_at_its_limit(store, url):
    values = ", ".join(f"(2, {n}, 'x')" for n in range(2, 2500))
    stores.execute(url, f"INSERT INTO item VALUES {values}")
    tables = store.probe(["item"]).tables
    assert len(asked(store, tables, ITEM, ("owner",), ("2",))) == 2499
    assert len(asked(store, tables, ITEM, ("owner",), ("2",), limit=10)) == 10


def test_more_keys_than_one_statement_takes_are_changed_in_chunks(store, url):
    values = ", ".join(f"({n}, 1, 'x')" for n in range(10, 12_010))
    people = ", ".join(f"({n}, 'n', 'p{n}@example.org', NULL, NULL, NULL, NULL)" for n in range(10, 12_010))
    stores.execute(url, f"INSERT INTO person VALUES {people};\nINSERT INTO item VALUES {values}")
    table = store.probe(["item"]).tables["item"]
    change = Operation(ITEM, "update", {"label": None}, [(str(n), "1") for n in range(10, 12_010)])
    applied(store, table, change)
    assert stores.rows(url, "SELECT count(*) FROM item WHERE label = 'x'") == [(0,)]
    assert store.verify([change], table) == set()


def test_a_change_done_twice_is_done_once_and_can_be_read_back(store, url):
    table = store.probe(["person"]).tables["person"]
    change = Operation(
        PERSON, "update", {"name": "erased", "born": "1980-01-01", "seen": None, "amount": "0"}, [("1",)]
    )
    assert store.verify([change], table) == {("1",)}
    for _ in range(2):
        applied(store, table, change)
        assert store.anew().verify([change], table) == set()
    assert stores.rows(url, "SELECT name FROM person ORDER BY id") == [("erased",), (None,)]


def test_rows_with_values_of_their_own_are_changed_together(store, url):
    table = store.probe(["person"]).tables["person"]
    each = [Operation(PERSON, "update", {"email": f"{n}@erased.invalid"}, [(n,)]) for n in ("1", "2")]
    applied(store, table, *each)
    assert stores.rows(url, "SELECT email FROM person ORDER BY id") == [
        ("1@erased.invalid",),
        ("2@erased.invalid",),
    ]
    assert store.verify(each, table) == set()


def test_rows_without_a_key_are_named_by_all_they_hold(store, url):
    table = store.probe(["loose"]).tables["loose"]
    keys = [("mila@example.org", "one"), ("mila@example.org", None)]
    change = Operation(LOOSE, "update", {"email": None}, keys)
    applied(store, table, change)
    assert sorted(map(str, stores.rows(url, "SELECT * FROM loose"))) == [
        "(None, 'one')",
        "(None, 'two')",
        "(None, None)",
    ]
    assert store.verify([change], table) == set()


def test_erased_rows_are_gone_and_erasing_again_is_no_error(store, url):
    table = store.probe(["item"]).tables["item"]
    gone = Operation(ITEM, "delete", {}, [("1", "1"), ("1", "2")])
    assert store.verify([gone], table) == {("1", "1"), ("1", "2")}
    applied(store, table, gone)
    applied(store, table, gone)
    assert stores.rows(url, "SELECT owner FROM item") == [(2,)] and store.verify([gone], table) == set()


def test_what_the_database_does_not_take_leaves_everything_as_it_was(store, url):
    table = store.probe(["person"]).tables["person"]
    work = store.begin()
    work.change([Operation(PERSON, "update", {"name": None}, [("1",)])], table)
    with pytest.raises(Rejected) as refused:
        work.change([Operation(PERSON, "update", {"email": "tom@example.org"}, [("1",)])], table)
    work.rollback()
    assert refused.value.collection == "person"
    assert stores.rows(url, "SELECT name FROM person WHERE id = 1") == [("Mila",)]


def test_a_trigger_is_seen(store, url):
    kind = make_url(url).get_backend_name()
    if kind == "postgresql":
        body = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        stores.execute(url, body)
        stores.execute(url, "CREATE TRIGGER copies BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION f()")
    elif kind == "sqlite":
        stores.execute(url, "CREATE TRIGGER copies BEFORE UPDATE ON person BEGIN SELECT 1; END")
    else:
        stores.execute(url, "CREATE TRIGGER copies BEFORE UPDATE ON person FOR EACH ROW SET @x = 1")
    assert store.probe(["person"]).tables["person"].triggers == ("copies",)


def test_a_database_that_is_not_there_is_unreachable_and_is_not_made(tmp_path: Path):
    missing = tmp_path / "none.sqlite"
    with pytest.raises(Unreachable):
        SqlStore(make_url(f"sqlite:///{missing}")).probe(["person"])
    with pytest.raises(Unreachable):
        SqlStore(make_url("postgresql://nobody@127.0.0.1:9/none")).probe(["person"])
    assert not missing.exists()


def test_an_error_of_the_driver_never_carries_its_words(store):
    table = store.probe(["person"]).tables["person"]
    ask = Ask(PERSON, ("id",), ("email",), "exact", (("mila@example.org",),))
    store._clauses["person"] = sa.table("gone", sa.column("id"), sa.column("email"))
    with pytest.raises(Unreachable) as silent:
        list(store.find(ask, table))
    assert "mila" not in str(silent.value) and silent.value.__cause__ is None
