"""A column read with NumPy alone: the same answers as `quick_compiled`, for fewer ways of writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from duecause.engine.phone.plans import Integers
from duecause.engine.phone.quick_rules import (
    MOST_DIGITS,
    NONE,
    NUMBER,
    OTHER_REGION,
    TEN,
    UNDECIDED,
    QuickRules,
    quick_rules,
)

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

_DIGIT, _SPACE, _DASH, _DOT, _SLASH, _OPEN, _CLOSE, _PLUS, _OTHER = range(9)
_CLASS = np.full(256, _OTHER, dtype=np.uint8)
_CLASS[ord("0") : ord("9") + 1] = _DIGIT
for _char, _class in zip(" -./()+", range(_SPACE, _PLUS + 1), strict=True):
    _CLASS[ord(_char)] = _class
_AT_ONCE = 1 << 16  # cells whose bytes and their classes stay in the cache of a processor


@dataclass(frozen=True, slots=True)
class _Scanned:
    """Per cell. `clear`: one number can be meant and nothing else. `wordy`: no digit is in it."""

    value: Integers
    count: Integers
    plus: Flags
    clear: Flags
    wordy: Flags


def read(
    data: Bytes, offsets: npt.NDArray[Any], regions: Bytes
) -> tuple[Integers, npt.NDArray[np.int32], Bytes]:
    """As `quick_compiled.read`."""
    parts = []
    for start in range(0, max(len(offsets) - 1, 1), _AT_ONCE):
        own = offsets[start : start + _AT_ONCE + 1].astype(np.int64)
        homes = regions[start : start + _AT_ONCE] if len(regions) > 1 else regions
        parts.append(_read(data[own[0] : own[-1]], own - own[0], homes))
    numbers, places, states = (np.concatenate(column) for column in zip(*parts, strict=True))
    return numbers, places, states


def _read(data: Bytes, offsets: Integers, regions: Bytes) -> tuple[Integers, npt.NDArray[np.int32], Bytes]:
    cells = len(offsets) - 1
    numbers, places = np.zeros(cells, dtype=np.int64), np.full(cells, -1, dtype=np.int32)
    states = np.full(cells, UNDECIDED, dtype=np.uint8)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    states[offsets[1:] == offsets[:-1]] = NONE
    if not len(filled):
        return numbers, places, states
    scanned = _scan(data, offsets[filled])
    states[filled[scanned.wordy]] = NONE
    homes = np.broadcast_to(regions, (cells,))[filled]
    clear = scanned.clear & (homes != OTHER_REGION)
    rows = filled[clear]
    state, number, place = _decide(
        scanned.value[clear],
        scanned.count[clear],
        scanned.plus[clear],
        homes[clear].astype(np.intp),
        quick_rules(),
    )
    states[rows], numbers[rows], places[rows] = state, number, place
    return numbers, places, states


def _scan(data: Bytes, starts: Integers) -> _Scanned:
    """Cells lie one after the other, none of them empty. See `quick_compiled._scan` for each condition."""
    classes = _CLASS[data]
    digit = classes == _DIGIT
    ends = np.append(starts[1:], len(data))
    digits_before = np.concatenate(([0], np.cumsum(digit)))
    at_start = digits_before[starts]
    count = digits_before[ends] - at_start
    marks = np.flatnonzero(~digit)
    cell = np.repeat(np.arange(len(starts)), ends - starts - count)
    kind = classes[marks]
    first = classes[starts]
    plus = first == _PLUS
    bad = np.bincount(cell[kind == _OTHER], minlength=len(starts)) > 0
    behind_plus = classes[np.minimum(starts + plus, len(data) - 1)]
    opened = (first == _OPEN) & (ends - starts > 1)
    begins = np.where(opened, classes[np.minimum(starts + 1, len(data) - 1)], behind_plus) == _DIGIT
    clear = ~bad & begins & digit[ends - 1] & (count >= 3) & (count <= MOST_DIGITS)
    clear &= np.bincount(cell[kind == _PLUS], minlength=len(starts)) == plus
    seen = digits_before[marks] - at_start[cell]
    before = np.concatenate(([-1], marks[:-1]))
    run = marks - np.maximum(before, starts[cell] - 1) - 1
    after = np.concatenate((marks[1:], [len(data)]))
    tail = np.minimum(after, ends[cell]) - marks - 1
    dotted = kind == _DOT
    trap = (kind == _OPEN) & (seen >= 6)
    trap |= dotted & (run >= 4) & (after >= ends[cell])
    one_dot = np.bincount(cell[dotted], minlength=len(starts)) == 1
    alone = one_dot & (np.bincount(cell, minlength=len(starts)) == 1)
    trap |= dotted & alone[cell] & (run > 4)
    spaced = np.zeros(len(starts), dtype=bool)
    spaced[cell[kind == _SPACE]] = True
    trap |= dotted & (one_dot & spaced & ~plus)[cell] & (tail <= 2)
    follows_zero = data[np.minimum(marks + 1, len(data) - 1)] == ord("0")
    could_begin = (kind == _SLASH) | follows_zero
    trap |= could_begin & (seen >= 7) & (count[cell] - seen >= 7)
    trap |= (kind == _SLASH) & (seen > 7) & (tail <= 4) & (after >= ends[cell])
    trapped = np.zeros(len(starts), dtype=bool)
    trapped[cell[trap]] = True
    clear &= ~trapped
    value = _values(data, digit, digits_before, starts, ends, count)
    repeated = TEN[np.minimum(count, MOST_DIGITS)] // 9 * (value // TEN[np.clip(count - 1, 0, MOST_DIGITS)])
    clear &= ~((value == repeated) & (count >= 7))
    ascii_only = np.bincount(cell[data[marks] >= 128], minlength=len(starts)) == 0
    return _Scanned(value, count, plus, clear, (count == 0) & ascii_only & (first != _PLUS) & ~opened)


def _values(
    data: Bytes, digit: Flags, before: Integers, starts: Integers, ends: Integers, count: Integers
) -> Integers:
    """The digits of each cell as one integer; 0 where there are too many."""
    figures = (data[digit] - ord("0")).astype(np.int64)
    owner_end = np.repeat(before[ends], count)
    power = np.minimum(owner_end - 1 - np.arange(len(figures)), len(TEN) - 1)
    sums = np.concatenate(([0], np.cumsum(figures * TEN[power])))  # wraps around, and so does the difference
    return np.where(count <= MOST_DIGITS, sums[before[ends]] - sums[before[starts]], 0)


def _decide(
    value: Integers, count: Integers, plus: Flags, home: npt.NDArray[np.intp], rules: QuickRules
) -> tuple[Bytes, Integers, npt.NDArray[np.int32]]:
    leading_zero = value < TEN[count - 1]
    twice = leading_zero & (value < TEN[count - 2]) & (value >= TEN[count - 3])
    abroad = plus | twice
    given = np.where(plus, count, count - 2)
    own = rules.code_digits[home]
    own_value, own_count, doubt = _without_code(value, count, home, own, rules)
    state, number, place = _at_home(own_value, own_count, home, rules)
    state[doubt] = UNDECIDED
    out_state, out_number, out_place, _ = _abroad(value, given, rules)
    state = np.where(abroad, out_state, state)
    number = np.where(abroad, out_number, number)
    place = np.where(abroad, out_place, place)
    state[plus & leading_zero] = UNDECIDED
    maybe = ~abroad & ~leading_zero & (state == NUMBER) & (count >= 9)
    maybe[maybe] = ~rules.mobile[place[maybe]]
    if maybe.any():
        other, other_number, other_place, known = _abroad(value[maybe], count[maybe], rules)
        doubt = known & (other == UNDECIDED)
        doubt |= (other == NUMBER) & (other_number != number[maybe]) & rules.mobile[other_place]
        state[np.flatnonzero(maybe)[doubt]] = UNDECIDED
    found = state == NUMBER
    return state.astype(np.uint8), np.where(found, number, 0), np.where(found, place, -1).astype(np.int32)


def _without_code(
    value: Integers, count: Integers, home: npt.NDArray[np.intp], own: Integers, rules: QuickRules
) -> tuple[Integers, Integers, Flags]:
    """Digits that begin with their own calling code, without plus, lose it where they are no number of the
    plan as they stand. Third: those that we leave alone."""
    rest = np.maximum(count - own, 0)
    led = (count > own + 1) & (value // TEN[rest] == rules.code[home])
    stripped = value % TEN[rest]
    rest = rest - (rules.zero_falls[home] & (stripped < TEN[np.maximum(rest - 1, 0)]))
    code = rules.code[home]
    whole = (count <= 15) & _possible(code * TEN[np.minimum(count, 15)] + value, rules)
    part = (rest >= 2) & (rest <= 15) & _possible(code * TEN[np.minimum(rest, 15)] + stripped, rules)
    loses = led & ((~whole & part) | (count > rules.longest[home]))
    digits = rules.carrier_digits[home]
    carrier = led & (digits > 0) & (digits <= rest)
    carrier &= stripped // TEN[np.maximum(rest - digits, 0)] == rules.carrier[home]
    return np.where(loses, stripped, value), np.where(loses, rest, count), carrier


def _possible(numbers: Integers, rules: QuickRules) -> Flags:
    row = np.searchsorted(rules.general_low, numbers, side="right") - 1
    return (row >= 0) & (numbers < rules.general_high[row])


def _at_home(
    value: Integers, count: Integers, home: npt.NDArray[np.intp], rules: QuickRules
) -> tuple[npt.NDArray[Any], Integers, npt.NDArray[np.int32]]:
    digits = rules.carrier_digits[home]
    led = (digits > 0) & (digits <= count)
    led &= value // TEN[np.maximum(count - digits, 0)] == rules.carrier[home]
    short = count - (rules.zero_falls[home] & (value < TEN[np.maximum(count - 1, 0)]))
    doubt = led | (count < 2) | (short < 2) | (short > 15)
    number = rules.code[home] * TEN[np.clip(short, 0, 15)] + value
    place = rules.plans.find(number)
    state = np.where(doubt, UNDECIDED, np.where(place >= 0, NUMBER, NONE))
    return state, number, place


def _abroad(
    value: Integers, count: Integers, rules: QuickRules
) -> tuple[npt.NDArray[Any], Integers, npt.NDArray[np.int32], Flags]:
    """Last: whether the digits begin with a calling code of ours."""
    enough = count >= 5
    home = rules.home2[np.clip(value // TEN[np.maximum(count - 2, 0)], 0, 99)]
    longer = rules.home3[np.clip(value // TEN[np.maximum(count - 3, 0)], 0, 999)]
    home = np.where(home < 0, longer, home)
    known = enough & (home >= 0)
    home = np.where(known, home, 0).astype(np.intp)
    rest = np.maximum(count - rules.code_digits[home], 0)
    state, number, place = _at_home(value % TEN[rest], rest, home, rules)
    return np.where(known, state, UNDECIDED), number, np.where(known, place, -1).astype(np.int32), known
