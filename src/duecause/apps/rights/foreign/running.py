"""Carry one request out in every mapped store: look, plan, prepare everywhere, commit, read back, certify.

Nothing is committed anywhere before every store that answers has taken its changes. A store that does not
answer never stops the others. Run again, it goes on: what was changed is recognised, what is left is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from duecause.apps.rights.foreign.configuring import Stores
from duecause.apps.rights.foreign.folder import WORK, Folder, Kept
from duecause.apps.rights.foreign.reading_back import counts, read_back
from duecause.apps.rights.foreign.telling import Spool, tell
from duecause.connectors.verbs import Rejected, Unreachable, Work
from duecause.engine.datamap import graph as graphs
from duecause.engine.datamap.finding import Ask, Finder, Row, Silent, find_shared
from duecause.engine.datamap.model import Address, any_within
from duecause.engine.datamap.outline import Outline, fill, outline
from duecause.engine.datamap.planning import Operation, Plan, document, make_plan
from duecause.engine.datamap.request import Request
from duecause.engine.datamap.schema import Schema, Table
from duecause.packs.access import phrases

ATTEMPTS = 3


def _nothing(point: str) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Outcome:
    """`reasons` say why a request is not complete: codes with the place they belong to."""

    complete: bool
    reasons: list[dict[str, Any]] = field(default_factory=list)
    plan: str = ""


class Run:
    """`at` is told each state as it is reached. `approved`: the hash of the plan that somebody approved."""

    def __init__(
        self,
        request: Request,
        stores: Stores,
        folder: Folder,
        *,
        now: datetime,
        approved: str = "",
        at: Callable[[str], None] = _nothing,
    ) -> None:
        self.request, self.stores, self.folder, self.now = request, stores, folder, now
        self.approved, self.at = approved, at
        self.graph = graphs.build(stores.data_map)
        self.schemas: dict[str, Schema] = {}
        self.down: dict[str, str] = {}
        self.kept = Kept()
        self.receipts: dict[str, dict[str, Any]] = {}

    def plan_only(self) -> Outcome:
        """The plan for approval; nothing is changed and nobody's data are written."""
        plan, told = self._planned()
        if self.request.changes:
            self._save(told["hash"])
        return self._outcome(plan, told, [{"code": "not_carried_out"}])

    def carry_out(self) -> Outcome:
        """A request that is complete stays as it was certified."""
        if self.request.changes and (certified := self.folder.certified()):
            self.folder.remove(WORK)  # it may have been killed just before
            return Outcome(True, [], certified)
        for _ in range(ATTEMPTS):
            plan, told = self._planned()
            if self.request.changes and self.approved and told["hash"] != self.approved:
                return self._outcome(plan, told, [{"code": "plan_changed"}])
            if not self.request.changes:
                return self._answered(plan, told)
            if plan.blockers:
                self._save(told["hash"])
                return self._outcome(plan, told, [])
            self.at("planned")
            if not self._drifted():
                return self._changed(plan, told)
        return Outcome(False, [{"code": "schema_keeps_changing"}])

    # What there is

    def _planned(self) -> tuple[Plan, dict[str, Any]]:
        self.kept = self.folder.load()
        if not self.kept.committing:
            self.kept = Kept(key=self.kept.key)
        self._probe()
        lines = outline(self.request, self.graph, self._tables())
        self.spool = Spool(self.folder, lines)
        finder = Finder(
            self.graph, lines.tables(), lines.columns(), self._fetch, self._seen(lines), self.kept.found
        )
        found = finder.run(self.request)
        find_shared(
            finder, [a for a, part in lines.parts.items() if self._personal(part.collection.every_field())]
        )
        for each in self.stores.connectors.values():
            each.rest()
        self.at("found")
        plan = make_plan(lines, found, on=self.now.date())
        told = document(
            plan, stores=self._told_stores(), store_of=self.stores.data_map.store_of, key=self.kept.key
        )
        self.folder.write("plan.json", told)
        return plan, told

    def _probe(self) -> None:
        self.schemas, self.down = {}, {}
        for name, connector in self.stores.connectors.items():
            wanted = [c.name for c in self.graph.collections.values() if self._store(c.address) == name]
            try:
                self.schemas[name] = connector.probe(wanted)
            except Unreachable as error:
                self.down[name] = error.code
        self.at("probed")

    def _drifted(self) -> bool:
        """Whether a schema is no longer what the plan was made on."""
        for name, was in list(self.schemas.items()):
            try:
                if self.stores.connectors[name].probe(was.tables).fingerprint() != was.fingerprint():
                    return True
            except Unreachable as error:
                self.down[name] = error.code
        return False

    def _tables(self) -> dict[Address, Table]:
        found = {}
        for address in self.graph.collections:
            schema = self.schemas.get(self._store(address))
            if schema and address[1] in schema.tables:
                found[address] = schema.tables[address[1]]
        return found

    def _store(self, address: Address) -> str:
        return self.stores.data_map.store_of[address[0]]

    def _personal(self, fields: Iterable[Any]) -> bool:
        wanted = self.request.categories or ("user",)
        return any(any_within(one.categories, wanted) for one in fields)

    def _fetch(self, ask: Ask) -> Iterator[Mapping[str, Any]]:
        name = self._store(ask.address)
        if name in self.down:
            raise Silent
        table = self.schemas[name].tables[ask.address[1]]
        if any(each not in table.columns for each in (*ask.fields, *ask.columns)):
            raise Silent
        try:
            yield from self.stores.connectors[name].find(ask, table)
        except Unreachable as error:
            self.down[name] = error.code
            raise Silent from None

    def _seen(self, lines: Outline) -> Callable[[Address, Row, Mapping[str, Any]], None]:
        def seen(address: Address, row: Row, given: Mapping[str, Any]) -> None:
            if self.request.changes:
                fill(lines.parts[address], self.request, row, given, self.kept.key)
            else:
                self.spool.add(address, row, given)

        return seen

    def _told_stores(self) -> dict[str, dict[str, Any]]:
        told: dict[str, dict[str, Any]] = {}
        for name in self.stores.connectors:
            if name in self.down:
                told[name] = {"state": "unreachable", "schema": "", "why": self.down[name]}
            else:
                told[name] = {"state": "answered", "schema": self.schemas[name].fingerprint()}
        return told

    def _save(self, plan: str) -> None:
        self.kept.plan = plan
        self.folder.save(self.kept)
        self.at("saved")

    # What is told

    def _answered(self, plan: Plan, told: dict[str, Any]) -> Outcome:
        tell(
            self.folder,
            self.spool,
            plan,
            self.kept.found,
            texts=phrases(self.request.language),
            made=self.now,
            store_of=self.stores.data_map.store_of,
            silent=sorted(self.down),
        )
        for name in self.stores.connectors:
            state = "unreachable" if name in self.down else "answered"
            rows = {a[1]: n for a, n in plan.rows.items() if self._store(a) == name}
            self._receive(name, told, state, collections=rows)
        return self._finish(plan, told, [])

    # What is changed

    def _changed(self, plan: Plan, told: dict[str, Any]) -> Outcome:
        self._save(told["hash"])
        open_work, rejected = self._prepare(plan)
        if rejected:
            for work in open_work.values():
                work.rollback()
            return self._outcome(plan, told, rejected)
        self.kept.committing = True
        self._save(told["hash"])
        self.at("committing")
        wrong: list[dict[str, Any]] = []
        for name, work in open_work.items():
            operations = self._of(plan, name)
            try:
                work.commit()
            except (Unreachable, Rejected) as error:
                self.down[name] = error.code
                continue
            self.at(f"committed:{name}")
            self._receive(name, told, "committed", operations=counts(operations))
        for name in self.stores.connectors:
            if name not in self.down:
                wrong += self._verify(name, plan, told)
        for name in self.down:
            self._receive(name, told, "unreachable")
        return self._finish(plan, told, wrong)

    def _prepare(self, plan: Plan) -> tuple[dict[str, Work], list[dict[str, Any]]]:
        """Every change in an open transaction. A store that is gone drops out; one that refuses stops all."""
        opened: dict[str, Work] = {}
        rejected: list[dict[str, Any]] = []
        for name, connector in self.stores.connectors.items():
            operations = self._of(plan, name)
            if name in self.down or not operations:
                continue
            try:
                work = opened[name] = connector.begin()
                for address, same in groupby(operations, lambda each: each.address):
                    self._apply(work, list(same), self.schemas[name].tables[address[1]])
                self.at(f"prepared:{name}")
            except Unreachable as error:
                self.down[name] = error.code
                opened.pop(name, None)
            except Rejected as error:
                rejected.append(
                    {"code": "rejected", "store": name, "collection": error.collection, "why": error.code}
                )
        return opened, rejected

    def _apply(self, work: Work, operations: list[Operation], table: Table) -> None:
        work.change([each for each in operations if each.does == "update"], table)
        for each in operations:
            if each.does == "delete":
                work.erase(each, table)

    def _verify(self, name: str, plan: Plan, told: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            back = read_back(
                name,
                self.stores.connectors[name],
                self._of(plan, name),
                schema=self.schemas[name],
                plan=plan,
                found=self.kept.found,
                store=self._store,
            )
        except Unreachable as error:
            self.down[name] = error.code
            return []
        state = "unproven" if back.wrong else "verified"
        self._receive(name, told, state, operations=back.read, searched_again=back.again)
        self.at(f"verified:{name}")
        return back.wrong

    def _of(self, plan: Plan, name: str) -> list[Operation]:
        return [each for each in plan.operations if self._store(each.address) == name]

    def _receive(self, name: str, told: Mapping[str, Any], state: str, **more: Any) -> None:
        step = hashlib.sha256(f"{self.request.id}\n{name}\n{told['hash']}".encode()).hexdigest()
        receipt = {
            "step": step,
            "request": self.request.id,
            "store": name,
            "plan": told["hash"],
            "state": state,
        }
        self.receipts[name] = {**receipt, "at": self.now.isoformat(), **more}
        self.folder.write(f"receipts/{name}.json", self.receipts[name])
        self.at(f"receipt:{name}:{state}")

    # How it ended

    def _finish(self, plan: Plan, told: dict[str, Any], wrong: list[dict[str, Any]]) -> Outcome:
        outcome = self._outcome(plan, told, wrong, done=True)
        if self.request.changes:
            self.folder.write("verify.json", {"plan": told["hash"], "stores": self.receipts})
        self.folder.write(
            "certificate.json",
            {
                "format": 1,
                "request": self.request.id,
                "kind": self.request.kind,
                "plan": told["hash"],
                "at": self.now.isoformat(),
                "state": "complete" if outcome.complete else "incomplete",
                "reasons": outcome.reasons,
                "kept": told["kept"],
                "belongs_to_others": told["belongs_to_others"],
                "receipts": {n: {"step": r["step"], "state": r["state"]} for n, r in self.receipts.items()},
                "key_destroyed": outcome.complete and self.request.changes,
            },
        )
        self.at("certified")
        if outcome.complete:
            self.folder.remove(WORK)
        self.at("ended")
        return outcome

    def _outcome(
        self, plan: Plan, told: dict[str, Any], more: list[dict[str, Any]], *, done: bool = False
    ) -> Outcome:

        def named(address: Address) -> dict[str, Any]:
            return {"store": self._store(address), "collection": address[1]}

        reasons = list(more)
        reasons += [{"code": "unreachable", "store": name, "why": why} for name, why in self.down.items()]
        reasons += [
            {**named(address), "code": f"blocked_{code}", "field": column, "rows": rows}
            for address, code, column, rows in plan.blockers
        ]
        reasons += [{**named(a), "code": "names_several_persons", "rows": n} for a, n in plan.review.items()]
        reasons += [
            {**named(a), "code": "no_link"} for a, why in plan.outline.unreachable.items() if why == "no_link"
        ]
        reasons += [
            {**named(a), "code": "table_missing"}
            for a in self.graph.collections
            if self._store(a) in self.schemas and a[1] not in self.schemas[self._store(a)].tables
        ]
        reasons += [
            {**named(a), "code": "column_missing", "field": name}
            for a, part in plan.outline.parts.items()
            for code, name in part.blockers
            if code == "missing"
        ]
        outcome = Outcome(not reasons, reasons, told["hash"])
        self.folder.write("outcome.json", {"complete": outcome.complete, "done": done, "reasons": reasons})
        return outcome
