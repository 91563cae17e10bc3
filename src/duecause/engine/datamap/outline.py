"""What a request would read and change in each collection, before a row is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from duecause.engine.datamap import values
from duecause.engine.datamap.finding import Row
from duecause.engine.datamap.graph import Graph
from duecause.engine.datamap.model import Address, Collection, Field, any_within
from duecause.engine.datamap.request import PORTABLE, Request
from duecause.engine.datamap.schema import Column, Table
from duecause.engine.datamap.strategies import Blocker, Strategy, choose, computed

SURROGATES = ("int", "uuid")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a column. `inner`: paths inside it, where it holds JSON. `free_text`: needs reading
    where a row names several persons."""

    column: str
    fields: tuple[Field, ...]
    does: Strategy | Blocker

    @property
    def blocked(self) -> bool:
        return isinstance(self.does, Blocker)


@dataclass(slots=True)
class Part:
    """One collection of the outline. `links`: targeted columns that stay because they hold a key which says
    nothing once the row it names is empty."""

    collection: Collection
    table: Table
    columns: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    links: tuple[str, ...] = ()
    told: tuple[Field, ...] = ()
    deletes: bool = False
    blockers: list[tuple[str, str]] = field(default_factory=list)  # code, column or trigger


@dataclass(slots=True)
class Outline:
    """`unreachable`: collections with what is asked for that no given identity leads to: nothing links them
    at all, or only kinds of identity that were not given (`other_identity`)."""

    request: Request
    graph: Graph
    parts: dict[Address, Part] = field(default_factory=dict)
    unreachable: dict[Address, str] = field(default_factory=dict)
    missing: list[Address] = field(default_factory=list)

    def columns(self) -> dict[Address, tuple[str, ...]]:
        return {address: part.columns for address, part in self.parts.items()}

    def tables(self) -> dict[Address, Table]:
        return {address: part.table for address, part in self.parts.items()}


def outline(request: Request, graph: Graph, tables: Mapping[Address, Table]) -> Outline:
    """`tables`: of the stores that answered. A mapped table that a store does not have is `missing`."""
    found = Outline(request, graph)
    met = set(graph.reach(dict.fromkeys(each.kind for each in request.identities)))
    ever = set(graph.reach(graph.identities))
    for address, collection in graph.collections.items():
        table = tables.get(address)
        if address not in met:
            if any(_wanted(one, request) for one in collection.every_field()):
                found.unreachable[address] = "other_identity" if address in ever else "no_link"
        elif table is not None:
            found.parts[address] = _part(collection, table, request, graph)
    return found


def _part(collection: Collection, table: Table, request: Request, graph: Graph) -> Part:
    part = Part(collection, table)
    needed = dict.fromkeys((*table.key(), *_columns_of(graph.facts[collection.address])))
    for edge in graph.out.get(collection.address, ()):
        needed.update(dict.fromkeys(_columns_of(edge.source_fields)))
    if request.kind in ("access", "portability"):
        part.told = tuple(one for one in collection.every_field() if not one.fields and _told(one, request))
        needed.update(dict.fromkeys(one.column for one in part.told))
    elif request.kind == "erasure":
        _erase(part, request, graph)
        needed.update(
            dict.fromkeys(c.column for c in part.changes if isinstance(c.does, Strategy) and c.does.each)
        )
    else:
        _correct(part, request)
        needed.update(dict.fromkeys(change.column for change in part.changes))
    part.blockers += [("missing", name) for name in needed if name not in table.columns]
    part.columns = tuple(name for name in needed if name in table.columns)
    return part


def _columns_of(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path.partition(".")[0] for path in paths)


def _wanted(one: Field, request: Request) -> bool:
    if request.kind == "rectification":
        return any(any_within(one.categories, (each.category,)) for each in request.corrections)
    return any_within(one.categories, request.categories or ("user",))


def _told(one: Field, request: Request) -> bool:
    if request.categories and not any_within(one.categories, request.categories):
        return False
    if request.kind == "access":
        return True
    handling = one.handling
    return (
        handling.basis in PORTABLE
        and handling.source in ("", "person")
        and any_within(one.categories, ("user",))
    )


def _erase(part: Part, request: Request, graph: Graph) -> None:
    table, collection = part.table, part.collection
    targeted = [one for one in collection.every_field() if not one.fields and _wanted(one, request)]
    if not targeted:
        return
    part.blockers += [("trigger", name) for name in table.triggers if name not in collection.triggers]
    part.deletes = collection.erase == "delete_row"
    by_column: dict[str, list[Field]] = {}
    for one in targeted:
        by_column.setdefault(one.column, []).append(one)
    links = _link_columns(collection, graph)
    changes, kept = [], []
    for name, fields in by_column.items():
        column = table.columns.get(name)
        if not part.deletes and _is_link(name, fields, column, table, links):
            kept.append(name)
            continue
        does = Strategy("delete_row") if part.deletes else choose(fields[0], table)
        changes.append(Change(name, tuple(fields), does))
    part.changes, part.links = tuple(changes), tuple(kept)


def _link_columns(collection: Collection, graph: Graph) -> set[str]:
    here = collection.address
    names = {name for edge in graph.into.get(here, ()) for name in edge.target_fields}
    return names | {name for edge in graph.out.get(here, ()) for name in edge.source_fields}


def _is_link(name: str, fields: list[Field], column: Column | None, table: Table, links: set[str]) -> bool:
    if column is None or column.kind not in SURROGATES or not (name in table.primary_key or name in links):
        return False
    return all(
        any_within(one.categories, ("user.unique_id",)) and not one.handling.strategy for one in fields
    )


def _correct(part: Part, request: Request) -> None:
    changes = []
    for one in part.collection.every_field():
        if one.fields or "." in one.path or not _wanted(one, request):
            continue
        changes.append(Change(one.column, (one,), _bears(part.table, one, request)))
    part.changes = tuple(changes)
    if changes:
        part.blockers += [
            ("trigger", name) for name in part.table.triggers if name not in part.collection.triggers
        ]


def _bears(table: Table, one: Field, request: Request) -> Strategy | Blocker:
    column = table.columns.get(one.column)
    if column is None:
        return Blocker("missing")
    if one.read_only or column.computed:
        return Blocker("read_only" if one.read_only else "computed")
    if column.name in table.primary_key:
        return Blocker("primary_key")
    longest = max(
        len(each.becomes) for each in request.corrections if any_within(one.categories, (each.category,))
    )
    if column.length and longest > column.length:
        return Blocker("length")
    return Strategy("correct", each=True)


def fill(part: Part, request: Request, row: Row, given: Mapping[str, Any], key: bytes) -> None:
    """Work out what this row's columns become, where that depends on what stands there now."""
    for change in part.changes:
        if not isinstance(change.does, Strategy) or not change.does.each:
            continue
        old, first = given.get(change.column), change.fields[0]
        if change.does.name == "correct":
            made = _corrected(first, old, request)
        else:
            inner = [one.path.partition(".")[2] for one in change.fields]
            named = "/".join((*part.collection.address, *(text or "" for text in row.key)))
            column = part.table.columns[change.column]
            made = computed(
                change.does.name, old, field=first, column=column, key=key, row=named, inner=inner
            )
        if made is not None:
            row.new[change.column] = made


def _corrected(one: Field, old: Any, request: Request) -> str | None:
    match = values.match_of(one.identity, one.handling.match)
    text = values.spelled(old)
    if text is None:
        return None
    for each in request.corrections:
        was = values.comparable(each.was, match)
        if any_within(one.categories, (each.category,)) and values.folded(text, match) in was:
            return each.becomes
    return None
