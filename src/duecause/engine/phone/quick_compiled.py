"""A column read by a loop over its bytes, compiled by numba. Imported only where that is installed and worth
it; `quick_numpy` reads otherwise.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from duecause.engine.phone.quick_rules import (
    LETTERS_OF_LABEL,
    MOST_DIGITS,
    NONE,
    NUMBER,
    OTHER_REGION,
    TEN,
    UNDECIDED,
    labels,
    quick_rules,
)


def _compile(function: Any) -> Any:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": True}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # there is nowhere to keep what was compiled: once per process then
        return njit(**options)(function)


_DIGIT_AFTER_RISK = 7  # that many digits on either side could be a number each
_UNKNOWN_CODE = -1
_MOST_HEADS = 4
_CODE, _DIGITS, _ZERO_FALLS, _CARRIER, _CARRIER_DIGITS, _LONGEST = range(6)  # columns of `codes`


@_compile
def _find(low, high, value):  # type: ignore[no-untyped-def]
    """The row whose range holds a value, or -1. A branch on the comparison would be guessed wrong."""
    first, size = 0, low.size
    while size > 1:
        half = size >> 1
        first += half * (low[first + half] <= value)
        size -= half
    return first if low[first] <= value < high[first] else -1


@_compile
def _abroad(value, count, codes, homes, low, high):  # type: ignore[no-untyped-def]
    """State, number and row of the plans for digits that begin with a calling code."""
    if count < 5:
        return UNDECIDED, 0, _UNKNOWN_CODE
    lead = value // TEN[count - 3]
    home = homes[lead]
    if home < 0:
        return UNDECIDED, 0, _UNKNOWN_CODE
    rest = count - codes[home, _DIGITS]
    return _at_home(value - codes[home, _CODE] * TEN[rest], rest, home, codes, low, high)


@_compile
def _at_home(value, count, home, codes, low, high):  # type: ignore[no-untyped-def]
    """The same for the digits of a national number, its 0 in front or not."""
    if count < 2 or _begins(value, count, codes[home, _CARRIER], codes[home, _CARRIER_DIGITS]):
        return UNDECIDED, 0, 0
    if codes[home, _ZERO_FALLS] and value < TEN[count - 1]:
        count -= 1
    if count < 2 or count > 15:
        return UNDECIDED, 0, 0
    number = codes[home, _CODE] * TEN[count] + value
    row = _find(low, high, number)
    if row < 0:
        return NONE, 0, 0
    return NUMBER, number, row


@_compile
def _begins(value, count, lead, digits):  # type: ignore[no-untyped-def]
    """Whether `count` digits begin with those of `lead`; without digits nothing does."""
    if digits == 0 or digits > count:
        return False
    return lead * TEN[count - digits] <= value < (lead + 1) * TEN[count - digits]


@_compile
def _decide(value, count, plus, home, codes, homes, low, high, general_low, general_high, mobile):  # type: ignore[no-untyped-def]
    if count < 3:
        return NONE, 0, 0
    leading_zero = value < TEN[count - 1]
    if plus:
        if leading_zero:
            return UNDECIDED, 0, 0
        return _abroad(value, count, codes, homes, low, high)
    if leading_zero:
        if value < TEN[count - 2] and value >= TEN[count - 3]:
            return _abroad(value, count - 2, codes, homes, low, high)
        return _at_home(value, count, home, codes, low, high)
    own, number_value, number_count = codes[home, _DIGITS], value, count
    if count > own + 1 and _begins(value, count, codes[home, _CODE], own):
        # The calling code without its plus, where the digits are no national number as they stand.
        rest = count - own
        stripped = value - codes[home, _CODE] * TEN[rest]
        if codes[home, _ZERO_FALLS] and stripped < TEN[rest - 1]:
            rest -= 1
        if _begins(stripped, rest, codes[home, _CARRIER], codes[home, _CARRIER_DIGITS]):
            return UNDECIDED, 0, 0
        code = codes[home, _CODE]
        whole = count <= 15 and _find(general_low, general_high, code * TEN[count] + value) >= 0
        part = 2 <= rest <= 15 and _find(general_low, general_high, code * TEN[rest] + stripped) >= 0
        if (not whole and part) or count > codes[home, _LONGEST]:
            number_value, number_count = stripped, rest
    state, number, row = _at_home(number_value, number_count, home, codes, low, high)
    if state == NUMBER and count >= 9 and not mobile[row]:
        other, other_number, other_row = _abroad(value, count, codes, homes, low, high)
        if other == UNDECIDED and other_row != _UNKNOWN_CODE:
            return UNDECIDED, 0, 0
        if other == NUMBER and other_number != number and mobile[other_row]:
            return UNDECIDED, 0, 0
    return state, number, row


@_compile
def _trimmed(data, start, end, one, other):  # type: ignore[no-untyped-def]
    while start < end and (data[start] == one or data[start] == other):
        start += 1
    while start < end and (data[end - 1] == one or data[end - 1] == other):
        end -= 1
    return start, end


@_compile
def _scan(data, start, end, known_labels, heads):  # type: ignore[no-untyped-def]
    """(decided so far, digits as a value, how many, plus in front, how many heads) of one cell. A head, in
    `heads`, is the value and count of digits before a place at which a second number may begin.

    Follows the traps of the careful reader (`traps`): where one of them could spring, nothing is decided.
    """
    start, end = _trimmed(data, start, end, 32, 9)
    start, end = _trimmed(data, start, end, 39, 39)
    start, end = _trimmed(data, start, end, 32, 9)
    if start == end:
        return NONE, 0, 0, False, 0
    value, count, run, plus = 0, 0, 0, False
    places, last_slash, slash_before, marks, dots, dot_behind = 0, -1, 0, 0, 0, 0
    space, separated, slashed, brackets = False, 0, False, False
    same, first_digit, labelled = True, -1, False
    place = start
    while place < end:
        byte = data[place]
        digit, mark = -1, 0
        if 48 <= byte <= 57:
            digit = byte - 48
        elif byte < 128:
            mark = byte
        elif byte == 0xC2 and place + 1 < end and data[place + 1] == 0xA0:
            mark = 32
            place += 1
        elif byte == 0xD9 and place + 1 < end and 0xA0 <= data[place + 1] <= 0xA9:
            digit = data[place + 1] - 0xA0
            place += 1
        elif byte == 0xDB and place + 1 < end and 0xB0 <= data[place + 1] <= 0xB9:
            digit = data[place + 1] - 0xB0
            place += 1
        elif byte == 0xEF and place + 2 < end and data[place + 1] == 0xBC:
            follows = data[place + 2]
            if 0x90 <= follows <= 0x99:
                digit = follows - 0x90
            elif follows == 0x8B:
                mark = 43
            else:
                return UNDECIDED, 0, 0, False, 0
            place += 2
        else:
            return UNDECIDED, 0, 0, False, 0
        place += 1
        if digit >= 0:
            if count > MOST_DIGITS or (count == MOST_DIGITS and first_digit):
                return UNDECIDED, 0, 0, False, 0
            if separated and (slashed or digit == 0) and count >= _DIGIT_AFTER_RISK:
                # Spaces around a slash or hyphen cut a cell whatever the pieces are.
                if separated > 1 or places >= _MOST_HEADS:
                    places = _MOST_HEADS + 1
                else:
                    heads[places, 0], heads[places, 1] = value, count
                    places += 1
            if count == 0:
                first_digit = digit
            elif digit != first_digit:
                same = False
            value = value * 10 + digit
            count += 1
            run += 1
            separated, slashed = 0, False
            continue
        if mark == 43:  # +
            if plus or count or brackets:
                return UNDECIDED, 0, 0, False, 0
            plus = True
            continue
        if count == 0:
            if mark == 40 and not plus and not brackets:  # (
                brackets = True
                continue
            if known_labels.size and not labelled and not brackets and not plus:
                after = _behind_label(data, place - 1, end, known_labels)
                if after > 0:
                    labelled, place = True, after
                    continue
            return _wordy(data, place, end)
        if mark == 46:  # .
            dots += 1
            dot_behind = run
        elif mark == 47:  # /
            slashed = True
            if last_slash >= 0:
                slash_before = last_slash
            last_slash = count
            dot_behind = 0
        elif mark == 40:
            if count >= 6:
                return UNDECIDED, 0, 0, False, 0
            dot_behind = 0
        elif mark == 32 or mark == 45 or mark == 41:
            space = space or mark == 32
            dot_behind = 0
        elif mark == 44 or mark == 69 or mark == 101:
            return _scientific(data, start, end)
        else:
            return UNDECIDED, 0, 0, False, 0
        run = 0
        separated += 1
        marks += 1
    if run == 0:
        return UNDECIDED, 0, 0, False, 0
    if dot_behind >= 4 and (run == 1 or value % TEN[run] == 0):
        return UNDECIDED, 0, 0, False, 0
    if last_slash > 7 and count - last_slash <= 4 and last_slash - slash_before >= 5:
        return UNDECIDED, 0, 0, False, 0
    if dots == 1 and ((marks == 1 and dot_behind > 4) or (space and run <= 2 and not plus)):
        return UNDECIDED, 0, 0, False, 0
    if places > _MOST_HEADS:
        return UNDECIDED, 0, 0, False, 0
    while places and count - heads[places - 1, 1] < _DIGIT_AFTER_RISK:
        places -= 1
    if same and count >= _DIGIT_AFTER_RISK:
        return UNDECIDED, 0, 0, False, 0
    return NUMBER, value, count, plus, places


@_compile
def _behind_label(data, place, end, known_labels):  # type: ignore[no-untyped-def]
    """Where the number begins behind one known word, as in "tel.: 0475"; 0 where no such word is there."""
    packed, letters = 0, 0
    while place < end:
        letter = data[place] | 32
        if data[place] == 0xC3 and place + 1 < end and 0xA8 <= data[place + 1] <= 0xAA:
            letter = 101  # è é ê
            place += 1
        if not 97 <= letter <= 122:
            break
        packed = packed << 5 | (letter - 96)
        letters += 1
        place += 1
        if letters > LETTERS_OF_LABEL:
            return 0
    first, last = 0, len(known_labels)
    while first < last:
        middle = (first + last) >> 1
        if known_labels[middle] < packed:
            first = middle + 1
        else:
            last = middle
    if letters == 0 or first == len(known_labels) or known_labels[first] != packed:
        return 0
    while place < end and (data[place] == 32 or data[place] == 46 or data[place] == 58):
        place += 1
    return place


@_compile
def _scientific(data, start, end):  # type: ignore[no-untyped-def]
    """A value in scientific notation whose last digits are lost holds no number, as in "4.75E+08"."""
    place = start + 1
    if not 48 <= data[start] <= 57 or place >= end or (data[place] != 46 and data[place] != 44):
        return UNDECIDED, 0, 0, False, 0
    place += 1
    fraction = 0
    while place < end and 48 <= data[place] <= 57:
        fraction += 1
        place += 1
    if place + 2 >= end or data[place] | 32 != 101 or data[place + 1] != 43:
        return UNDECIDED, 0, 0, False, 0
    exponent, digits, place = 0, 0, place + 2
    while place < end and 48 <= data[place] <= 57 and digits < 3:
        exponent = exponent * 10 + data[place] - 48
        digits += 1
        place += 1
    if place < end or digits == 0 or digits > 2 or fraction >= exponent:
        return UNDECIDED, 0, 0, False, 0
    return NONE, 0, 0, False, 0


@_compile
def _wordy(data, place, end):  # type: ignore[no-untyped-def]
    """Words: no number is in them where there is no digit at all."""
    while place < end:
        if 48 <= data[place] <= 57 or data[place] >= 128:
            return UNDECIDED, 0, 0, False, 0
        place += 1
    return NONE, 0, 0, False, 0


@_compile
def _read(  # type: ignore[no-untyped-def]
    data, offsets, regions, known_labels, codes, homes, low, high, general_low, general_high, place, mobile,
    e164, places, states,
):  # fmt: skip
    heads = np.empty((_MOST_HEADS, 2), dtype=np.int64)
    several = len(regions) > 1
    for row in range(len(offsets) - 1):
        state, value, count, plus, ahead = _scan(data, offsets[row], offsets[row + 1], known_labels, heads)
        home = regions[row] if several else regions[0]
        if state == NUMBER and home == OTHER_REGION:
            state = UNDECIDED
        while ahead and state == NUMBER:
            ahead -= 1
            alone, _, _ = _decide(
                heads[ahead, 0], heads[ahead, 1], plus, home,
                codes, homes, low, high, general_low, general_high, mobile,
            )  # fmt: skip
            state = NUMBER if alone == NONE else UNDECIDED
        if state == NUMBER:
            state, number, found = _decide(
                value, count, plus, home, codes, homes, low, high, general_low, general_high, mobile
            )
            if state == NUMBER:
                e164[row] = number
                places[row] = place[found]
        states[row] = state


@cache
def _tables() -> tuple[Any, ...]:
    rules = quick_rules()
    known = rules.plans
    columns = (
        rules.code,
        rules.code_digits,
        rules.zero_falls,
        rules.carrier,
        rules.carrier_digits,
        rules.longest,
    )
    codes = np.column_stack([column.astype(np.int64) for column in columns])
    # By the first three digits, also of a calling code of two.
    homes = np.where(rules.home3 >= 0, rules.home3, np.repeat(rules.home2, 10))
    mobile = rules.mobile[known.place]
    return (
        labels(), codes, homes, known.low, known.high, rules.general_low, rules.general_high, known.place,
        mobile,
    )  # fmt: skip


def read(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32] | npt.NDArray[np.int64],
    regions: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Numbers, their places in the plans and states of the cells `data[offsets[i]:offsets[i + 1]]`.

    `regions`: index of OUR_REGIONS or OTHER_REGION, one per cell or one for all. Other threads run meanwhile.
    """
    cells = len(offsets) - 1
    e164 = np.zeros(cells, dtype=np.int64)
    places = np.full(cells, -1, dtype=np.int32)
    states = np.zeros(cells, dtype=np.uint8)
    if cells:
        _read(data, offsets, regions, *_tables(), e164, places, states)
    return e164, places, states
