"""Which integers a pattern of digits matches, as half-open ranges.

Numbering plans are published as regular expressions over digits. Per length, what such a pattern matches is a
handful of integer ranges, so that membership becomes one binary search in a sorted column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

Range = tuple[int, int]
Ranges = tuple[Range, ...]
_ANY = (1 << 10) - 1


class _Automaton:
    """Nondeterministic; `free` are moves without a digit, `moves` (set of digits as bits, next state)."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self.free: list[list[int]] = []
        self.moves: list[list[tuple[int, int]]] = []
        self.start = self._state()
        place, self.end = self._choice(0, self.start)
        if place != len(pattern):
            raise ValueError(f"unexpected {pattern[place]!r} in a pattern of digits")

    def _state(self) -> int:
        self.free.append([])
        self.moves.append([])
        return len(self.free) - 1

    def _choice(self, place: int, start: int) -> tuple[int, int]:
        end = self._state()
        while True:
            place, reached = self._sequence(place, start)
            self.free[reached].append(end)
            if self._text[place : place + 1] != "|":
                return place, end
            place += 1

    def _sequence(self, place: int, start: int) -> tuple[int, int]:
        begun = self._state()
        self.free[start].append(begun)
        while place < len(self._text) and self._text[place] not in "|)":
            after, reached = self._atom(place, begun)
            after, least, most = self._times(after)
            if (least, most) != (1, 1):
                reached = self._repeated(place, begun, least, most)
            place, begun = after, reached
        return place, begun

    def _repeated(self, place: int, start: int, least: int, most: int) -> int:
        end = self._state()
        for time in range(most + 1):
            if time >= least:
                self.free[start].append(end)
            if time < most:
                _, start = self._atom(place, start)
        return end

    def _times(self, place: int) -> tuple[int, int, int]:
        if self._text[place : place + 1] == "?":
            return place + 1, 0, 1
        if self._text[place : place + 1] != "{":
            return place, 1, 1
        close = self._text.index("}", place)
        least, _, most = self._text[place + 1 : close].partition(",")
        return close + 1, int(least), int(most or least)

    def _atom(self, place: int, start: int) -> tuple[int, int]:
        char = self._text[place]
        if char == "(":
            inner = place + (3 if self._text.startswith("(?:", place) else 1)
            place, end = self._choice(inner, start)
            return place + 1, end
        if char == "[":
            close = self._text.index("]", place)
            return self._step(start, _digits_of(self._text[place + 1 : close]), close + 1)
        if self._text.startswith(r"\d", place):
            return self._step(start, _ANY, place + 2)
        return self._step(start, 1 << int(char), place + 1)

    def _step(self, start: int, digits: int, after: int) -> tuple[int, int]:
        # A state of its own in front: the atom may be entered again by a repetition of what is around it.
        end = self._state()
        self.moves[start].append((digits, end))
        return after, end

    def reachable(self, states: Iterable[int]) -> frozenset[int]:
        waiting, found = list(states), set(states)
        while waiting:
            for state in self.free[waiting.pop()]:
                if state not in found:
                    found.add(state)
                    waiting.append(state)
        return frozenset(found)


def _digits_of(inside: str) -> int:
    digits, place = 0, 0
    while place < len(inside):
        first = last = int(inside[place])
        if inside[place + 1 : place + 2] == "-":
            last = int(inside[place + 2])
            place += 2
        digits |= sum(1 << digit for digit in range(first, last + 1))
        place += 1
    return digits


class DigitPattern:
    """A pattern made of digits, [0-9], \\d, groups, | and counts. Raises ValueError for anything else."""

    def __init__(self, pattern: str) -> None:
        automaton = _Automaton(pattern)

        @cache
        def following(states: frozenset[int], digit: int) -> frozenset[int]:
            found = (to for state in states for digits, to in automaton.moves[state] if digits >> digit & 1)
            return automaton.reachable(set(found))

        @cache
        def matched(states: frozenset[int], length: int) -> Ranges:
            if not length:
                return ((0, 1),) if automaton.end in states else ()
            width = 10 ** (length - 1)
            pieces = (
                (low + digit * width, high + digit * width)
                for digit in range(10)
                if (reached := following(states, digit))
                for low, high in matched(reached, length - 1)
            )
            return joined(pieces)

        self._matched = matched
        self._start = automaton.reachable({automaton.start})

    def ranges(self, length: int) -> Ranges:
        """The numbers of so many digits (leading zeros count) that the whole pattern matches, in order."""
        return self._matched(self._start, length)


@cache
def ranges_of(pattern: str, length: int) -> Ranges:
    return _pattern(pattern).ranges(length)


@cache
def _pattern(pattern: str) -> DigitPattern:
    return DigitPattern(pattern)


def joined(ranges: Iterable[Range]) -> Ranges:
    """Sorted ranges, with those that touch or overlap made one."""
    out: list[Range] = []
    for low, high in ranges:
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return tuple(out)


def common(one: Sequence[Range], other: Sequence[Range]) -> Ranges:
    out, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            out.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(out)


def without(one: Sequence[Range], other: Sequence[Range]) -> Ranges:
    out, j = [], 0
    for low, high in one:
        while j < len(other) and other[j][1] <= low:
            j += 1
        k = j
        while k < len(other) and other[k][0] < high:
            if other[k][0] > low:
                out.append((low, other[k][0]))
            low = max(low, other[k][1])
            k += 1
        if low < high:
            out.append((low, high))
    return tuple(out)
