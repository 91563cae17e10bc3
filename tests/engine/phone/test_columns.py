"""A column is read as each of its cells would be, and the tables say what phonenumbers says."""

import random
import subprocess
import sys

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.phone_parts import messy
from duecause.engine.phone import METADATA_VERSION, plans, read_cell, read_column
from duecause.engine.phone.columns import COMPILER, NONE, NUMBER, UNDECIDED, decide_column
from duecause.engine.phone.numbers import OUR_REGIONS, from_parsed
from duecause.engine.phone.plans import our_codes
from duecause.engine.problems import Refused

WAYS = ["numpy", *(["compiled"] if COMPILER else [])]
WRITTEN = st.text("0123456789+-./() \u00a0'０５٣tx#,;Ee", max_size=22)


def gold(text, region):
    try:
        return from_parsed(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return None


def tables_say(cells, way):
    texts = pa.array([text for text, _ in cells], pa.string())
    homes = np.array([OUR_REGIONS.index(region) for _, region in cells], dtype=np.uint8)
    known = plans(our_codes().values())
    for e164, place, state in zip(*decide_column(texts, region=homes, way=way), strict=True):
        if state == UNDECIDED:
            yield ...
        else:
            assert state in (NONE, NUMBER)
            yield known.number(int(e164), int(place)) if state == NUMBER else None


@pytest.mark.parametrize("way", WAYS)
def test_what_the_tables_decide_is_what_phonenumbers_and_the_careful_reader_say(way):
    cells = [*messy.cells(6_000, seed=random.randrange(10**9)), *messy.edges(step=13)]
    decided = 0
    for (text, region), number in zip(cells, tables_say(cells, way), strict=True):
        if number is ...:
            continue
        decided += 1
        assert number == gold(text, region), (text, region)
        careful = read_cell(text, region=region, policy="dial")
        assert careful.numbers == ((number,) if number else ()), (text, region)
        assert not (number and careful.problems), (text, region)
    assert decided / len(cells) > (0.88 if way == "compiled" else 0.7)


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None)  # the first call loads or compiles
@given(text=WRITTEN, region=st.sampled_from(OUR_REGIONS))
@example("475123456.0", "DE")
@example("4,75123E+08", "BE")
@example("0475 12 34 56/57", "BE")
@example("030 1234567 (2)", "DE")
@example("48501234567", "DE")
@example("0301234/0305678", "DE")
@example("00491540\xa006\xa0058\xa0402\xa07", "DE")
@example("1234 567.89", "DE")
@example("000000000", "IT")
def test_the_tables_decide_nothing_that_the_careful_reader_reads_otherwise(way, text, region):
    (number,) = tables_say([(text, region)], way)
    if number is not ...:
        careful = read_cell(text, region=region, policy="dial")
        assert careful.numbers == ((number,) if number else ())
        assert not (number and careful.problems)
        if number:
            assert gold(text, region) == number


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("policy", ["dial", "suppression"])
def test_a_column_holds_what_its_cells_hold(way, policy):
    texts = [text for text, region in messy.cells(4_000, seed=4) if region in ("BE", "DE")]
    column = read_column(texts, region="DE", policy=policy, way=way)
    for text, found in zip(texts, column.cells(), strict=True):
        assert found.numbers == read_cell(text, region="DE", policy=policy).numbers, text
    numbers = [(row, n.e164) for row, found in enumerate(column.cells()) for n in found.numbers]
    assert list(column.numbers()) == numbers
    told = read_column(texts, region="DE", policy=policy, problems=True, way=way)
    assert list(told.cells()) == [read_cell(text, region="DE", policy=policy) for text in texts]
    assert column.metadata_version == METADATA_VERSION


def test_the_dial_side_leaves_out_what_the_suppression_side_keeps():
    cells = ["0475 12 34 56 werk", "0475123456; 0478123456", "475123456.0", None, ""]
    dial = read_column(cells, region="BE", policy="dial")
    held = read_column(cells, region="BE", policy="suppression")
    assert list(dial.numbers()) == [(1, 32475123456), (1, 32478123456)]
    assert list(held.numbers()) == [
        (0, 32475123456),
        (1, 32475123456),
        (1, 32478123456),
        (2, 32475123456),
    ]


def test_a_slice_of_a_large_column_is_read_like_a_small_one():
    cells = pa.chunked_array([pa.array(["x", "0475123456"]), pa.array(["0478 12 34 56", None])])
    whole = read_column(cells, region="BE", policy="dial")
    part = read_column(cells.combine_chunks().slice(1, 2).cast(pa.large_string()), region="BE", policy="dial")
    assert whole.e164.tolist() == [0, 32475123456, 32478123456, 0]
    assert part.e164.tolist() == [32475123456, 32478123456]


def test_the_plans_of_the_world_say_what_phonenumbers_says_at_their_edges():
    world = plans()
    assert world.version == METADATA_VERSION
    pick = random.Random(8).sample(range(len(world.low)), 400)
    edges = {int(edge[row]) + near for row in pick for edge in (world.low, world.high) for near in (-1, 0)}
    numbers = np.array(sorted(edges), dtype=np.int64)
    for number, place in zip(numbers.tolist(), world.find(numbers).tolist(), strict=True):
        said = gold(f"+{number}", None)
        if said is not None and said.e164 != number:
            said = None  # a prefix was taken off: another number
        assert (world.number(number, place) if place >= 0 else None) == said


@pytest.mark.parametrize("region", ["CH", "US"])
def test_a_country_that_is_read_carefully_only(region):
    texts = ["+32475123456", "044 668 18 00", "+1 212 555 0123"]
    column = read_column(texts, region=region, policy="dial")
    assert list(column.cells()) == [read_cell(text, region=region, policy="dial") for text in texts]


def test_a_country_without_numbering_plan_is_refused():
    with pytest.raises(Refused, match="no country with a numbering plan"):
        read_column(["0475123456"], region="ZZ", policy="dial")
    with pytest.raises(ValueError, match="1 cells and 2 regions"):
        read_column(["0475123456"], region=np.zeros(2, dtype=np.uint8), policy="dial")


def test_a_process_that_reads_few_cells_loads_no_compiler():
    script = (
        "import sys; from duecause.engine.phone import read_column;"
        " read_column(['0475123456'], region='BE', policy='dial'); print('numba' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


@pytest.mark.skipif(not COMPILER, reason="numba is not installed")
def test_compiled_code_that_can_be_kept_nowhere_is_made_anew(tmp_path):
    script = (
        "import numba.core.caching as caching;"
        " caching.CacheImpl._locator_classes = [];"
        " import numpy as np; from duecause.engine.phone.quick_compiled import _find;"
        " print(_find(np.array([1, 5]), np.array([3, 9]), 7))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1"
