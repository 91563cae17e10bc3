"""A large list is judged as a small one is, in files: interrupted, resumed, written out, cleaned up."""

import stat
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from benchmarks.phone_parts import messy
from duecause.engine.phone import read_cell
from duecause.engine.screening import Limits, RegisterState, ScreeningInput, bulk, screen
from duecause.engine.screening.facts import SCHEMAS, with_keys
from duecause.engine.sealing import NumberTokens
from tests.engine.screening.builders import campaign, day, key, rules_on, table

TOKENS = NumberTokens(bytes(32), "test", domain=1)
ON = day("2026-11-21")
ERASED = NumberTokens(bytes(range(32)), "test", domain=2)


class Stopped(Exception):
    pass


def belgians(count, seed=5):
    found = ((text.strip(), region) for text, region in messy.cells(count * 20, seed))
    return [(text, region) for text, region in found if region == "BE" and '"' not in text][:count]


def read(cells, folder, told=None, piece=7):
    """How many pieces the cells became."""
    parts = [
        bulk.Piece((pa.array([text for text, _ in cells[at : at + piece]]),), cells[at][1])
        for at in range(0, len(cells), piece)
    ]
    given = {"tokens": TOKENS.tokens, "guard": ERASED.tokens}
    return bulk.read_pieces(parts, **given, folder=folder, total=len(cells), told=told)


def known_of(lines):
    """One line per token."""
    tokens = {line["token"]: place for place, line in enumerate(lines)}
    columns = pa.Table.from_pylist(
        [{name: line.get(name) for name in bulk.KNOWN.names} for line in lines], schema=bulk.KNOWN
    )
    return bulk.Known(columns, tokens, np.arange(len(lines)), np.ones(len(lines), dtype=np.int64))


def inputs_of(cells, folder, lines, piece=7):
    """Rows and numbers of a screening, in files."""
    for index in range(read(cells, folder, piece=piece)):
        rows, numbers = bulk.identified(*bulk.piece_of(folder, index), known_of(lines))
        bulk.write_input("rows", rows, folder, index)
        bulk.write_input("numbers", numbers, folder, index)
    return bulk.inputs(folder, ["rows", "numbers"])


def as_files(folder, **tables):
    out = {}
    for name, lines in tables.items():
        path = folder / f"{name}-reference.parquet"
        pq.write_table(with_keys(table(name, lines)), path)
        out[name] = ds.dataset(str(path))
    return out


def facts_about(cells):
    """Every third number is known, of these every fourth objected and every fifth is in the register."""
    found = {n.e164 for text, region in cells for n in read_cell(text, region=region, policy="dial").numbers}
    numbers = sorted(found)
    token = {number: TOKENS.token(number) for number in numbers}
    known = [
        {"token": token[n], "person": key(at + 1), "country": "BE", "source": "S",
         "basis": "consent", "natural": True, "minor_band": "adult"}
        for at, n in enumerate(numbers)
        if at % 3
    ]  # fmt: skip
    consents = [{"person": line["person"], "token": None} for line in known]
    suppressed = [{"token": token[n], "reason": "objection"} for n in numbers[::4]]
    register = [{"token": token[n], "register": "BE-DNCM"} for n in numbers[::5]]
    return {"known": known, "consents": consents, "suppressed": suppressed, "register": register}


def judged(given, **more):
    loaded = {"BE-DNCM": RegisterState(ON, datetime(2026, 11, 21, tzinfo=UTC), 1)}
    given = ScreeningInput(**given, registers_loaded=loaded, in_order=True)
    return screen(given, campaign=campaign(), rules=rules_on(ON), on=ON, **more)


def by_hand(cells, facts):
    """Row by row: who is released under which token, else every reason."""
    known = {line["token"]: line for line in facts["known"]}
    stopped = {line["token"] for line in facts["suppressed"]}
    listed = {line["token"] for line in facts["register"]}
    taken, out = set(), {}
    for row, (text, region) in enumerate(cells):
        read = read_cell(text, region=region, policy="dial")
        reasons, released = set(), None
        if not read.numbers:
            codes = {problem.code for problem in read.problems}
            reasons = {"missing_phone" if codes <= {"phone_placeholder"} else "invalid_number"}
        tokens = [TOKENS.token(number.e164) for number in read.numbers]
        unlisted = {"not_in_register", "basis_unknown"} if tokens else set()
        for token in [token for token in tokens if token in known] or tokens:
            against = set() if token in known else unlisted
            against |= {"objection"} if token in stopped else set()
            against |= {"register_be_dncm"} if token in listed else set()
            if not against and token not in taken and released is None:
                released = token
            reasons |= against
            reasons |= {"duplicate_in_list"} if token in taken else set()
        if released:
            taken.add(released)
        out[row] = (released, set() if released else reasons)
    return out


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("most", [1, 9])
def test_every_row_gets_the_verdict_that_a_loop_over_the_file_gives_it(tmp_path, kind, most):
    cells = [
        (text, region)
        for text, region in belgians(300)
        if len(read_cell(text, region=region, policy="dial").numbers) <= most
    ]
    cells += cells[:40]
    facts = facts_about(cells)
    given = inputs_of(cells, tmp_path, facts["known"])
    out = bulk.VerdictFile(tmp_path / f"verdicts.{kind}", kind)
    given |= as_files(tmp_path, **{name: lines for name, lines in facts.items() if name != "known"})
    verdicts = judged(given, write=out)
    expected = by_hand(cells, facts)
    if kind == "parquet":
        lines = pq.read_table(out.path).to_pylist()
        found = {line["row_id"]: (line["token"], set(line["reasons"])) for line in lines}
    else:
        lines = pa_csv.read_csv(out.path).to_pylist()
        found = {
            line["row_id"]: (
                bytes.fromhex(line["token"]) if line["token"] else None,
                set(line["reasons"].split()),
            )
            for line in lines
        }
    assert found == expected
    assert verdicts.candidates == out.rows == len(cells)
    assert verdicts.released == sum(token is not None for token, _ in expected.values()) > 20
    assert sum(step.count for step in verdicts.waterfall) == len(cells) - verdicts.released
    assert stat.S_IMODE(out.path.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_a_row_of_several_columns_has_each_of_its_numbers_once_in_their_order(tmp_path):
    columns = (["0470000011", "", "0470000012"], ["0470 00 00 12", "n/a", "+32470000012; 0470000013"])
    piece = bulk.Piece(tuple(map(pa.array, columns)), "BE", "s", [2, 3, 5], {1: ["row_extra_cells"]})
    rows, numbers = bulk.read_piece(piece, first=10, tokens=TOKENS.tokens, guard=ERASED.tokens)
    found = [(line["row_id"], line["token"], line["guard"]) for line in numbers.to_pylist()]
    expected = []
    for place, cells in enumerate(zip(*columns, strict=True)):
        read = [n.e164 for text in cells for n in read_cell(text, region="BE", policy="dial").numbers]
        expected += [(10 + place, TOKENS.token(n), ERASED.token(n)) for n in dict.fromkeys(read)]
    assert found == expected
    assert rows["problems"].to_pylist() == [[], ["missing_phone", "row_extra_cells"], []]
    assert rows["row_no"].to_pylist() == [2, 3, 5]


def test_a_cancelled_run_goes_on_where_it_stopped(tmp_path):
    cells = belgians(40)
    paces = []

    def stop_after_three(pace):
        paces.append(pace)
        if len(paces) == 3:
            raise Stopped

    folder = tmp_path / "work"
    folder.mkdir()
    with pytest.raises(Stopped):
        read(cells, folder, stop_after_three)
    assert [pace.rows for pace in paces] == [7, 14, 21]
    again = []
    pieces = read(cells, folder, again.append)
    whole = [bulk.piece_of(folder, index) for index in range(pieces)]
    assert [(pace.rows, pace.fresh) for pace in again] == [
        (7, 0),
        (14, 0),
        (21, 0),
        (28, 7),
        (35, 14),
        (40, 19),
    ]
    assert again[2].eta is None and again[4].eta > 0 and again[4].rate > 0
    assert again[-1].eta == 0
    other = tmp_path / "other"
    other.mkdir()
    assert [bulk.piece_of(other, index) for index in range(read(cells, other))] == whole


def test_no_number_lies_in_the_folder(tmp_path):
    cells = belgians(60)
    read(cells, tmp_path)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for text, region in cells:
        for number in read_cell(text, region=region, policy="dial").numbers:
            assert number.e164.to_bytes(8, "little") not in held
            assert str(number.e164).encode() not in held


def test_what_does_not_fit_into_memory_is_judged_all_the_same(tmp_path):
    count = 200_000
    keys = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), count, [None, pa.py_buffer(TOKENS.tokens(np.arange(count) + 32470000000))]
    )
    rows = pa.table({"row_id": np.arange(count)})
    numbers = pa.table({"row_id": np.arange(count), "token": keys, "ordinal": np.zeros(count, np.int16)})
    given = {}
    for name, content in (("rows", rows), ("numbers", numbers)):
        schema = SCHEMAS[name]
        arrays = [
            content[each.name] if each.name in content.column_names else pa.nulls(count, each.type)
            for each in schema
        ]
        given[name] = pa.Table.from_arrays(arrays, schema=schema)
    spill = tmp_path / "spill"
    seen = []
    verdicts = judged(
        given,
        limits=Limits(memory="40MB", threads=1, temp_directory=str(spill)),
        progress=lambda *_: seen.append(spill.exists() and any(spill.iterdir())),
    )
    assert verdicts.candidates == count
    assert any(seen)
    assert not spill.exists() or not any(spill.iterdir())


def test_files_that_hold_something_else_are_refused(tmp_path):
    (tmp_path / "list").mkdir()
    path = tmp_path / "guard.parquet"
    pq.write_table(pa.table({"token": ["32475123456"]}), path)
    given = {**inputs_of(belgians(5), tmp_path / "list", []), "guard": ds.dataset(str(path))}
    with pytest.raises(ValueError, match="guard: column token holds string"):
        judged(given)
