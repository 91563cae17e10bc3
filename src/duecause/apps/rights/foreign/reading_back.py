"""Read back what was changed, over another connection: by keys of rows, and by the identities themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from duecause.connectors.verbs import Connector
from duecause.engine.datamap.finding import Ask, Found, Key
from duecause.engine.datamap.model import Address, Field
from duecause.engine.datamap.planning import Operation, Plan
from duecause.engine.datamap.schema import Schema, Table
from duecause.engine.datamap.values import match_of, spelled


@dataclass(frozen=True, slots=True)
class ReadBack:
    """`read`: rows per operation and how many are not as they should be. `again`: rows that identities still
    find. `wrong`: the reasons for which nothing may be called complete."""

    read: list[dict[str, Any]]
    again: list[dict[str, Any]]
    wrong: list[dict[str, Any]]


def read_back(
    name: str,
    connector: Connector,
    operations: list[Operation],
    *,
    schema: Schema,
    plan: Plan,
    found: Found,
    store: Callable[[Address], str],
) -> ReadBack:
    """One store, by a connection of its own. Raises Unreachable."""
    reader = connector.anew()
    told = ReadBack([], [], [])
    try:
        for address, same in groupby(sorted(operations, key=lambda o: o.address), lambda o: o.address):
            group = list(same)
            bad = reader.verify(group, schema.tables[address[1]])
            told.read.extend({**one, "unproven": len(bad)} for one in counts(group))
            if bad:
                told.wrong.append(
                    {"code": "unproven", "store": name, "collection": address[1], "rows": len(bad)}
                )
        if plan.outline.request.kind == "erasure":
            told.again.extend(_searched_again(name, plan, found, reader, store))
    finally:
        reader.close()
    told.wrong.extend({"code": "found_again", "store": name, **one} for one in told.again if one["rows"])
    return told


def _searched_again(
    name: str, plan: Plan, found: Found, reader: Connector, store: Callable[[Address], str]
) -> Iterator[dict[str, Any]]:
    """Rows that the identities still find in fields that were to be changed, whoever wrote them since."""
    for (address, inputs), asked in found.asked.items():
        part = plan.outline.parts.get(address)
        held = _identity(plan, address, inputs)
        if part is None or held is None or store(address) != name:
            continue
        kind, field = held
        if not any(change.column == field.column and not change.blocked for change in part.changes):
            continue
        match = match_of(kind, field.handling.match)
        ask = Ask(address, part.table.key(), inputs, match, tuple(sorted(asked)))
        stay = _staying(plan, found, address, field.column)
        rows = sum(_key(row, part.table) not in stay for row in reader.find(ask, part.table))
        yield {"collection": address[1], "field": field.path, "rows": rows}


def _identity(plan: Plan, address: Address, inputs: tuple[str, ...]) -> tuple[str, Field] | None:
    for kind, fields in plan.outline.graph.identities.items():
        for there, field in fields:
            if there == address and (field.path,) == inputs:
                return kind, field
    return None


def _staying(plan: Plan, found: Found, address: Address, column: str) -> set[Key]:
    """Rows in which the plan leaves this column: kept, shared, or another person's."""
    changed = {
        key
        for each in plan.operations
        if each.address == address and (each.does == "delete" or column in each.values)
        for key in each.keys
    }
    return found.rows.get(address, {}).keys() - changed


def counts(operations: Iterable[Operation]) -> list[dict[str, Any]]:
    """Rows per collection and set of fields."""
    counts: dict[tuple[str, str, tuple[str, ...]], int] = {}
    for each in operations:
        name = (each.address[1], each.does, tuple(sorted(each.values)))
        counts[name] = counts.get(name, 0) + len(each.keys)
    return [
        {"collection": collection, "does": does, "fields": list(fields), "rows": rows}
        for (collection, does, fields), rows in counts.items()
    ]


def _key(row: Mapping[str, Any], table: Table) -> tuple[str | None, ...]:
    return tuple(spelled(row[name]) for name in table.key())
