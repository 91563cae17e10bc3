"""Whatever a graph looks like, finding ends, and finds what a walk over the same rows by hand finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.datamap import graph as graphs
from duecause.engine.datamap.finding import Ask, Finder, find_shared
from duecause.engine.datamap.model import Collection, DataMap, Dataset, Field, Handling, Link, Reference
from duecause.engine.datamap.request import Identity, Request
from duecause.engine.datamap.schema import Column, Table

REQUEST = Request("r", "access", date(2026, 11, 28), "en", (Identity("email", "a@example.org", "code"),), ())
KINDS = {"id": "int", "parent": "int", "email": "text", "tenant": "text", "no": "text"}


def field(name: str, *, identity: str = "", refers: tuple[Reference, ...] = ()) -> Field:
    return Field(name, ("user",), name, identity, refers, False, Handling())


def table(name: str, *columns: str, key: tuple[str, ...] = ("id",)) -> Table:
    return Table(name, {each: Column(each, KINDS[each], True) for each in columns}, key)


def finder(
    collections: list[Collection], tables: dict[str, Table], rows: Mapping[str, list[dict[str, Any]]]
) -> Finder:
    def fetch(ask: Ask) -> Iterator[Mapping[str, Any]]:
        wanted = set(ask.values)
        for row in rows[ask.address[1]]:
            if tuple(str(row[name]) for name in ask.fields) in wanted:
                yield row

    graph = graphs.build(DataMap((Dataset("d", "", "", tuple(collections)),)))
    addressed = {("d", name): each for name, each in tables.items()}
    columns = {address: tuple(each.columns) for address, each in addressed.items()}
    return Finder(graph, addressed, columns, fetch, lambda *_: None)


def tree(direction: str) -> Collection:
    refers = (Reference("d", "node", "id", direction, "test"),)
    fields = (field("id"), field("parent", refers=refers), field("email", identity="email"))
    return Collection("d", "node", "", fields, (), Handling())


@settings(max_examples=60, deadline=None)
@given(parents=st.lists(st.integers(0, 11), min_size=12, max_size=12), root=st.integers(0, 11))
def test_any_chain_of_parents_with_its_cycles_is_followed_to_the_end(parents, root):
    rows = [
        {"id": n, "parent": parent, "email": "a@example.org" if n == root else None}
        for n, parent in enumerate(parents)
    ]
    found = finder([tree("to")], {"node": table("node", "id", "parent", "email")}, {"node": rows}).run(
        REQUEST
    )
    expected, at = set(), root
    while at not in expected:
        expected.add(at)
        at = parents[at]
    assert {int(key[0] or 0) for key in found.rows["d", "node"]} == expected


@settings(max_examples=60, deadline=None)
@given(parents=st.lists(st.integers(0, 11), min_size=12, max_size=12), root=st.integers(0, 11))
def test_every_descendant_is_found_whatever_the_order(parents, root):
    rows = [
        {"id": n, "parent": parent, "email": "a@example.org" if n == root else None}
        for n, parent in enumerate(parents)
    ]
    found = finder([tree("from")], {"node": table("node", "id", "parent", "email")}, {"node": rows}).run(
        REQUEST
    )
    expected = {root}
    while more := {n for n, parent in enumerate(parents) if parent in expected} - expected:
        expected |= more
    assert {int(key[0] or 0) for key in found.rows["d", "node"]} == expected


def test_a_composite_link_needs_all_its_values_together():
    link = Link(("tenant", "no"), "d", "account", ("tenant", "no"), "to", "test")
    person = Collection(
        "d",
        "person",
        "",
        (field("id"), field("email", identity="email"), field("tenant"), field("no")),
        (link,),
        Handling(),
    )
    account = Collection("d", "account", "", (field("tenant"), field("no")), (), Handling())
    tables = {
        "person": table("person", "id", "email", "tenant", "no"),
        "account": table("account", "tenant", "no", key=("tenant", "no")),
    }
    rows = {
        "person": [{"id": 1, "email": "a@example.org", "tenant": "BE", "no": "7"}],
        "account": [{"tenant": "BE", "no": "7"}, {"tenant": "NL", "no": "7"}, {"tenant": "BE", "no": "8"}],
    }
    found = finder([person, account], tables, rows).run(REQUEST)
    assert set(found.rows["d", "account"]) == {("BE", "7")}


def test_a_household_is_shared_as_long_as_another_person_is_in_it():
    refers = (Reference("d", "house", "id", "to", "test"),)
    person = Collection(
        "d",
        "person",
        "",
        (field("id"), field("email", identity="email"), field("parent", refers=refers)),
        (),
        Handling(),
    )
    house = Collection("d", "house", "", (field("id"),), (), Handling())
    tables = {"person": table("person", "id", "email", "parent"), "house": table("house", "id")}
    people = [
        {"id": 1, "email": "a@example.org", "parent": 5},
        {"id": 2, "email": "b@example.org", "parent": 5},
    ]
    for others, shared in ((people, True), (people[:1], False)):
        one = finder([person, house], tables, {"person": others, "house": [{"id": 5}]})
        found = one.run(REQUEST)
        find_shared(one, [("d", "house")])
        assert [row.shared for row in found.rows["d", "house"].values()] == [shared]
