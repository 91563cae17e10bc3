"""Follow the graph from verified identities to a person's rows: cycles end, others' rows are not entered.

The stores are asked through a function that is handed in; nothing here knows how.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from duecause.engine.datamap import values
from duecause.engine.datamap.graph import Edge, Graph
from duecause.engine.datamap.model import Address
from duecause.engine.datamap.request import Identity, Request
from duecause.engine.datamap.schema import Table

Key = tuple[str | None, ...]
Value = tuple[str, ...]
Inputs = tuple[str, ...]  # fields of a collection that are asked for


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to one store: rows of a collection where `fields` have one of `values`. `limit` 0: all."""

    address: Address
    columns: tuple[str, ...]
    fields: Inputs
    match: str
    values: tuple[Value, ...]
    limit: int = 0


@dataclass(slots=True)
class Row:
    """`owned`: found by an identity, or by a value that one row of this person alone holds. `others`: fields
    that name another person. `foreign`: they name nobody else than others. `shared`: others hold it too.
    `new`: column → what it becomes, where that is computed from the old value."""

    key: Key
    owned: bool
    facts: dict[str, str]
    by_identity: bool = False
    others: tuple[str, ...] = ()
    foreign: bool = False
    shared: bool = False
    new: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """`asked`: by which values rows were looked for, and whether the value is this person's alone. `derived`:
    identities that were not verified but stand in a row found by one that was."""

    rows: dict[Address, dict[Key, Row]] = field(default_factory=lambda: defaultdict(dict))
    asked: dict[tuple[Address, Inputs], dict[Value, bool]] = field(default_factory=lambda: defaultdict(dict))
    derived: list[Identity] = field(default_factory=list)
    silent: set[Address] = field(default_factory=set)  # could not be asked


Fetch = Callable[[Ask], Iterable[Mapping[str, Any]]]
Seen = Callable[[Address, Row, Mapping[str, Any]], None]


class Silent(Exception):
    """The store of a collection cannot be asked now."""


OTHERS_LIMIT = 20_000


class Finder:
    """`columns`: what is read of each collection. `seen` is told each row once, when it is first met."""

    def __init__(
        self,
        graph: Graph,
        tables: Mapping[Address, Table],
        columns: Mapping[Address, tuple[str, ...]],
        fetch: Fetch,
        seen: Seen,
        found: Found | None = None,
    ) -> None:
        self.graph, self.tables, self.columns = graph, tables, columns
        self.fetch, self.seen = fetch, seen
        self.found = found or Found()
        self._ahead: dict[Address, dict[Inputs, set[Value]]] = {}
        self._match: dict[tuple[Address, Inputs], str] = {}
        self._seeds: dict[tuple[Address, Inputs], set[Value]] = defaultdict(set)
        self._taken: set[Edge] = set()
        # Collections whose rows are persons, as far as one of theirs is this person.
        self._of_persons = {address for fields in graph.identities.values() for address, _ in fields}
        self._persons: set[Address] = {
            address
            for address, rows in self.found.rows.items()
            if address in self._of_persons and any(r.owned for r in rows.values())
        }

    def run(self, request: Request) -> Found:
        """All rows that verified identities lead to. An identity that is not verified is used once a row
        found by a verified one holds it, and never before."""
        waiting = [each for each in request.identities if not each.verified]
        for identity in request.identities:
            if identity.verified:
                self._seed(identity)
        self._resume()
        self._follow()
        while proven := [each for each in waiting if each not in self.found.derived and self._holds(each)]:
            for identity in proven:
                self.found.derived.append(identity)
                self._seed(identity)
            self._follow()
        return self.found

    def _resume(self) -> None:
        """After a stop: rows that were found go on where they led, values that were not asked are asked."""
        for address, rows in list(self.found.rows.items()):
            for row in rows.values():
                self._lead_on(address, row, row.facts)
        for (address, inputs), asked in self.found.asked.items():
            for value in asked:
                self._ahead.setdefault(address, {}).setdefault(inputs, set()).add(value)

    def _seed(self, identity: Identity) -> None:
        for address, one in self.graph.identities.get(identity.kind, ()):
            if address not in self.tables:
                self.found.silent.add(address)
            match = values.match_of(identity.kind, one.handling.match)
            inputs = (one.path,)
            self._match[address, inputs] = match
            wanted = {(text,) for text in values.comparable(identity.value, match)}
            self._seeds[address, inputs] |= wanted
            self._push(address, inputs, wanted, owned=True)

    def _holds(self, identity: Identity) -> bool:
        for address, one in self.graph.identities.get(identity.kind, ()):
            match = values.match_of(identity.kind, one.handling.match)
            wanted = values.comparable(identity.value, match)
            for row in self.found.rows.get(address, {}).values():
                held = row.facts.get(one.path)
                if row.owned and not row.foreign and held and values.folded(held, match) in wanted:
                    return True
        return False

    def _push(self, address: Address, inputs: Inputs, wanted: Iterable[Value], *, owned: bool) -> None:
        asked = self.found.asked[address, inputs]
        for value in wanted:
            if value not in asked or (owned and not asked[value]):
                asked[value] = owned
                self._ahead.setdefault(address, {}).setdefault(inputs, set()).add(value)

    def _follow(self) -> None:
        while True:
            while self._ahead:
                address = next(iter(self._ahead))
                for inputs, wanted in self._ahead.pop(address).items():
                    self._ask(address, inputs, wanted)
            if not self._reconsider():
                return

    def _ask(self, address: Address, inputs: Inputs, wanted: set[Value]) -> None:
        if address not in self.tables:
            self.found.silent.add(address)
            return
        match = self._match.get((address, inputs), "exact")
        ask = Ask(address, self.columns[address], inputs, match, tuple(sorted(wanted)))
        fresh: list[Row] = []
        try:
            for given in self.fetch(ask):
                if row := self._meet(address, given):
                    fresh.append(row)
                    self._lead_on(address, row, given)
        except Silent:
            self.found.silent.add(address)

    def _meet(self, address: Address, given: Mapping[str, Any]) -> Row | None:
        """The row if it is new, or if it is now known to be this person's; else None."""
        key = tuple(values.spelled(given[name]) for name in self.tables[address].key())
        owned, by_identity = self._ownership(address, given)
        known = self.found.rows[address].get(key)
        if known:
            known.by_identity |= by_identity
            if not owned or known.owned:
                return None
            known.owned = True
            self._persons |= {address} & self._of_persons
            self._judge(address, known)
            return known
        facts = {
            name: text for name in self.graph.facts[address] if (text := values.spelled(given.get(name)))
        }
        row = Row(key, owned, facts, by_identity)
        self.found.rows[address][key] = row
        if owned:
            self._persons |= {address} & self._of_persons
        self._judge(address, row)
        self.seen(address, row, given)
        return row

    def _ownership(self, address: Address, given: Mapping[str, Any]) -> tuple[bool, bool]:
        for (there, inputs), wanted in self._seeds.items():
            if there == address:
                match = self._match[there, inputs]
                held = [values.folded(str(v), match) for v in values.at(given, inputs[0])]
                if any((text,) in wanted for text in held):
                    return True, True
        return any(self._asked_as_own(edge, given) for edge in self.graph.into.get(address, ())), False

    def _asked_as_own(self, edge: Edge, given: Mapping[str, Any]) -> bool:
        asked = self.found.asked.get((edge.target, edge.target_fields), {})
        value = value_of(given, edge.target_fields)
        return value is not None and asked.get(value, False)

    def _judge(self, address: Address, row: Row) -> None:
        """Whom the row names besides, or instead of, this person: by values that rows of persons give. A row
        of persons that another one of them led to, and that holds another identity, is another's."""
        others: list[str] = []
        mine = led = row.by_identity
        for edge in self.graph.into.get(address, ()):
            value = value_of(row.facts, edge.target_fields)
            if value is None or (edge.source == address and address in self._persons):
                continue
            own = self.found.asked.get((address, edge.target_fields), {}).get(value, False)
            led |= own
            if edge.source in self._persons and self.owns(edge):
                mine |= own
                others += () if own else edge.target_fields
        row.others = () if row.by_identity else tuple(others)
        row.foreign = (bool(others) and not mine) or (not led and self._other_identity(address, row))

    def _other_identity(self, address: Address, row: Row) -> bool:
        """A row that only shared values led to, and that holds another identity than this person's."""
        for (there, inputs), wanted in self._seeds.items():
            held = row.facts.get(inputs[0]) if there == address else None
            if held and (values.folded(held, self._match[there, inputs]),) not in wanted:
                return True
        return False

    def _reconsider(self) -> bool:
        """What was met before its person was known is judged again; true where that leads on."""
        for address, rows in list(self.found.rows.items()):
            for row in list(rows.values()):
                was = row.foreign
                self._judge(address, row)
                if was and not row.foreign:
                    self._lead_on(address, row, row.facts)
        return bool(self._ahead)

    def _lead_on(self, address: Address, row: Row, given: Mapping[str, Any]) -> None:
        if row.foreign:
            return
        for edge in self.graph.out.get(address, ()):
            if not edge.directed:
                # Back from what may be shared to everybody who shares it is never meant.
                if edge.reversed() in self._taken or (self.owns(edge) and not row.owned):
                    continue
                self._taken.add(edge)
            own = row.owned and self.owns(edge)
            self._push(edge.target, edge.target_fields, values_of(given, edge.source_fields), owned=own)

    def owns(self, edge: Edge) -> bool:
        """Whether a value of the edge can stand in one row of its source only."""
        table = self.tables.get(edge.source)
        return table is not None and table.names_one(edge.source_fields)


def value_of(row: Mapping[str, Any], fields: Inputs) -> Value | None:
    """The spelled value of these columns; None where one is empty."""
    found = tuple(values.spelled(row.get(name)) for name in fields)
    return None if None in found else found  # type: ignore[return-value]


def values_of(row: Mapping[str, Any], fields: Inputs) -> set[Value]:
    """The same where a field may be an array or lie inside a JSON column: one value for each element."""
    if len(fields) > 1:
        single = value_of(row, fields)
        return {single} if single else set()
    return {(text,) for each in values.at(row, fields[0]) if (text := values.spelled(each))}


def find_shared(finder: Finder, personal: Iterable[Address]) -> None:
    """Which rows that are not this person's alone others hold too. Only `personal` collections are asked."""
    found = finder.found
    for address in personal:
        open_rows = [row for row in found.rows.get(address, {}).values() if not row.owned and not row.foreign]
        if not open_rows:
            continue
        for edge in finder.graph.into.get(address, ()):
            by_value: dict[Value, list[Row]] = defaultdict(list)
            for row in open_rows:
                if (value := value_of(row.facts, edge.target_fields)) is not None:
                    by_value[value].append(row)
            for value in _held_by_others(finder, edge, set(by_value)):
                for row in by_value[value]:
                    row.shared = True


def _held_by_others(finder: Finder, edge: Edge, wanted: set[Value]) -> set[Value]:
    """Values that stand in rows of the source which are not this person's alone. Where the source is silent
    or has more rows than are worth reading, all of them: nothing is lost by leaving a row alone."""
    table = finder.tables.get(edge.source)
    if table is None:
        return wanted
    known = finder.found.rows.get(edge.source, {})
    mine = sum(1 for row in known.values() if not row.foreign)
    columns = tuple(dict.fromkeys((*table.key(), *(name.partition(".")[0] for name in edge.source_fields))))
    limit = OTHERS_LIMIT + mine
    ask = Ask(edge.source, columns, edge.source_fields, "exact", tuple(sorted(wanted)), limit)
    held, read = set(), 0
    try:
        for given in finder.fetch(ask):
            read += 1
            row = known.get(tuple(values.spelled(given[name]) for name in table.key()))
            if row is None or row.foreign or row.shared:
                held |= values_of(given, edge.source_fields)
    except Silent:
        return wanted
    return wanted if read >= limit else held & wanted
