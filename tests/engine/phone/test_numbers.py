import pytest

from duecause.engine.phone import (
    METADATA_VERSION,
    PhoneNumber,
    format_international,
    masked,
    parse_e164,
    zone_of,
)


@pytest.mark.parametrize(
    "text", ["+32475123456", "0032475123456", " +32 475 12 34 56 ", "+32-475-12-34-56", "+32\u00a0475123456"]
)
def test_an_international_number_is_read(text):
    assert parse_e164(text) == PhoneNumber(e164=32475123456, region="BE", kind="mobile")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0475123456",  # no default country
        "32475123456",
        "+320475123456",  # trunk zero
        "+32 (0)475123456",
        "+32475123456.0",
        "+32475123456;ext=1",
        "+32475123456 x1",
        "+32475123456/57",
        "+3247512345",
        "+324751234567",
        "+999123456789",
        "００32475123456",
        "+32  475123456",
        "+" + "9" * 5000,
    ],
)
def test_anything_else_is_no_international_number(text):
    assert parse_e164(text) is None


def test_a_number_of_no_country_has_region_001():
    number = parse_e164("+80012345678")
    assert (number.region, number.kind, number.text) == ("001", "toll_free", "+80012345678")


def test_a_number_is_shown_grouped_or_masked():
    assert format_international(32475123456) == "+32 475 12 34 56"
    assert masked(32475123456) == "+32 4•• •• •• 56"
    assert masked(33612345678) == "+33 6 •• •• •• 78"
    assert masked(999123456) not in ("+999123456", "+999 123456")


@pytest.mark.parametrize(
    ("region", "e164", "zone"),
    [
        ("BE", 32475123456, "Europe/Brussels"),
        ("GB", None, "Europe/London"),
        ("ES", 34912345678, "Europe/Madrid"),
        ("ES", 34928123456, "Atlantic/Canary"),
        ("001", 80012345678, ""),
        ("RE", 262692123456, ""),
    ],
)
def test_the_zone_of_the_called_party_is_known_or_empty(region, e164, zone):
    assert zone_of(region, e164) == zone


def test_the_release_of_the_numbering_plans_is_told():
    assert METADATA_VERSION.startswith("phonenumbers ")
