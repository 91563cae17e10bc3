"""A list as a CSV file and what is known of its numbers, from a fixed seed: fictional, in ten countries.

Nearly half of the rows are drawn from the numbers that the reference sets are made of, a sixth repeats
another row, one in a hundred holds words beside the number and one in a hundred no number at all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from duecause.engine.phone.numbers import OUR_REGIONS
from duecause.engine.phone.plans import our_codes, plans
from duecause.engine.screening import bulk
from duecause.engine.screening.facts import KEY as KEY_TYPE
from duecause.engine.screening.facts import SCHEMAS, with_keys
from duecause.engine.sealing import NumberTokens
from duecause.packs import law

SEED = 20261127
KEY = bytes(range(32))
CUSTOMERS, SUPPRESSED, LISTED = 4_500_000, 3_000_000, 5_000_000
SET_ROWS = 10_000_000
CHUNK = 500_000
KNOWN = pa.schema([pa.field("token", KEY_TYPE), *(each for each in bulk.KNOWN if each.name != "record")])
ON = "2026-11-27"
TRUNK_ZERO = ("BE", "NL", "FR", "SE", "DE", "GB")
SUPPRESSIONS = ("objection", "wrong_number", "deceased", "court")
Numbers = npt.NDArray[np.int64]


def tokens() -> NumberTokens:
    return NumberTokens(KEY, "benchmark", domain=7)


def guard() -> NumberTokens:
    return NumberTokens(KEY, "benchmark", domain=8)


def numbers(rnd: np.random.Generator, count: int) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """E.164 integers of mobile phones and their regions as indexes of OUR_REGIONS."""
    known = plans(our_codes().values())
    home = rnd.integers(0, len(OUR_REGIONS), count)
    out = np.zeros(count, dtype=np.int64)
    for index, region in enumerate(OUR_REGIONS):
        rows = [at for at, place in enumerate(known.place) if known.places[place] == (region, "mobile")]
        widths = np.minimum(known.high[rows] - known.low[rows], 50_000_000)
        mine = np.flatnonzero(home == index)
        row = rnd.choice(len(rows), len(mine), p=widths / widths.sum())
        out[mine] = known.low[rows][row] + rnd.integers(0, widths[row])
    return out, home


def write_list(path: Path, rows: int, pool: tuple[Numbers, npt.NDArray[np.int64]]) -> None:
    """Columns row, country, phone, name; beside it the numbers as integers, for who joins these only."""
    rnd = np.random.default_rng(SEED + rows)
    writer = None
    schema = pa.schema([("e164", pa.int64())])
    clear = pq.ParquetWriter(path.with_name("list-clear.parquet"), schema, compression="lz4")
    with path.open("wb") as file:
        for first in range(0, rows, CHUNK):
            count = min(CHUNK, rows - first)
            fresh, home = numbers(rnd, count)
            known = rnd.random(count) < 0.48
            at = rnd.integers(0, len(pool[0]), int(known.sum()))
            fresh[known], home[known] = pool[0][at], pool[1][at]
            twice = rnd.random(count) < 0.16
            other = rnd.integers(0, count, int(twice.sum()))
            fresh[twice], home[twice] = fresh[other], home[other]
            table = pa.table(
                {
                    "row": pa.array(np.arange(first, first + count)),
                    "country": pa.array(np.array(OUR_REGIONS, dtype=object)[home], pa.string()),
                    "phone": written(rnd, fresh, home),
                    "name": pc.binary_join_element_wise(
                        pa.array(np.full(count, "Person", dtype=object), pa.string()),
                        pa.array(rnd.integers(0, 10**6, count)).cast(pa.string()),
                        " ",
                    ),
                }
            )
            clear.write_table(pa.table({"e164": fresh}, schema=schema))
            writer = writer or pa_csv.CSVWriter(
                file, table.schema, write_options=pa_csv.WriteOptions(quoting_style="none")
            )
            writer.write_table(table)
        if writer is not None:
            writer.close()
    clear.close()


def written(rnd: np.random.Generator, e164: Numbers, home: npt.NDArray[np.int64]) -> pa.Array:
    full = pa.array(e164).cast(pa.string())
    digits = np.array([len(str(code)) for code in our_codes().values()])[home]
    code = pa.array(np.array([str(code) for code in our_codes().values()], dtype=object)[home], pa.string())
    zero = np.array(["0" if region in TRUNK_ZERO else "" for region in OUR_REGIONS], dtype=object)[home]
    short, long = pc.utf8_slice_codeunits(full, 2), pc.utf8_slice_codeunits(full, 3)
    national = pc.if_else(pa.array(digits == 2), short, long)
    plain = pc.binary_join_element_wise(pa.array(zero, pa.string()), national, "")
    parts = [pc.utf8_slice_codeunits(plain, start, stop) for start, stop in ((0, 4), (4, 6), (6, 8), (8, 20))]
    spaced = pc.utf8_rtrim_whitespace(pc.binary_join_element_wise(*parts, " "))
    plus = pc.binary_join_element_wise(pa.scalar("+"), full, "")
    abroad = pc.binary_join_element_wise(pa.scalar("00"), code, pa.scalar(" "), national, "")
    words = pc.binary_join_element_wise(plain, pa.scalar("werk"), " ")
    nothing = pa.array(np.full(len(e164), "n/a", dtype=object), pa.string())
    way = rnd.random(len(e164))
    out = plus
    for below, text in ((0.7, spaced), (0.4, plain), (0.2, abroad), (0.02, words), (0.01, nothing)):
        out = pc.if_else(pa.array(way < below), text, out)
    return out


def references(folder: Path, share: float) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Write the reference sets, `share` of their full size; returns the numbers they were drawn from."""
    rnd = np.random.default_rng(SEED)
    pool, home = numbers(rnd, int(SET_ROWS * share))
    pool, first = np.unique(pool, return_index=True)
    home = home[first]
    shuffled = rnd.permutation(len(pool))
    pool, home = pool[shuffled], home[shuffled]
    book = law.book()
    registers = {}
    for index, region in enumerate(OUR_REGIONS):
        pack = book.packs.get(region)
        found = [rule.subject for rule in pack.rules if rule.kind == "register"] if pack else []
        registers[index] = found[0] if found else "XX-NONE"
    for name, size in (("known", CUSTOMERS), ("suppressed", SUPPRESSED), ("register", LISTED)):
        at = rnd.choice(len(pool), min(int(size * share), len(pool)), replace=False)
        _write(name, folder, rnd, pool[at], home[at], registers)
    return pool, home


def _write(
    name: str,
    folder: Path,
    rnd: np.random.Generator,
    e164: Numbers,
    home: npt.NDArray[np.int64],
    registers: dict[int, str],
) -> None:
    count = len(e164)
    key = keys(np.ascontiguousarray(tokens().tokens(e164)))
    given: dict[str, pa.Array] = {"token": key}
    if name == "suppressed":
        given["reason"] = pa.array(
            np.array(SUPPRESSIONS, dtype=object)[rnd.integers(0, 4, count)], pa.string()
        )
    elif name == "register":
        given["register"] = pa.array([registers[int(each)] for each in home], pa.string())
    else:
        given |= {
            "person": keys(np.ascontiguousarray(rnd.integers(0, 2**62, (count, 2)))),
            "country": pa.array(np.array(OUR_REGIONS, dtype=object)[home], pa.string()),
            "natural": pa.array(np.ones(count, dtype=bool)),
            "minor_band": pa.array(np.full(count, "adult", dtype=object), pa.string()),
            "source": pa.array(np.full(count, "webshop", dtype=object), pa.string()),
            "basis": pa.array(np.full(count, "consent", dtype=object), pa.string()),
            "region": pa.nulls(count, pa.string()),
        }
    schema = KNOWN if name == "known" else SCHEMAS[name]
    table = with_keys(pa.table(given).select(schema.names).cast(schema))
    few = ["country", "minor_band", "source", "basis", "reason", "register"]
    pq.write_table(table, folder / f"{name}.parquet", compression="lz4", use_dictionary=few)
    pq.write_table(pa.table({"e164": pa.array(e164)}), folder / f"{name}-clear.parquet", compression="lz4")


def keys(values: npt.NDArray[np.generic]) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(values), [None, pa.py_buffer(values)])
