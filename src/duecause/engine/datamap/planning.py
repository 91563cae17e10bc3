"""The plan of a request: which rows, what becomes of their fields, what stays and why, what stands in the
way.

It holds counts, names and digests, and nothing of a person, so that it can be approved, hashed and kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from duecause.engine.datamap.finding import Found, Key, Row, value_of
from duecause.engine.datamap.model import Address, Field, any_within
from duecause.engine.datamap.outline import Change, Outline, Part
from duecause.engine.datamap.strategies import Blocker, Strategy
from duecause.engine.periods import months_after


@dataclass(slots=True)
class Operation:
    """One thing done to rows of a collection: `does` is update or delete. `values`: column → new value as
    text, None for empty."""

    address: Address
    does: str
    values: dict[str, str | None]
    keys: list[Key]


@dataclass(slots=True)
class Kept:
    """Rows whose field stays: `why` is duty, hold, shared, map, link or not_null_link."""

    address: Address
    column: str
    why: str
    rows: int
    until: date | None = None
    law: str = ""


@dataclass(slots=True)
class Plan:
    """`review`: rows that name several persons and whose fields do not say about whom they are; a human
    decides, so the request is not complete. `left`: rows that turned out to be another person's."""

    outline: Outline
    operations: list[Operation] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    blockers: list[tuple[Address, str, str, int]] = field(default_factory=list)  # code, column, rows
    review: dict[Address, int] = field(default_factory=dict)
    left: dict[Address, int] = field(default_factory=dict)
    rows: dict[Address, int] = field(default_factory=dict)
    shared: dict[Address, int] = field(default_factory=dict)


def make_plan(outline: Outline, found: Found, *, on: date) -> Plan:
    """`on`: the day by which duties and holds are judged."""
    plan = Plan(outline)
    for address, part in outline.parts.items():
        rows = found.rows.get(address, {})
        own = [row for row in rows.values() if not row.foreign]
        if own:
            plan.rows[address] = len(own)
        if len(own) < len(rows):
            plan.left[address] = len(rows) - len(own)
        if shared := sum(row.shared for row in own):
            plan.shared[address] = shared
        if outline.request.changes and own:
            _change(plan, part, own, found, on)
    if outline.request.kind == "erasure":
        _unlink(plan, found)
    plan.operations = _ordered(plan)
    return plan


class _Judge:
    """What of one collection's rows changes; gathers the exceptions."""

    def __init__(self, plan: Plan, part: Part, found: Found, on: date) -> None:
        self.plan, self.part, self.found, self.on = plan, part, found, on
        self.kept: Counter[tuple[str, str, date | None, str]] = Counter()
        self.blocked: Counter[tuple[str, str]] = Counter()
        self.review = 0
        self.holds = [each for each in plan.outline.request.holds if each.until > on]

    def changes(self, row: Row) -> list[Change]:
        """The columns that change in this row."""
        if row.shared:
            if self._named_by_others():
                self.kept["", "shared", None, ""] += 1
            else:
                self.review += bool(self.part.changes)
            return []
        wanted = []
        unclear = False
        for change in self.part.changes:
            if row.others and not self._about_this_person(change, row):
                unclear |= not change.fields[0].handling.about
                continue
            if isinstance(change.does, Strategy) and change.does.each and change.column not in row.new:
                continue
            if kept := self._duty(change.fields[0], row):
                self.kept[change.column, *kept] += 1
            elif isinstance(change.does, Blocker):
                self.blocked[change.does.code, change.column] += 1
            elif change.does.name == "keep":
                self.kept[change.column, "map", None, ""] += 1
            else:
                wanted.append(change)
        self.review += unclear
        return wanted

    def _named_by_others(self) -> bool:
        """Whether the row is one that others refer to, and that an emptied link parts from this person."""
        edges = self.plan.outline.graph.into[self.part.collection.address]
        return any(self.part.table.names_one(edge.target_fields) for edge in edges)

    def _about_this_person(self, change: Change, row: Row) -> bool:
        """In a row that names others too: whether the column says that it is about this person."""
        about = change.fields[0].handling.about
        value = row.facts.get(about)
        if not about or value is None:
            return False
        return self.found.asked.get((self.part.collection.address, (about,)), {}).get((value,), False)

    def _duty(self, one: Field, row: Row) -> tuple[str, date | None, str] | None:
        for hold in self.holds:
            if any_within(one.categories, hold.categories):
                return "hold", hold.until, hold.law
        duty = one.handling.duty
        if duty is None or self.plan.outline.request.kind != "erasure":
            return None
        since = row.facts.get(duty.since)
        try:
            until = months_after(date.fromisoformat((since or "")[:10]), duty.months)
        except ValueError:
            return "duty", None, duty.law  # nobody knows from when: it stays, and says so
        return ("duty", until, duty.law) if until > self.on else None


def _change(plan: Plan, part: Part, own: list[Row], found: Found, on: date) -> None:
    judge = _Judge(plan, part, found, on)
    address = part.collection.address
    groups: dict[tuple[tuple[str, str | None], ...], list[Key]] = defaultdict(list)
    deleted: list[Key] = []
    touched = 0
    for row in own:
        changes = judge.changes(row)
        touched += bool(changes)
        if part.deletes and len(changes) == len(part.changes) and changes:
            deleted.append(row.key)
        elif part.deletes and changes:
            # A duty on one field keeps the row; then it is no longer deleted as a whole.
            judge.kept["", "duty", None, ""] += 1
        elif changes:
            groups[tuple((c.column, _becomes(c, row)) for c in changes)].append(row.key)
    if deleted:
        plan.operations.append(Operation(address, "delete", {}, deleted))
    plan.operations += [Operation(address, "update", dict(values), keys) for values, keys in groups.items()]
    for (column, why, until, law), count in judge.kept.items():
        plan.kept.append(Kept(address, column, why, count, until, law))
    plan.kept += [Kept(address, column, "link", len(own)) for column in part.links]
    plan.blockers += [(address, code, column, count) for (code, column), count in judge.blocked.items()]
    plan.blockers += [(address, code, name, touched) for code, name in part.blockers if touched]
    if judge.review:
        plan.review[address] = judge.review


def _becomes(change: Change, row: Row) -> str | None:
    assert isinstance(change.does, Strategy)
    return row.new[change.column] if change.does.each else change.does.value


def _unlink(plan: Plan, found: Found) -> None:
    """Take this person's link off rows that others share: the row stays theirs."""
    graph = plan.outline.graph
    gone: dict[Address, set[Key]] = defaultdict(set)
    for each in plan.operations:
        if each.does == "delete":
            gone[each.address].update(each.keys)
    for address, part in plan.outline.parts.items():
        rows = [row for row in found.rows.get(address, {}).values() if not row.foreign]
        for edge in graph.out.get(address, ()):
            if edge.target in plan.shared:
                held = _shared_values(found, edge.target, edge.target_fields)
                linked = [r for r in rows if not r.shared and value_of(r.facts, edge.source_fields) in held]
                _empty(plan, part, edge.source_fields, [r.key for r in linked if r.key not in gone[address]])
        several = [row for row in rows if row.others and row.key not in gone[address]]
        for edge in graph.into.get(address, ()) if several else ():
            asked = found.asked.get((address, edge.target_fields), {})
            named = [r.key for r in several if asked.get(value_of(r.facts, edge.target_fields) or ())]
            _empty(plan, part, edge.target_fields, named)


def _shared_values(found: Found, address: Address, fields: tuple[str, ...]) -> set[tuple[str, ...]]:
    rows = (row for row in found.rows.get(address, {}).values() if row.shared)
    return {value for row in rows if (value := value_of(row.facts, fields)) is not None}


def _empty(plan: Plan, part: Part, fields: tuple[str, ...], keys: list[Key]) -> None:
    if not keys:
        return
    address = part.collection.address
    columns = [part.table.columns[name] for name in fields if name in part.table.columns]
    free = [c.name for c in columns if c.nullable and c.name not in part.table.primary_key and not c.computed]
    if len(free) == len(fields):
        plan.operations.append(Operation(address, "update", dict.fromkeys(free), keys))
    else:
        plan.kept.append(Kept(address, ",".join(fields), "not_null_link", len(keys)))


def _ordered(plan: Plan) -> list[Operation]:
    """Changes first; then rows go, those that refer before those that are referred to."""
    depth = _depths(plan.outline.parts)
    deletes = [each for each in plan.operations if each.does == "delete"]
    others = [each for each in plan.operations if each.does != "delete"]
    return others + sorted(deletes, key=lambda each: -depth.get(each.address, 0))


def _depths(parts: Mapping[Address, Part]) -> dict[Address, int]:
    """How far a table is from those that refer to nothing; what refers in a circle counts as it is met."""
    by_table = {(address[0], part.table.name): address for address, part in parts.items()}
    refers = {
        address: [
            by_table[address[0], key.table]
            for key in part.table.foreign_keys
            if (address[0], key.table) in by_table
        ]
        for address, part in parts.items()
    }
    depth: dict[Address, int] = {}

    def visit(address: Address, path: tuple[Address, ...]) -> int:
        if address not in depth:
            below = [
                visit(each, (*path, address)) for each in refers[address] if each not in (*path, address)
            ]
            depth[address] = 1 + max(below, default=0)
        return depth[address]

    for address in parts:
        visit(address, ())
    return depth


def document(
    plan: Plan, *, stores: Mapping[str, Mapping[str, Any]], store_of: Mapping[str, str], key: bytes
) -> dict[str, Any]:
    """The plan as JSON with its SHA-256 under `hash`. `stores`: name → state and fingerprint of its schema.
    `key` makes the digests of the rows' keys useless to whoever does not have it."""
    outline, request = plan.outline, plan.outline.request
    told: dict[str, Any] = {
        "format": 1,
        "request": request.id,
        "kind": request.kind,
        "categories": list(request.categories),
        "identities": [{"kind": each.kind, "used": bool(each.verified)} for each in request.identities],
        "stores": {name: dict(facts) for name, facts in stores.items()},
        "collections": [_part_told(plan, address, part, store_of) for address, part in outline.parts.items()],
        "operations": [_operation_told(each, store_of, key) for each in plan.operations],
        "blockers": [
            {**_named(address, store_of), "code": code, "field": name, "rows": rows}
            for address, code, name, rows in plan.blockers
        ],
        "kept": [
            {
                **_named(each.address, store_of),
                "field": each.column,
                "why": each.why,
                "rows": each.rows,
                "until": each.until.isoformat() if each.until else None,
                "law": each.law,
            }
            for each in plan.kept
        ],
        "review": [{**_named(a, store_of), "rows": n} for a, n in plan.review.items()],
        "belongs_to_others": [{**_named(a, store_of), "rows": n} for a, n in plan.left.items()],
        "not_searched": [{**_named(a, store_of), "why": why} for a, why in outline.unreachable.items()],
        "undirected": list(outline.graph.undirected),
        "identities_left": _identities_left(plan, store_of),
    }
    return {**told, "hash": hashlib.sha256(_spelled(told)).hexdigest()}


def _identities_left(plan: Plan, store_of: Mapping[str, str]) -> list[dict[str, Any]]:
    """Fields that hold identities in rows that were found, and that this erasure does not ask for."""
    if plan.outline.request.kind != "erasure":
        return []
    return [
        {**_named(address, store_of), "field": one.path}
        for fields in plan.outline.graph.identities.values()
        for address, one in fields
        if address in plan.rows and not any_within(one.categories, plan.outline.request.categories)
    ]


def _part_told(plan: Plan, address: Address, part: Part, store_of: Mapping[str, str]) -> dict[str, Any]:
    asks = dict.fromkeys(
        ([(one.path,) for one in part.collection.every_field() if one.identity])
        + [edge.target_fields for edge in plan.outline.graph.into.get(address, ())]
    )
    return {
        **_named(address, store_of),
        "rows": plan.rows.get(address, 0),
        "shared": plan.shared.get(address, 0),
        "asked_by": [list(each) for each in asks],
        "reads": list(part.columns),
        "changes": [
            {
                "field": c.column,
                **({"blocked": c.does.code} if isinstance(c.does, Blocker) else {"strategy": c.does.name}),
            }
            for c in part.changes
        ],
    }


def _operation_told(each: Operation, store_of: Mapping[str, str], key: bytes) -> dict[str, Any]:
    return {
        **_named(each.address, store_of),
        "does": each.does,
        "fields": sorted(each.values),
        "rows": len(each.keys),
        "digest": digest(each, key),
    }


def digest(operation: Operation, key: bytes) -> str:
    """Of the rows and what they become, as hex."""
    each = operation
    what = [*each.address, each.does, each.values, sorted(map(list, each.keys), key=str)]
    return hmac.new(key, _spelled(what), hashlib.sha256).hexdigest()


def _spelled(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _named(address: Address, store_of: Mapping[str, str]) -> dict[str, str]:
    return {"store": store_of.get(address[0], ""), "dataset": address[0], "collection": address[1]}
