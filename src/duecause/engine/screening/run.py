"""Facts as columns → a verdict per row with all its reasons, in a few set-based statements.

Reasons are bits of one integer, the strongest lowest, so that one `bit_or` collects them and one comparison
orders them. DuckDB runs in memory on the Arrow tables it is handed and opens no file of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import ModuleType

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow.dataset import Dataset

from duecause.engine.memory_database import connect
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.screening import sql, sql_large
from duecause.engine.screening.facts import (
    SCHEMAS,
    CampaignFacts,
    Limits,
    ScreeningInput,
    Step,
    Verdicts,
    as_declared,
)
from duecause.engine.screening.reasons import precedence, register_code
from duecause.engine.screening.rules import RuleSet
from duecause.engine.screening.situations import (
    CONSENT_OF_NUMBER,
    CONSENT_OF_PERSON,
    Situations,
    expiry,
    registers_used,
    rules_applied,
)

Progress = Callable[[str, int, int], None]
"""Called with the phase that starts, phases done, phases in all."""

PHASES = ("read", "look_up", "judge", "duplicates", "reasons", "count")
MOST_REASONS = 62
SQL_ROUNDS = 4


def screen(
    given: ScreeningInput,
    *,
    campaign: CampaignFacts,
    rules: Mapping[str, RuleSet],
    on: date,
    party_open_until: date | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    write: Callable[[pa.RecordBatchReader], None] | None = None,
) -> Verdicts:
    """Judge every candidate row on a day.

    With `write` the verdicts are handed to it batch by batch, in no order, and the answer holds none of them.

    `rules`: country → rules of that day; a country without an entry is treated as one without a rule.
    `party_open_until` is the last day of the call centre's gate. Raises ValueError for tables or rule sets
    that do not fit, Refused for more than 62 different reason codes.
    """
    for country, rule_set in rules.items():
        if rule_set.on != on:
            raise ValueError(f"the rules of {country} are those of {rule_set.on}, not of {on}")
    limits = limits or Limits()
    with connect(memory=limits.memory, threads=limits.threads, spill=limits.temp_directory or "") as db:
        for setting in sql.SETTINGS:
            db.execute(setting)
        kind = _Run if write is None or not given.in_order else _LargeRun
        return kind(db, given, campaign, rules, on, progress, write).verdicts(party_open_until)


class _Run:
    """One screening on one connection; methods in the order in which they run."""

    _statements: ModuleType = sql

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        given: ScreeningInput,
        campaign: CampaignFacts,
        rules: Mapping[str, RuleSet],
        on: date,
        progress: Progress | None,
        write: Callable[[pa.RecordBatchReader], None] | None,
    ) -> None:
        self.write = write
        self.db, self.given, self.campaign, self.rules, self.on = db, given, campaign, rules, on
        self.progress = progress
        self.codes: list[str] = []
        self.bits: dict[str, int] = {}
        self.for_all = 0  # reasons that every row has
        self.counts: dict[int, int] = {}

    def verdicts(self, party_open_until: date | None) -> Verdicts:
        for done, phase in enumerate(PHASES):
            if self.progress:
                self.progress(phase, done, len(PHASES))
            getattr(self, f"_{phase}")()
        verdicts = self._result(party_open_until)
        if self.progress:
            self.progress("done", len(PHASES), len(PHASES))
        return verdicts

    def _read(self) -> None:
        in_order = self.given.in_order
        for name in SCHEMAS:
            columns = self.given.columns(name)
            if name == "rows" and not in_order:
                if isinstance(columns, Dataset):
                    raise ValueError("rows: files must be in order")
                columns = columns.append_column("given", pa.array(np.arange(len(columns))))
            self.db.register(f"{name}_in", columns)
        self.db.execute(sql.PLACES_IN_ORDER if in_order else sql.PLACES)
        self._number(in_order)
        for check, message in () if in_order else sql.CHECKS:
            if self._value(check):
                raise ValueError(message)
        registers = {rule.subject for rules in self.rules.values() for rule in rules.of_kind("register")}
        registers |= set(self._column(sql.FOUND_REGISTERS))
        self.codes = precedence(
            problems=self._column(sql.FOUND_PROBLEMS),
            suppressions=self._column(sql.FOUND_SUPPRESSIONS),
            registers=registers,
        )
        if len(self.codes) > MOST_REASONS:
            template = gettext_noop("%(count)s reason codes; %(most)s fit. Merge import problem codes.")
            raise Refused("too_many_reasons", template, count=len(self.codes), most=MOST_REASONS)
        self.bits = {code: 1 << place for place, code in enumerate(self.codes)}
        self._hand_over("codes", sql.CODES, [{"code": c, "bit": bit} for c, bit in self.bits.items()])
        lines = [{"register": r, "bit": self.bits[register_code(r)]} for r in sorted(registers)]
        self._hand_over("register_codes", sql.REGISTER_CODES, lines)

    def _number(self, in_order: bool) -> None:
        self.db.execute(sql.numbers(in_order=in_order))

    def _look_up(self) -> None:
        situations = Situations(self.bits, self.campaign, self.rules, self.on, self.given.registers_loaded)
        kinds = self.db.execute(self._statements.KINDS_OF_NUMBER).fetchall()
        if self.given.party_reasons:
            self.for_all |= self.bits["party_gate_closed"]
        if situations.banned_everywhere():
            self.for_all |= self.bits["sector_ban"]
        lines = [situations.line(country, natural) for country, natural in kinds]
        self._hand_over("situations", sql.SITUATION, lines)
        families: list[dict[str, object]] = [{"family": family} for family in self.campaign.offer_families]
        self._hand_over("families", sql.FAMILIES, families)
        held = [
            {"related": relation.related_offer, "earliest_end": relation.earliest_end, "hold": bit}
            for relation, bit in situations.relations.items()
        ]
        self._hand_over("relation_rules", sql.RELATION_RULES, held)
        self._execute(self._statements.LOOK_UP)

    def _judge(self) -> None:
        self._execute(sql.JUDGE)

    def _duplicates(self) -> None:
        """Give each person and number to the first row that may have it (see sql.KEEP).

        Each round settles every number whose row, person and number have no earlier claimant left. Chains of
        shared numbers need more rounds; what a few rounds leave is settled one by one.
        """
        for _ in range(SQL_ROUNDS):
            if not self._value(sql.CLAIMS_LEFT):
                return
            self._execute(sql.KEEP)
        kept = []
        taken: set[tuple[str, object]] = set()
        for key, seq, person, token in self.db.execute(sql.CLAIMS_IN_ORDER).fetchall():
            names = {("row", seq), ("token", token)} | ({("person", person)} if person is not None else set())
            if taken.isdisjoint(names):
                taken |= names
                kept.append(key)
        self.db.register("settled", pa.table({"k": pa.array(kept, pa.int64())}))
        self.db.execute(sql.KEEP_SETTLED)

    def _reasons(self) -> None:
        self._execute(sql.REASONS if self._value(sql.SEVERAL_NUMBERS) else sql.REASONS_OF_ONE)
        self._execute(sql.FORGET)

    def _count(self) -> None:
        self.counts = dict(self.db.execute(sql.MASK_COUNTS).fetchall())
        lines = [
            {"mask": mask, "reasons": [code for code, bit in self.bits.items() if mask & bit]}
            for mask in self.counts
        ]
        self._hand_over("decoded", sql.DECODED, lines)

    def _result(self, party_open_until: date | None) -> Verdicts:
        counts = self.counts
        candidates, released = sum(counts.values()), counts.get(0, 0)
        steps, remaining = [], candidates
        for code, bit in self.bits.items():
            count = sum(n for mask, n in counts.items() if mask & -mask == bit)
            if count:
                remaining -= count
                steps.append(Step(code, count, remaining))
        totals = {code: sum(n for mask, n in counts.items() if mask & bit) for code, bit in self.bits.items()}
        countries = self._released_countries() or self.campaign.countries
        until, because = expiry(
            countries,
            rules=self.rules,
            loaded=self.given.registers_loaded,
            party_open_until=party_open_until,
        )
        applied = rules_applied(self.campaign.countries, self.rules, self.campaign)
        return Verdicts(
            table=self._table(),
            candidates=candidates,
            released=released,
            waterfall=tuple(steps),
            totals={code: count for code, count in totals.items() if count},
            rules_applied=applied,
            bans=tuple(rule for rule in applied if rule.kind == "sector_ban"),
            registers_used=registers_used(self.campaign.countries, self.rules, self.given.registers_loaded),
            expires_on=until,
            expiry_because=because,
        )

    def _released_countries(self) -> list[str]:
        return self._column(sql.RELEASED_COUNTRIES)

    def _table(self) -> pa.Table:
        if self.write is None:
            reader = self.db.execute(f"{sql.VERDICTS} {sql.IN_ORDER}").to_arrow_reader(100_000)
            return as_declared(reader.read_all())
        reader = self.db.execute(sql.VERDICTS).to_arrow_reader(100_000)
        self.write(reader)
        return reader.schema.empty_table()

    def _hand_over(self, name: str, schema: pa.Schema, lines: list[dict[str, object]]) -> None:
        self.db.register(name, pa.Table.from_pylist(lines, schema=schema))

    def _execute(self, statements: tuple[str, ...]) -> None:
        values: dict[str, object] = {
            **self.bits,
            "gate": self.for_all,
            "consent_of_person": CONSENT_OF_PERSON,
            "consent_of_number": CONSENT_OF_NUMBER,
            "on": self.on,
        }
        for statement in statements:
            names = set(re.findall(r"\$(\w+)", statement))
            self.db.execute(statement, {name: values[name] for name in names} or None)

    def _column(self, statement: str) -> list[str]:
        return [row[0] for row in self.db.execute(statement).fetchall()]

    def _value(self, statement: str) -> int:
        row = self.db.execute(statement).fetchone()
        return int(row[0]) if row else 0


class _LargeRun(_Run):
    """The same for a list in order whose verdicts are written away: quicker where no row has two numbers."""

    def _number(self, in_order: bool) -> None:
        self.large = not self._value(sql_large.SECOND_NUMBER)
        self.countries: set[str] = set()
        if self.large:
            self._statements = sql_large
        else:
            super()._number(in_order)

    def _judge(self) -> None:
        if self.large:
            self._execute(sql_large.JUDGE)
        else:
            super()._judge()

    def _reasons(self) -> None:
        if not self.large:
            return super()._reasons()
        self.db.execute(sql_large.NUMBERLESS)
        if self._value(sql_large.SILENT):
            self._execute(sql_large.ALSO_SILENT)

    def _count(self) -> None:
        if not self.large:
            return super()._count()
        masked = sql_large.MASKED.format(gate=self.for_all, duplicate_in_list=self.bits["duplicate_in_list"])
        reader = self.db.execute(sql_large.VERDICTS.format(masked=masked)).to_arrow_reader(100_000)
        place = reader.schema.get_field_index("mask")
        reasons = pa.field("reasons", pa.list_(pa.string()))
        self.schema = reader.schema.remove(place).append(reasons)
        if self.write:
            batches = (self._decoded(batch, place) for batch in reader)
            self.write(pa.RecordBatchReader.from_batches(self.schema, batches))

    def _decoded(self, batch: pa.RecordBatch, place: int) -> pa.RecordBatch:
        """Masks as lists of reasons, counted on the way."""
        masks, codes, counts = np.unique(
            batch.column(place).to_numpy(), return_inverse=True, return_counts=True
        )
        for mask, count in zip(masks.tolist(), counts.tolist(), strict=True):
            self.counts[mask] = self.counts.get(mask, 0) + count
        if masks.size and masks[0] == 0:
            released = batch.filter(pa.array(codes == 0)).column("country")
            self.countries |= set(released.unique().to_pylist()) - {None}
        named = pa.array([self._codes_of(mask) for mask in masks.tolist()], pa.list_(pa.string()))
        arrays = [column for at, column in enumerate(batch.columns) if at != place]
        return pa.RecordBatch.from_arrays([*arrays, named.take(pa.array(codes))], schema=self.schema)

    def _codes_of(self, mask: int) -> list[str]:
        return [code for code, bit in self.bits.items() if mask & bit]

    def _released_countries(self) -> list[str]:
        return sorted(self.countries) if self.large else super()._released_countries()

    def _table(self) -> pa.Table:
        return self.schema.empty_table() if self.large else super()._table()
