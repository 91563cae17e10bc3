"""The quick reading of plain cells answers nothing that the careful reader would not."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from duecause.engine.phone import clean
from duecause.engine.phone.cells import CellNumbers, _dial
from duecause.engine.phone.numbers import OUR_REGIONS
from duecause.engine.phone.plain import read_plain

REGIONS = (*OUR_REGIONS, "AT", "CH", "DK", "US", "PT", "FI", "NO", "IE")
CODES = [str(code) for code in COUNTRY_CODE_TO_REGION_CODE]


@given(
    lead=st.sampled_from(["0", "00", "+"]),
    code=st.sampled_from(["", *CODES]),
    digits=st.from_regex(r"[0-9]{5,12}", fullmatch=True),
    region=st.sampled_from(REGIONS),
    spaces=st.sets(st.integers(1, 14), max_size=4),
)
@example("0", "", "470123456", "BE", {4, 7, 10})
@example("+", "32", "470123456", "DE", set())
@example("00", "39", "0612345678", "IT", set())
@example("0", "", "2924890385637", "DE", {7, 9})
def test_a_plain_cell_is_read_as_the_careful_reader_reads_it(lead, code, digits, region, spaces):
    text = lead + code + digits
    text = "".join(f" {char}" if place in spaces else char for place, char in enumerate(text))
    found = read_plain(text, region)
    assert found is None or _dial(clean(text), region) == CellNumbers((found,), ())


@pytest.mark.parametrize(
    ("region", "ahead"), [("BE", "047"), ("NL", "061"), ("FR", "061"), ("SE", "0701"), ("DE", "0151")]
)
def test_mobile_numbers_as_they_are_written_at_home_are_read_quickly(region, ahead):
    pick = random.Random(3)
    length = {"BE": 10, "NL": 10, "FR": 10, "SE": 10, "DE": 12}[region]
    cells = [ahead + "".join(pick.choices("0123456789", k=length - len(ahead))) for _ in range(200)]
    found = [read_plain(cell, region) for cell in cells]
    assert sum(number is not None and number.kind == "mobile" for number in found) > 190
