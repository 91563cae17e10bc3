"""Maps of any size, to see how planning grows: a tree of collections, each of which refers to another."""

from __future__ import annotations

import statistics
import time
from datetime import date

from duecause.engine.datamap import graph as graphs
from duecause.engine.datamap.finding import Found, Row
from duecause.engine.datamap.model import Address, Collection, DataMap, Dataset, Field, Handling, Reference
from duecause.engine.datamap.outline import outline
from duecause.engine.datamap.planning import document, make_plan
from duecause.engine.datamap.request import Identity, Request
from duecause.engine.datamap.schema import Column, ForeignKey, Table

ON = date(2026, 11, 28)
REQUEST = Request("bench", "erasure", ON, "en", (Identity("email", "a@example.org", "code"),), ("user",))


def _field(path: str, category: str, identity: str = "", refers: str = "") -> Field:
    references = (Reference("d", refers, "id", "from", "bench"),) if refers else ()
    return Field(path, (category,), path, identity, references, False, Handling())


def _collection(number: int) -> Collection:
    parent = f"c{(number - 1) // 5}" if number else ""
    fields = (
        _field("id", "user.unique_id"),
        _field("email", "user.contact.email", "email" if number == 0 else ""),
        _field("name", "user.name"),
        _field("remark", "user.content"),
        _field("parent_id", "system.operations", "", parent),
    )
    return Collection("d", f"c{number}", "", fields, (), Handling())


def _table(number: int) -> Table:
    columns = {
        "id": Column("id", "int", False),
        "email": Column("email", "text", False, 100),
        "name": Column("name", "text", True, 60),
        "remark": Column("remark", "text", True),
        "parent_id": Column("parent_id", "int", True),
    }
    keys = (ForeignKey(("parent_id",), f"c{(number - 1) // 5}", ("id",)),) if number else ()
    return Table(f"c{number}", columns, ("id",), (("email",),), keys)


def planning_ms(size: int, rounds: int = 5) -> float:
    """From the loaded map and schema to the hashed plan, one row per collection. Median, CPU time."""
    data_map = DataMap((Dataset("d", "", "", tuple(_collection(n) for n in range(size))),), {"d": "s"})
    tables: dict[Address, Table] = {("d", f"c{n}"): _table(n) for n in range(size)}
    found = Found()
    for address in tables:
        row = Row(("1",), True, {"id": "1", "parent_id": "1"}, new={"email": "x@erased.invalid"})
        found.rows[address][row.key] = row
    graph = graphs.build(data_map)
    times = []
    for _ in range(rounds):
        began = time.process_time()
        plan = make_plan(outline(REQUEST, graph, tables), found, on=ON)
        told = document(plan, stores={}, store_of={"d": "s"}, key=b"bench")
        times.append(time.process_time() - began)
        assert len(told["operations"]) == size
    return statistics.median(times) * 1000
