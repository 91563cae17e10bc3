"""The cells that most lists are full of, digits and spaces of one number, read by one expression per plan.

It answers only what the careful reader (`cells`) would answer, from the same metadata, at a twentieth of its
time; whatever is not plain or not valid is left to that reader, which says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from duecause.engine.phone.numbers import PhoneNumber

# With fourteen digits in all a cell could be two numbers.
_CELL = re.compile(r"(\+(?=[0-9 ]{7,26}\Z)|00?(?=(?: ?[0-9]){7,11}\Z))([1-9](?: ?[0-9]){6,12})", re.ASCII)
# In the order in which phonenumbers decides the type of a number.
_TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")
_LONGEST_CODE = 3


@dataclass(frozen=True, slots=True)
class _Plan:
    region: str
    code: str
    types: re.Pattern[str]
    lengths: dict[str, frozenset[int]]
    trunk_zero: bool

    def read(self, national: str) -> PhoneNumber | None:
        match = self.types.fullmatch(national)
        if match is None or match.lastgroup is None:
            return None
        lengths = self.lengths[match.lastgroup]
        if lengths and len(national) not in lengths:
            return None
        return PhoneNumber(int(self.code + national), self.region, match.lastgroup)


@cache
def _plan_of(code: str) -> _Plan | None:
    """The plan behind a calling code that is one country's alone and whose numbers begin with no zero."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    if len(regions) != 1 or regions[0] == "001":
        return None
    plan = PhoneMetadata.metadata_for_region(regions[0])
    if plan is None or plan.leading_digits:
        return None
    found: list[tuple[str, str, frozenset[int]]] = []

    def add(kind: str, desc: object, ahead: str = "") -> None:
        pattern = getattr(desc, "national_number_pattern", None)
        if pattern:
            lengths = frozenset(getattr(desc, "possible_length", ()) or ())
            found.append((kind, f"{ahead}(?:{pattern})", lengths))

    for kind in _TYPES:
        add(kind, getattr(plan, kind))
    fixed, mobile = plan.fixed_line, plan.mobile
    same = getattr(fixed, "national_number_pattern", None)
    if plan.same_mobile_and_fixed_line_pattern:
        add("fixed_line_or_mobile", fixed)
    else:
        if same and getattr(mobile, "national_number_pattern", None):
            add("fixed_line_or_mobile", mobile, rf"(?=(?:{same})\Z)")
        add("fixed_line", fixed)
        add("mobile", mobile)
    kinds = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern, _ in found)
    general = getattr(plan.general_desc, "national_number_pattern", None)
    if not found or not general:
        return None
    return _Plan(
        region=regions[0],
        code=code,
        types=re.compile(rf"(?=(?:{general})\Z)(?:{kinds})", re.ASCII),
        lengths={kind: lengths for kind, _, lengths in found},
        trunk_zero=plan.national_prefix == plan.national_prefix_for_parsing == "0"
        and plan.national_prefix_transform_rule is None,
    )


@cache
def _codes() -> frozenset[str]:
    return frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))


@cache
def _home(region: str) -> _Plan | None:
    """The plan of a country whose numbers are written with a zero in front at home."""
    plan = PhoneMetadata.metadata_for_region(region)
    found = _plan_of(str(plan.country_code)) if plan is not None else None
    return found if found is not None and found.trunk_zero else None


@cache
def _dials_00(region: str) -> bool:
    plan = PhoneMetadata.metadata_for_region(region)
    return plan is not None and plan.international_prefix == "00"


def read_plain(text: str, region: str) -> PhoneNumber | None:
    """The number in `text` as the policy "dial" reads it; None where it is not plain, or not valid."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    digits = match[2].replace(" ", "")
    if match[1] == "0":
        home = _home(region)
        return home.read(digits) if home is not None else None
    if match[1] == "00" and not _dials_00(region):
        return None
    for length in range(1, _LONGEST_CODE + 1):
        if digits[:length] in _codes():
            plan, national = _plan_of(digits[:length]), digits[length:]
            return plan.read(national) if plan is not None and national[:1] != "0" else None
    return None
