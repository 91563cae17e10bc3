"""What the quick ways of reading a column (`quick_compiled`, `quick_numpy`) have in common: their tables.

They decide a cell only where one number, and nothing else, can be meant by it; the rest they leave undecided,
for the careful reader (`cells`) to answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from duecause.engine.phone.numbers import OUR_REGIONS
from duecause.engine.phone.plans import Integers, Plans, general, metadata_of, our_codes, plans
from duecause.engine.phone.words import LABELS

NONE, NUMBER, UNDECIDED = 0, 1, 2
"""States of a cell: no number is in it, one number, ask the careful reader."""

MOST_DIGITS = 18
"""One more where the first is 0: the value has to fit into 64 bits."""
OTHER_REGION = 255
TEN = 10 ** np.arange(19, dtype=np.int64)

# What may stand in front of a national number, as the metadata say it, and how we know it: whether a 0 falls
# away, and the first digits of carrier codes, which we leave alone. A plan that says something else is not
# read quickly until somebody looked at it.
_AHEAD: dict[str | None, tuple[bool, int]] = {
    None: (False, 0),
    "0": (True, 0),
    "0|180020": (True, 180020),
    r"(15(?:0[06]|1[12]|[35]5|4[04]|6[26]|77|88|99)\d)": (False, 15),
}


@dataclass(frozen=True, slots=True)
class QuickRules:
    """Arrays by index of OUR_REGIONS: calling code, its digits, whether a 0 falls away, carrier prefix (0:
    none) and its digits, most digits of a national number. `home2`, `home3`: calling code of two or three
    digits → index, -1 where it is not ours. `general_*`: ranges that a plan calls possible at all."""

    plans: Plans
    code: Integers
    code_digits: Integers
    zero_falls: npt.NDArray[np.bool_]
    carrier: Integers
    carrier_digits: Integers
    longest: Integers
    home2: npt.NDArray[np.int8]
    home3: npt.NDArray[np.int8]
    general_low: Integers
    general_high: Integers
    mobile: npt.NDArray[np.bool_]
    """By place of `plans`: what rings may be a mobile phone in one of our countries."""


@cache
def quick_rules() -> QuickRules:
    codes = our_codes()
    known = plans(codes.values())
    ahead, longest = [], []
    home2, home3 = np.full(100, -1, dtype=np.int8), np.full(1000, -1, dtype=np.int8)
    for index, region in enumerate(OUR_REGIONS):
        plan = metadata_of(region)
        falls = _AHEAD.get(plan.national_prefix_for_parsing)
        ahead.append(falls or (False, 0))
        longest.append(max(plan.general_desc.possible_length))
        usual = plan.international_prefix == "00" and plan.national_prefix_transform_rule is None
        if falls is not None and usual:
            (home2 if codes[region] < 100 else home3)[codes[region]] = index
    ranges = sorted(found for region in OUR_REGIONS for found in general(region))
    carriers = [carrier for _, carrier in ahead]
    mobile = [
        region in OUR_REGIONS and kind in ("mobile", "fixed_line_or_mobile") for region, kind in known.places
    ]
    return QuickRules(
        plans=known,
        code=np.array(list(codes.values()), dtype=np.int64),
        code_digits=np.array([len(str(code)) for code in codes.values()], dtype=np.int64),
        zero_falls=np.array([falls for falls, _ in ahead]),
        carrier=np.array(carriers, dtype=np.int64),
        carrier_digits=np.array([len(str(carrier)) if carrier else 0 for carrier in carriers]),
        longest=np.array(longest, dtype=np.int64),
        home2=home2,
        home3=home3,
        general_low=np.array([low for low, _ in ranges], dtype=np.int64),
        general_high=np.array([high for _, high in ranges], dtype=np.int64),
        mobile=np.array(mobile),
    )


LETTERS_OF_LABEL = 12


@cache
def labels() -> Integers:
    """The words in front of a number, five bits a letter, sorted; longer ones are read carefully."""
    short = (word for word in LABELS if len(word) <= LETTERS_OF_LABEL)
    packed = {int("".join(f"{ord(char) - 96:05b}" for char in word), 2) for word in short}
    return np.array(sorted(packed), dtype=np.int64)


def read_quickly_in(region: str) -> bool:
    rules = quick_rules()
    if region not in OUR_REGIONS:
        return False
    index = OUR_REGIONS.index(region)
    code = rules.code[index]
    return bool(index in (rules.home2[code] if code < 100 else -1, rules.home3[code]))
