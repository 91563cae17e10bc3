"""Phone cells as ten countries write them, good and bad, from a fixed seed.

Shares of the ways of writing as measured for this product before it was built: most cells are one number,
grouped in some way; a tenth holds words, two numbers, an extension or what a spreadsheet made of a number.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate

from duecause.engine.phone.numbers import OUR_REGIONS
from duecause.engine.phone.plans import our_codes, plans

TRUNK_ZERO = frozenset({"BE", "NL", "FR", "SE", "DE", "GB"})
_FULL_WIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_GARBAGE = ("", "n/a", "onbekend", "-", "0", "000000000", "0475", "x", "1234567", "#REF!")

Cell = tuple[str, str]
"""Text, region."""


@cache
def _ranges(region: str, kind: str) -> tuple[list[tuple[int, int]], list[int]]:
    known = plans(our_codes().values())
    found = [
        (int(low), int(high))
        for low, high, place in zip(known.low, known.high, known.place, strict=True)
        if known.places[place][0] == region
        and (known.places[place][1] == kind or (kind == "other" and "line" not in known.places[place][1]))
    ]
    return found, list(accumulate(min(high - low, 10**9) for low, high in found))


def national(rnd: random.Random, region: str) -> str:
    """A number of the plan without calling code and without a 0 in front."""
    kind = rnd.choices(("mobile", "fixed_line", "other"), (60, 32, 8))[0]
    found, sums = _ranges(region, kind)
    low, high = found[bisect(sums, rnd.randrange(sums[-1]))]
    return str(rnd.randrange(low, high))[len(str(our_codes()[region])) :]


def grouped(rnd: random.Random, digits: str) -> str:
    mark = rnd.choice((" ", "-", ".", "/", " ", "\u00a0"))
    first = rnd.choice((2, 3, 4))
    groups, place = [digits[:first]], first
    while place < len(digits):
        size = rnd.choice((2, 3))
        groups.append(digits[place : place + size])
        place += size
    if rnd.random() < 0.1:
        return f"({groups[0]}) {mark.join(groups[1:])}"
    return mark.join(groups)


def _scientific(digits: str, mark: str) -> str:
    return f"{int(digits):.5E}".replace(".", mark)


def _two(rnd: random.Random, region: str, home: str) -> str:
    zero = "0" if region in TRUNK_ZERO else ""
    mark = rnd.choice((" / ", "/", " ; ", " of ", ", ", " "))
    return grouped(rnd, home) + mark + grouped(rnd, zero + national(rnd, region))


def _cell(rnd: random.Random) -> Cell:
    region = rnd.choice(OUR_REGIONS)
    code, number = str(our_codes()[region]), national(rnd, region)
    home = ("0" if region in TRUNK_ZERO else "") + number
    ways: tuple[tuple[int, Callable[[], str]], ...] = (
        (15, lambda: f"+{code}{number}"),
        (10, lambda: home),
        (20, lambda: grouped(rnd, home)),
        (10, lambda: f"+{code} {grouped(rnd, number)}"),
        (7, lambda: f"00{code}{rnd.choice(('', ' '))}{grouped(rnd, number)}"),
        (5, lambda: f"+{code}{rnd.choice((' (0) ', '(0)'))}{grouped(rnd, number)}"),
        (6, lambda: number),
        (3, lambda: code + number),
        (3, lambda: grouped(rnd, home) + rnd.choice((" ext 12", " x123", "#45", " poste 3", ";ext=99"))),
        (2, lambda: rnd.choice(("GSM: ", "tel. ", "tel:", "Tél ", "mob ")) + grouped(rnd, home)),
        (2, lambda: grouped(rnd, home) + rnd.choice((" (Jan)", " werk", " after 18h", " dom"))),
        (3, lambda: _two(rnd, region, home)),
        (2, lambda: _scientific(number, rnd.choice(".,"))),
        (1, lambda: f"{number}.0"),
        (2, lambda: grouped(rnd, home).translate(_FULL_WIDTH)),
        (2, lambda: home.translate(_ARABIC)),
        (1, lambda: f"'{home}"),
        (4, lambda: str(rnd.randrange(10 ** rnd.randint(3, 15)))),
        (1, lambda: f"0{rnd.randrange(10 ** rnd.randint(6, 10))}"),
        (1, lambda: rnd.choice(_GARBAGE)),
    )
    text = rnd.choices([way for _, way in ways], [share for share, _ in ways])[0]()
    return (f" {text}\t" if rnd.random() < 0.03 else text), region


def cells(count: int, seed: int) -> Iterator[Cell]:
    rnd = random.Random(seed)
    return (_cell(rnd) for _ in range(count))


def edges(step: int = 1) -> Iterator[Cell]:
    """Every `step`th boundary of the ten plans, and one to either side of it, written with its plus."""
    known = plans(our_codes().values())
    found = {int(edge) + near for edge in (*known.low, *known.high) for near in (-1, 0, 1)}
    for number in sorted(found)[::step]:
        yield f"+{number}", "BE"
