"""A column of phone cells to E.164 numbers: what is plain by tables, the rest by the careful reader.

The policies are those of `cells`: "dial" fails closed, "suppression" keeps every candidate. A cell that is
decided quickly holds one number and nothing odd, or none at all, so both policies read it alike; but under
"suppression" what holds no number of today's plans is always read carefully.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from duecause.engine.phone import quick_numpy
from duecause.engine.phone.cells import CellNumbers, Policy, read_cell
from duecause.engine.phone.numbers import METADATA_VERSION, OUR_REGIONS, PhoneNumber
from duecause.engine.phone.quick_rules import (
    NONE,
    NUMBER,
    OTHER_REGION,
    UNDECIDED,
    quick_rules,
    read_quickly_in,
)

Way = Literal["compiled", "numpy"]
_NOTHING = CellNumbers((), ())
_WORTH_COMPILING = 200_000
_MOST_TEXTS = 1_000
COMPILER = find_spec("numba") is not None
_seen = 0


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """Cell i: `e164[i]` is its number, 0 where it has none or several; `place[i]` is that number's index into
    `places` (region, type), -1 without.

    `careful`: row → what the careful reader said, of the rows that the tables left. `decided` rows were read
    by tables. `metadata_version` says which numbering plans were asked.
    """

    e164: npt.NDArray[np.int64]
    place: npt.NDArray[np.int32]
    decided: npt.NDArray[np.bool_]
    careful: dict[int, CellNumbers] = field(default_factory=dict)
    metadata_version: str = METADATA_VERSION

    def __len__(self) -> int:
        return len(self.e164)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        return quick_rules().plans.places

    def cells(self) -> Iterator[CellNumbers]:
        """As `read_cell` answers for each; without `problems`, what tables found empty carries none."""
        places = self.places
        for row, (e164, place) in enumerate(zip(self.e164.tolist(), self.place.tolist(), strict=True)):
            if place >= 0:
                yield CellNumbers((PhoneNumber(e164, *places[place]),), ())
            else:
                yield self.careful.get(row, _NOTHING)

    def numbers(self) -> Iterator[tuple[int, int]]:
        """(row, E.164) of every number, in order of the rows; a cell may hold several."""
        several = {row: found.numbers for row, found in self.careful.items() if found.numbers}
        for row in sorted({*np.flatnonzero(self.e164).tolist(), *several}):
            if row in several:
                yield from ((row, number.e164) for number in several[row])
            else:
                yield row, int(self.e164[row])


def decide_column(
    cells: Any, *, region: str | npt.NDArray[np.uint8], way: Way | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """What tables alone say: number (0: none), place (-1: none) and state of each cell (`quick_rules`)."""
    array = _strings(cells)
    homes = _homes(region, len(array))
    way = way or _best(len(array))
    if way == "numpy":
        array = pc.replace_substring(array, pattern="\u00a0", replacement=" ")
        array = pc.ascii_trim_whitespace(pc.ascii_trim(pc.ascii_trim_whitespace(array), characters="'"))
    data, offsets = _buffers(array)
    if way == "numpy":
        return quick_numpy.read(data, offsets, homes)
    from duecause.engine.phone import quick_compiled  # only here: a second to load

    return quick_compiled.read(data, offsets, homes)


def read_column(
    cells: Any,
    *,
    region: str | npt.NDArray[np.uint8],
    policy: Policy,
    problems: bool = False,
    way: Way | None = None,
) -> PhoneColumn:
    """Read a column of cells (a sequence of texts, or an Arrow array of strings; null is an empty cell).

    `region`: in which country numbers without calling code are read, for all, or per cell as an index of
    OUR_REGIONS. With `problems` each cell without a number is read carefully, so that it says why. Raises
    Refused for a country without numbering plan. `way` is for comparisons.
    """
    if isinstance(region, str):
        read_cell("", region=region, policy=policy)  # refuses a country without numbering plan
    array = _strings(cells)
    e164, place, state = decide_column(array, region=region, way=way)
    left = state == UNDECIDED
    if policy == "suppression" or problems:
        left |= (state == NONE) & (pc.binary_length(array).to_numpy(zero_copy_only=False) > 0)
    careful = {}
    rows = np.flatnonzero(left)
    texts = array.take(pa.array(rows)).to_pylist()
    read: dict[tuple[str, str], CellNumbers] = {}  # what stands for "no number" is written many times
    for row, text in zip(rows.tolist(), texts, strict=True):
        home = region if isinstance(region, str) else OUR_REGIONS[int(region[row])]
        found = read.get((text, home)) or read_cell(text, region=home, policy=policy)
        if not found.numbers and len(read) < _MOST_TEXTS:
            read[text, home] = found
        if found.numbers or found.problems:
            careful[row] = found
            if len(found.numbers) == 1:
                e164[row] = found.numbers[0].e164
    return PhoneColumn(e164, place, ~left, careful)


def _best(cells: int) -> Way:
    """Loading compiled code takes about a second, what NumPy needs for a million cells."""
    global _seen
    _seen += cells
    return "compiled" if COMPILER and _seen >= _WORTH_COMPILING else "numpy"


def _strings(cells: Any) -> pa.Array:
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    if not isinstance(cells, pa.Array):
        cells = pa.array(_texts(cells), pa.string())
    if cells.type not in (pa.string(), pa.large_string()):
        cells = cells.cast(pa.string())
    return cells.fill_null("") if cells.null_count else cells


def _texts(cells: Sequence[str]) -> Sequence[str]:
    return cells if isinstance(cells, list) else list(cells)


def _buffers(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    _, offsets, data = array.buffers()
    kind = np.int64 if array.type == pa.large_string() else np.int32
    if offsets is None or not len(array):
        return np.zeros(0, dtype=np.uint8), np.zeros(len(array) + 1, dtype=kind)
    places = np.frombuffer(offsets, dtype=kind)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data or b"", dtype=np.uint8), places


def _homes(region: str | npt.NDArray[np.uint8], cells: int) -> npt.NDArray[np.uint8]:
    quick = np.array([read_quickly_in(each) for each in OUR_REGIONS] + [False] * (256 - len(OUR_REGIONS)))
    if isinstance(region, str):
        home = OUR_REGIONS.index(region) if region in OUR_REGIONS else OTHER_REGION
        homes = np.array([home], dtype=np.uint8)
    elif len(region) != cells:
        raise ValueError(f"{cells} cells and {len(region)} regions")
    else:
        homes = region
    return np.where(quick[homes], homes, OTHER_REGION).astype(np.uint8)


__all__ = ["NONE", "NUMBER", "UNDECIDED", "PhoneColumn", "Way", "decide_column", "read_column"]
