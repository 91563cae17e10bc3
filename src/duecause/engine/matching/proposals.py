"""Pairs that may be one human though no rule says so: a Fellegi-Sunter model, by Splink on DuckDB.

It proposes and never links. Family name, address and number are one comparison and not three: in a household
they come together, and counted three times they make every brother a match at a stated 0.999
(docs/decisions/0012). Everything lives in the memory of this process: DuckDB gets no folder to spill to, and
tokens and hashes stand for numbers and addresses.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import duckdb
import pyarrow as pa

from duecause.engine.matching.births import is_placeholder
from duecause.engine.matching.comparing import address_key
from duecause.engine.matching.rules import Evidence, Identity, Verdict
from duecause.engine.matching.surroundings import (
    MOST_SHARING,
    RARE_RECORDS,
    NameCounts,
    full_name,
    things_of,
)
from duecause.engine.memory_database import connect

SEED = 1
MODEL_NEEDS = 1_000  # records; below, a trained model would be noise
RANDOM_PAIRS = 3e6
TRAINING_PAIRS = 2e6
TRAINED_FROM = 50  # pairs; what fewer of them say of a comparison is chance
SCORED_AT_ONCE = 3_000_000
"""Candidate pairs that are in memory at one time: about 0.2 KB each."""
PEOPLE = pa.schema(
    [
        ("unique_id", pa.int64()),
        ("first_n", pa.string()),
        ("last_n", pa.string()),
        ("initial", pa.string()),
        ("born", pa.string()),
        ("phone", pa.int64()),
        ("email", pa.int64()),
        ("number", pa.int64()),
        ("address", pa.int64()),
        ("postcode", pa.string()),
    ]
)
THINGS = pa.schema([("unique_id", pa.int64()), ("thing", pa.int64())])
_NEAR = "jaro_winkler_similarity(last_n_l, last_n_r) >= 0.92"
_HOME = "(address_l = address_r OR phone_l = phone_r)"
PERSONAL = ("email", "number")  # what usually belongs to one human
BLOCKS = (
    ("phone", "initial"),
    ("email",),
    ("number",),
    ("last_n", "first_n"),
    ("born", "initial"),
    ("born", "last_n"),
    ("postcode", "last_n"),
    ("address", "initial"),
    ("phone", "born"),
)
# The model learns from pairs that agree in these; what a lesson compares, the other one teaches.
LESSONS = (("born",), ("last_n", "first_n"))
# Who agree in these are one human, or nearly always.
SURE = (("first_n", "last_n", "born"), *((column, "born") for column in PERSONAL))

# From which stated probability a person is asked although the rules say nothing; where they know of another
# human (another first name in the household), from a higher one; another generation is never asked about.
ASKED_FROM = {"nothing_shared": 0.5, "other_surname": 0.5, "other_birth_date": 0.5, "household": 0.999}


def worth_asking(evidence: Evidence, probability: float) -> bool:
    """Whether a proposal of the model comes before a person, after what the rules said of the pair."""
    if evidence.verdict is not Verdict.NONE:
        return evidence.verdict is Verdict.SUGGEST
    return probability >= ASKED_FROM.get(evidence.rule, 2.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What DuckDB may take. More is refused with an error, never written to disk."""

    memory_mb: int = 1_500
    threads: int = 2

    @classmethod
    def of_machine(cls) -> Limits:
        """A third of its memory, and no less than some hundred thousand records need."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        return cls(memory_mb=max(memory // 3, cls().memory_mb))


@contextmanager
def _within_memory() -> Iterator[None]:
    """DuckDB's own message quotes the statement; ours says what to do."""
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, duckdb.OutOfMemoryException):
                raise MemoryError("the register is too large for the memory it may take") from None
            cause = cause.__cause__ or cause.__context__
        raise


class Register:
    """All records as the model needs them, by their position 0, 1, 2 …; gone when its `with` ends."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._db = connect(memory=f"{limits.memory_mb}MB", threads=limits.threads)
        for name, schema in (("people", PEOPLE), ("things", THINGS)):
            self._db.register("empty", schema.empty_table())
            self._db.execute(f"CREATE TABLE {name} AS FROM empty")
            self._db.unregister("empty")
        self.size = 0
        self.settle(pa.array([], pa.int64()))

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, identities: Sequence[Identity]) -> None:
        """Append records; the first ever is number 0. Raises MemoryError."""
        numbered = list(enumerate(identities, start=self.size))
        people = [_row(number, identity) for number, identity in numbered]
        things = [(number, _hash(thing)) for number, identity in numbered for thing in things_of(identity)]
        self.size += len(people)
        for name, rows, schema in (("people", people, PEOPLE), ("things", things, THINGS)):
            columns = list(zip(*rows, strict=True)) or [()] * len(schema)
            arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
            self._db.register("arriving", pa.Table.from_arrays(arrays, schema=schema))
            with _within_memory():
                self._db.execute(f"INSERT INTO {name} FROM arriving")
            self._db.unregister("arriving")

    def settle(self, persons: pa.Array, decided: Sequence[tuple[int, int]] = ()) -> None:
        """Say what needs no question any more: records of one person (`persons`: whose each record is, int64
        in the order of the records), and pairs that somebody has decided, the smaller number first."""
        numbers = pa.array(range(len(persons)), pa.int64())
        a, b = zip(*decided, strict=True) if decided else ((), ())
        for name, table in (
            ("persons", pa.table({"unique_id": numbers, "person": persons})),
            ("decided", pa.table({"a": pa.array(a, pa.int64()), "b": pa.array(b, pa.int64())})),
        ):
            self._db.register("arriving", table)
            with _within_memory():
                self._db.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
            self._db.unregister("arriving")

    def rule_pairs(self) -> list[tuple[int, int]]:
        """Pairs that a rule could link: something shared and a first name that may be the same, or the same
        full name and birth date. Without those that are settled."""
        with _within_memory():
            self._db.execute(_RULE_PAIRS)
        rows = self._db.execute(f"FROM ({_OPEN.format('rule_pairs')}) ORDER BY a, b").fetchnumpy()
        return list(zip(rows["a"].tolist(), rows["b"].tolist(), strict=True))

    def proposals(self, *, least: float = 0.5, most: int | None = None) -> list[tuple[int, int, float]]:
        """(a, b, probability by the model's own account), most probable first and at most `most`, without
        those that are settled; empty for a small register, and where too little is known to learn from.

        The probability orders; it is not to be believed (see the module). Raises MemoryError."""
        if self.size < MODEL_NEEDS:
            return []
        self._db.execute("CREATE OR REPLACE TABLE proposed (a BIGINT, b BIGINT, p DOUBLE, weight DOUBLE)")
        blocks = [block for block in self._filled(BLOCKS) if self._pairs_within(block)]
        with _within_memory():
            linker = self._trained(blocks)
            if linker is not None:
                self._score(linker, sum(map(self._pairs_within, blocks)), least, most)
        rows = self._db.execute(
            f"SELECT a, b, p FROM proposed ORDER BY weight DESC, a, b LIMIT {self._all(most)}"  # noqa: S608
        ).fetchnumpy()
        return list(zip(rows["a"].tolist(), rows["b"].tolist(), rows["p"].tolist(), strict=True))

    def _score(self, linker: Any, pairs: int, least: float, most: int | None) -> None:
        """One part of the records after the other against all of them."""
        parts = -(-pairs // SCORED_AT_ONCE)
        for part in range(1, parts + 1):
            scored = linker.inference.predict_chunk(
                left_chunk=(part, parts), threshold_match_probability=least, warning_mode="never"
            )
            self._db.execute(
                "CREATE OR REPLACE TABLE arrived AS SELECT least(unique_id_l, unique_id_r) a,"  # noqa: S608
                " greatest(unique_id_l, unique_id_r) b, match_probability p, match_weight weight"
                f" FROM {scored.physical_name}"
            )
            scored.drop_table_from_database_and_remove_from_cache()
            # Of those of all parts only the most probable stay.
            self._db.execute(
                "CREATE OR REPLACE TABLE proposed AS FROM proposed UNION ALL"
                f" ({_OPEN.format('arrived')}) ORDER BY weight DESC, a, b LIMIT {self._all(most)}"
            )

    def _all(self, most: int | None) -> int:
        return sys.maxsize if most is None else most

    def neighbours(self, records: Sequence[int]) -> list[int]:
        """Everybody who shares something with one of `records`, themselves included."""
        self._db.register("wanted", pa.table({"unique_id": pa.array(records, pa.int64())}))
        rows = self._db.execute(_NEIGHBOURS).fetchnumpy()
        self._db.unregister("wanted")
        return sorted({*records, *rows["unique_id"].tolist()})

    def counts(self, identities: Sequence[Identity]) -> NameCounts:
        """How usual the names of these records are in the whole register."""
        names = pa.Table.from_pylist(
            [{"f": name[0], "l": name[1]} for name in {full_name(identity) for identity in identities}],
            schema=pa.schema([("f", pa.string()), ("l", pa.string())]),
        )
        self._db.register("asked", names)
        first = self._db.execute(
            "SELECT first_n, count(*) FROM people WHERE first_n IN (SELECT f FROM asked) GROUP BY ALL"
        ).fetchall()
        full = self._db.execute(
            "SELECT first_n, last_n, count(*) n FROM people JOIN asked ON first_n = f AND last_n = l"  # noqa: S608
            f" GROUP BY ALL HAVING n <= {RARE_RECORDS}"
        ).fetchall()
        self._db.unregister("asked")
        return NameCounts(dict(first), {(a, b): n for a, b, n in full})

    def _present(self) -> frozenset[str]:
        """Columns that any record has a value in: what is empty everywhere cannot be trained."""
        names = PEOPLE.names
        counted = self._db.execute(f"SELECT {', '.join(f'count({name})' for name in names)} FROM people")  # noqa: S608
        return frozenset(name for name, n in zip(names, counted.fetchone() or (), strict=True) if n)

    def _filled(self, blocks: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
        present = self._present()
        return [block for block in blocks if present.issuperset(block)]

    def _pairs_within(self, columns: tuple[str, ...]) -> int:
        """How many pairs of records agree in these columns."""
        known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        pairs = self._db.execute(
            "SELECT sum(n * (n - 1) // 2)::BIGINT FROM"  # noqa: S608
            f" (SELECT count(*) n FROM people WHERE {known} GROUP BY {', '.join(columns)} HAVING n > 1)"
        ).fetchone()
        return (pairs and pairs[0]) or 0

    def _trained(self, blocks: Sequence[tuple[str, ...]]) -> Any:
        """A linker that has learnt, None where nothing can be learnt."""
        # Imported here: it costs most of a second, and only a job pays it.
        from splink import Linker, SettingsCreator, block_on
        from splink.backends.duckdb import DuckDBAPI

        present = self._present()
        lessons = {columns: self._pairs_within(columns) for columns in self._filled(LESSONS)}
        if len(lessons) < len(LESSONS) or min(lessons.values()) < TRAINED_FROM:
            return None
        api = DuckDBAPI(self._db)
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=_comparisons(present),
            blocking_rules_to_generate_predictions=[block_on(*columns) for columns in blocks],
        )
        linker = Linker(api.register("people"), settings, log_level=logging.CRITICAL)
        training = linker.training
        sure = [columns for columns in self._filled(SURE) if self._pairs_within(columns)]
        if sure:
            training.estimate_probability_two_random_records_match(
                [block_on(*columns) for columns in sure], recall=0.6
            )
        training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
        for columns, pairs in lessons.items():
            many = pairs > TRAINING_PAIRS
            training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns),
                max_pairs=TRAINING_PAIRS if many else None,
                record_sample_proportion=(TRAINING_PAIRS / pairs) ** 0.5 if many else 1.0,
            )
        return linker


def _comparisons(present: frozenset[str]) -> list[Any]:
    import splink.comparison_level_library as levels
    import splink.comparison_library as compare

    household = compare.CustomComparison(
        output_column_name="household",
        comparison_levels=[
            levels.CustomLevel("(last_n_l IS NULL OR last_n_r IS NULL)", "missing").configure(
                is_null_level=True
            ),
            levels.CustomLevel(f"{_NEAR} AND {_HOME}", "family name, and address or number"),
            levels.CustomLevel(_NEAR, "family name"),
            levels.CustomLevel(_HOME, "address or number"),
            levels.ElseLevel(),
        ],
    )
    return [
        compare.NameComparison("first_n"),
        *([compare.DateOfBirthComparison("born", input_is_string=True)] if "born" in present else []),
        *(compare.ExactMatch(column) for column in PERSONAL if column in present),
        household,
    ]


# Of a table of pairs (a, b) those that are not settled.
_OPEN = """
SELECT pair.* FROM {} pair ANTI JOIN decided USING (a, b)
LEFT JOIN persons one ON one.unique_id = pair.a LEFT JOIN persons other ON other.unique_id = pair.b
WHERE one.person IS NULL OR other.person IS NULL OR one.person <> other.person
"""
# A first name that begins otherwise is another human, unless the two names changed places.
_RULE_PAIRS = f"""
CREATE OR REPLACE TABLE rule_pairs AS
WITH used AS (SELECT thing FROM things GROUP BY thing HAVING count(*) BETWEEN 2 AND {MOST_SHARING}),
shared AS (
  SELECT x.unique_id a, y.unique_id b FROM things x JOIN used USING (thing) JOIN things y USING (thing)
  WHERE x.unique_id < y.unique_id
),
named AS (
  SELECT x.unique_id a, y.unique_id b FROM people x JOIN people y
  ON x.born = y.born AND x.first_n = y.first_n AND x.last_n = y.last_n AND x.unique_id < y.unique_id
)
SELECT DISTINCT a, b FROM (FROM shared UNION ALL FROM named)
JOIN people x ON x.unique_id = a JOIN people y ON y.unique_id = b
WHERE x.initial = y.initial OR x.first_n = y.last_n OR x.last_n = y.first_n OR x.initial IS NULL
  OR y.initial IS NULL OR damerau_levenshtein(x.first_n, y.first_n) <= 1
"""  # noqa: S608
_NEIGHBOURS = f"""
WITH used AS (
  SELECT DISTINCT thing FROM things WHERE unique_id IN (SELECT unique_id FROM wanted)
), few AS (
  SELECT thing FROM things WHERE thing IN (FROM used) GROUP BY thing HAVING count(*) <= {MOST_SHARING}
)
SELECT DISTINCT unique_id FROM things WHERE thing IN (FROM few)
"""  # noqa: S608


def _row(number: int, identity: Identity) -> tuple[object, ...]:
    """Values of PEOPLE."""
    first, last = full_name(identity)
    address = address_key(identity.street, identity.postcode)
    return (
        number,
        first or None,
        last or None,
        first[:1] or None,
        identity.birth.isoformat() if identity.birth and not is_placeholder(identity.birth) else None,
        _one(identity.phones),
        _one(identity.emails),
        _one(identity.customer_nos),
        _hash(address) if address else None,
        identity.postcode.replace(" ", "").upper() or None,
    )


def _one(things: frozenset[object]) -> int | None:
    """Of several numbers one, always the same of the same ones; the rules look at all of them."""
    return min(map(_hash, things)) if things else None


def _hash(thing: object) -> int:
    return int.from_bytes(blake2b(repr(thing).encode(), digest_size=8).digest(), "big", signed=True)
