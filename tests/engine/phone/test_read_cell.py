import pytest

from duecause.engine.phone import read_cell
from duecause.engine.problems import Refused, located

ACCEPTED = [
    # text, region, number; why it is here
    ("+32475123456", "BE", 32475123456),
    ("0475 12 34 56", "BE", 32475123456),
    ("0475/12.34.56", "BE", 32475123456),  # a slash behind the prefix is no second number
    ("(0475) 12-34-56", "BE", 32475123456),
    ("0475123456", "BE", 32475123456),
    ("475123456", "BE", 32475123456),  # the spreadsheet ate the zero
    ("32475123456", "BE", 32475123456),  # the plus was lost
    ("0032 475 12 34 56", "PL", 32475123456),  # international prefix, list from elsewhere
    ("+32 (0)475 12 34 56", "BE", 32475123456),
    ("'0475123456", "BE", 32475123456),
    ('="0475123456"', "BE", 32475123456),
    ("tel:+32475123456", "BE", 32475123456),
    ("GSM 0475.12.34.56", "BE", 32475123456),
    ("Tél.: 0475 12 34 56", "BE", 32475123456),
    ("GSM2: 0475 12 34 56", "BE", 32475123456),  # the 2 belongs to the label
    ("０４７５ １２ ３４ ５６", "BE", 32475123456),
    ("٠٤٧٥١٢٣٤٥٦", "BE", 32475123456),
    ("0475\u00a012\u00a034\u00a056", "BE", 32475123456),
    ("0475‐12–34—56", "BE", 32475123456),
    ("\ufeff\u200b0475123456\u200f", "BE", 32475123456),
    ("4.75123456E+08", "BE", 32475123456),  # every digit is still there
    ("4,75123456e8", "BE", 32475123456),
    ("06 12 34 56 78", "FR", 33612345678),
    ("22 123 45 67", "PL", 48221234567),
    ("22.1234567", "PL", 48221234567),  # grouping: no spreadsheet makes this of a number
    ("070-174 06 58", "SE", 46701740658),
    ("030/1234567", "DE", 49301234567),
    ("06 1234 5678", "IT", 390612345678),  # the Italian zero stays
    ("+33 6 12 34 56 78", "BE", 33612345678),  # another country when it says so itself
]

REFUSED = [
    ("475123456.0", "DE", "phone_decimal"),  # a parser reads another German number here
    ("475123456,00", "BE", "phone_decimal"),
    ("+32475123456.0", "BE", "phone_decimal"),
    ("0301234567.0", "DE", "phone_decimal"),
    ("475,123,456.00", "BE", "phone_decimal"),
    ("030 1234567.0", "DE", "phone_decimal"),
    ("4,75123E+08", "BE", "phone_scientific"),
    ("4.7512345E+08", "BE", "phone_scientific"),  # one digit short
    ("0475 12 34 56 na 18u", "BE", "phone_letters"),
    ("0475 12 34 56 (Jan)", "BE", "phone_letters"),
    ("030 1234567 (2)", "DE", "phone_letters"),  # a parser appends the 2
    ("niet bellen 0475123456", "BE", "phone_letters"),
    ("fax 0475123456", "BE", "phone_letters"),
    ("0800-FLOWERS", "GB", "phone_letters"),
    ("0475 12 34 56 ext 12", "BE", "phone_extension"),
    ("0475 12 34 56 x123", "BE", "phone_extension"),
    ("0475123456;ext=99", "BE", "phone_extension"),
    ("0475123456#45", "BE", "phone_extension"),
    ("01 23 45 67 89 poste 3", "FR", "phone_extension"),
    ("0475 12 34 56 tst. 5", "BE", "phone_extension"),
    ("0475 12 34 56/57", "BE", "phone_one_or_two"),
    ("0301234567/68", "DE", "phone_one_or_two"),
    ("612345678", "BE", "phone_wrong_country"),  # a Dutch or French mobile without its zero
    ("0612345678", "BE", "phone_wrong_country"),
    ("33612345678", "BE", "phone_wrong_country"),
    ("48501234567", "DE", "phone_wrong_country"),  # valid in Germany, yet a Polish mobile
    ("0475 99 99 99 99", "BE", "phone_invalid"),
    ("+999 123456", "BE", "phone_invalid"),
    ("0475", "BE", "phone_too_short"),
    ("1234567", "BE", "phone_too_short"),
    ("n/a", "BE", "phone_placeholder"),
    ("onbekend", "BE", "phone_placeholder"),
    ("-", "BE", "phone_placeholder"),
    ("000000000", "BE", "phone_placeholder"),
    ("222222222", "PL", "phone_placeholder"),  # valid in Poland, yet nobody's
    ("#REF!", "BE", "phone_placeholder"),
]

TWO = [
    "0475123456 / 0475123457",
    "0475123456/0475123457",
    "0475123456;0475123457",
    "0475123456 ; 0475123457",
    "0475123456 of 0475123457",
    "0475 12 34 56 ou 0475 12 34 57",
    "0475123456, 0475123457",
    "0475123456 | 0475123457",
    "0475123456\n0475123457",
    "0475123456\r\nGSM 0475123457",
    "0475123456 0475123457",
    "0475/12.34.56/0475/12.34.57",
    "+32475123456 +32475123457",
]


@pytest.mark.parametrize(("text", "region", "e164"), ACCEPTED)
@pytest.mark.parametrize("policy", ["dial", "suppression"])
def test_a_number_as_people_write_it_is_read(text, region, e164, policy):
    cell = read_cell(text, region=region, policy=policy)
    assert [number.e164 for number in cell.numbers] == [e164]
    assert cell.problems == ()


@pytest.mark.parametrize(("text", "region", "code"), REFUSED)
def test_what_may_be_somebody_elses_number_is_refused_for_dialling(text, region, code):
    cell = read_cell(text, region=region, policy="dial")
    assert cell.numbers == ()
    assert [problem.code for problem in cell.problems] == [code]


@pytest.mark.parametrize("text", TWO)
def test_a_cell_with_two_numbers_gives_both_and_says_so(text):
    cell = read_cell(text, region="BE", policy="dial")
    assert [number.e164 for number in cell.numbers] == [32475123456, 32475123457]
    assert [problem.code for problem in cell.problems] == ["phone_two_numbers"]


def test_an_empty_cell_is_neither_number_nor_problem():
    for text in ("", "  ", "\u200b", "''"):
        cell = read_cell(text, region="BE", policy="dial")
        assert cell.numbers == () and cell.problems == ()


def test_one_good_number_of_two_is_kept_and_the_other_reported():
    cell = read_cell("0475123456; onbekend", region="BE", policy="dial")
    assert [number.e164 for number in cell.numbers] == [32475123456]
    assert [problem.code for problem in cell.problems] == ["phone_placeholder"]


def test_digits_that_hold_as_one_number_and_as_two_are_refused():
    cell = read_cell("0301234/0305678", region="DE", policy="dial")
    assert cell.numbers == ()
    assert [problem.code for problem in cell.problems] == ["phone_one_or_two"]


@pytest.mark.parametrize(
    ("text", "region", "held"),
    [
        ("475123456.0", "BE", {32475123456}),
        ("475123456.0", "DE", {49475123456, 494751234560}),  # both readings are plausible
        ("0475123456 ext 12", "BE", {32475123456}),
        ("0475 12 34 56/57", "BE", {32475123456, 32475123457}),
        ("0475 12 34 56 na 18u", "BE", {32475123456}),
        ("0475 12 34 56 (Jan)", "BE", {32475123456}),
        ("niet bellen: 0475123456", "BE", {32475123456}),
        ("33612345678", "BE", {33612345678}),
        ("48501234567", "DE", {48501234567, 4948501234567}),
        ("030 1234567 (2)", "DE", {49301234567, 493012345672}),
    ],
)
def test_a_suppression_list_loses_no_plausible_number(text, region, held):
    cell = read_cell(text, region=region, policy="suppression")
    assert {number.e164 for number in cell.numbers} >= held
    assert cell.problems


def test_a_suppression_list_keeps_a_number_that_no_plan_knows_yet():
    cell = read_cell("+32 440 12 34 56", region="BE", policy="suppression")
    assert [(number.e164, number.kind) for number in cell.numbers] == [(32440123456, "unknown")]
    assert [problem.code for problem in cell.problems] == ["phone_invalid"]


def test_a_message_names_row_column_shape_and_remedy_and_never_the_value():
    (problem,) = read_cell("475123456.0", region="BE", policy="dial").problems
    text = located(problem, row=212, column="tel").text
    assert text == (
        "Row 212, column tel: 999999999.9 looks like a number that a spreadsheet turned into a decimal. "
        "Export the column as text."
    )
    assert "475123456" not in problem.text


def test_a_country_without_numbering_plan_is_refused():
    with pytest.raises(Refused) as refused:
        read_cell("0475123456", region="ZZ", policy="dial")
    assert refused.value.code == "unknown_country"


def test_a_long_hostile_cell_is_answered_quickly_and_with_a_problem():
    for text in (
        "0301234/" * 5000,
        "1" * 100_000,
        "(" * 50_000,
        "0475123456 ext " * 2000,
        "030 1234567 " * 30,
    ):
        for policy in ("dial", "suppression"):
            cell = read_cell(text, region="DE", policy=policy)
            assert cell.problems
