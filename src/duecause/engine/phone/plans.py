"""Numbering plans as one sorted table of integer ranges: validity, region and type by one binary search.

Built from the metadata of phonenumbers when first asked for, so that the table cannot be of another release
than the parser beside it: 0.2 s of CPU for the countries whose lists we read (docs/decisions/0023).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from duecause.engine.phone.digit_patterns import Range, Ranges, common, joined, ranges_of, without
from duecause.engine.phone.numbers import METADATA_VERSION, OUR_REGIONS, PhoneNumber

Integers = npt.NDArray[np.int64]
# In the order in which phonenumbers decides the type of a number; mobile and fixed line come after them.
_TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")
_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Plans:
    """Row i: integers from `low[i]` to below `high[i]` are numbers of `places[place[i]]` (region, type).

    Rows are sorted and do not overlap. `version` is the release of the metadata they were made from.
    """

    version: str
    low: Integers
    high: Integers
    place: npt.NDArray[np.int32]
    places: tuple[tuple[str, str], ...]

    def find(self, numbers: Integers) -> npt.NDArray[np.int32]:
        """Index into `places` per number, -1 where no plan knows it. Shapes (n,) and (n,)."""
        row = np.searchsorted(self.low, numbers, side="right") - 1
        known = (row >= 0) & (numbers < self.high[row])
        return np.where(known, self.place[row], np.int32(-1)).astype(np.int32)

    def number(self, e164: int, place: int) -> PhoneNumber:
        return PhoneNumber(e164, *self.places[place])


def plans(codes: Iterable[int] | None = None) -> Plans:
    """The plans behind these calling codes; without any, of the whole world (some seconds, once)."""
    return _plans(frozenset(COUNTRY_CODE_TO_REGION_CODE if codes is None else codes))


@cache
def _plans(codes: frozenset[int]) -> Plans:
    rows = sorted(row for code in codes for row in _rows(code))
    places = sorted({place for _, _, place in rows})
    index = {place: number for number, place in enumerate(places)}
    return Plans(
        version=METADATA_VERSION,
        low=np.array([low for low, _, _ in rows], dtype=np.int64),
        high=np.array([high for _, high, _ in rows], dtype=np.int64),
        place=np.array([index[place] for _, _, place in rows], dtype=np.int32),
        places=tuple(places),
    )


def our_codes() -> dict[str, int]:
    """Region → calling code, of the countries whose lists we read."""
    return {region: metadata_of(region).country_code for region in OUR_REGIONS}


def general(region: str) -> list[Range]:
    """E.164 ranges of what the plan of a region calls a number at all, of any type."""
    plan = metadata_of(region)
    found = [
        (low + offset, high + offset)
        for length in range(2, _MOST_DIGITS + 1)
        for offset in [plan.country_code * 10**length]
        for low, high in _of(plan.general_desc, length, ())
    ]
    return list(joined(sorted(found)))


def _rows(code: int) -> list[tuple[int, int, tuple[str, str]]]:
    """A number belongs to the first region of its calling code that claims it: by its leading digits where
    the region has such, else by being of one of its types."""
    rows = []
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    for length in range(2, _MOST_DIGITS + 1):
        offset = code * 10**length
        taken: Ranges = ()
        for region in regions:
            plan = metadata_of(region, code)
            kinds = _kinds(plan, length)
            own = joined(sorted(found for _, ranges in kinds for found in ranges))
            if plan.leading_digits:
                own = ranges_of(rf"(?:{plan.leading_digits})\d{{0,{length}}}", length)
            own = without(own, taken)
            taken = joined(sorted((*taken, *own)))
            for kind, ranges in kinds:
                for low, high in common(ranges, own):
                    rows.append((low + offset, high + offset, (region, kind)))
    return rows


def metadata_of(region: str, code: int = 0) -> Any:
    """What phonenumbers knows of a region; of region 001 what it knows of a calling code without country."""
    if region == "001":
        return PhoneMetadata.metadata_for_nongeo_region(code)
    return PhoneMetadata.metadata_for_region(region)


def _kinds(plan: Any, length: int) -> list[tuple[str, Ranges]]:
    """Types and their numbers of one length, without calling code; no number twice."""
    lengths = plan.general_desc.possible_length
    rest = _of(plan.general_desc, length, ())
    found = []

    def take(kind: str, ranges: Ranges) -> None:
        nonlocal rest
        found.append((kind, common(rest, ranges)))
        rest = without(rest, ranges)

    for kind in _TYPES:
        take(kind, _of(getattr(plan, kind), length, lengths))
    fixed, mobile = (_of(desc, length, lengths) for desc in (plan.fixed_line, plan.mobile))
    if plan.same_mobile_and_fixed_line_pattern:
        mobile = fixed
    take("fixed_line_or_mobile", common(fixed, mobile))
    take("fixed_line", fixed)
    take("mobile", mobile)
    return [(kind, ranges) for kind, ranges in found if ranges]


def _of(desc: Any, length: int, lengths: tuple[int, ...]) -> Ranges:
    if desc is None or not desc.national_number_pattern:
        return ()
    possible = desc.possible_length or lengths
    if possible and length not in possible:
        return ()
    return ranges_of(desc.national_number_pattern, length)
