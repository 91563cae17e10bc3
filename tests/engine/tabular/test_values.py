from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.tabular import (
    detect_date_order,
    fold_name,
    normalise_email,
    normalise_postcode,
    parse_date,
)

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2020-03-04", None, date(2020, 3, 4)),
        ("20200304", None, date(2020, 3, 4)),
        ("2020-03-04T10:11:12Z", "dmy", date(2020, 3, 4)),
        ("2020/3/4 00:00", None, date(2020, 3, 4)),
        ("03/04/2020", "dmy", date(2020, 4, 3)),
        ("03/04/2020", "mdy", date(2020, 3, 4)),
        ("31.12.1985", None, date(1985, 12, 31)),  # only one order holds
        ("12/31/1985", None, date(1985, 12, 31)),
        ("05-05-2020", None, date(2020, 5, 5)),  # both orders say the same
        ("4 maart 2020", None, date(2020, 3, 4)),
        ("4. März 2020", None, date(2020, 3, 4)),
        ("1er août 2020", None, date(2020, 8, 1)),
        ("4 października 2020", None, date(2020, 10, 4)),
        ("4 maj 2020", None, date(2020, 5, 4)),
        ("March 4, 2020", None, date(2020, 3, 4)),
        ("04-mar-2020", None, date(2020, 3, 4)),
        ("31/12/85", "dmy", date(1985, 12, 31)),
        ("20/11/26", "dmy", date(2026, 11, 20)),
        ("22/11/26", "dmy", date(1926, 11, 22)),  # the latest one not after today
    ],
)
def test_a_date_is_read_in_the_order_of_its_column(text, order, expected):
    assert parse_date(text, order, on=TODAY) == (expected, None)


@pytest.mark.parametrize(
    ("text", "order", "code"),
    [
        ("03/04/2020", None, "date_ambiguous"),
        ("31/02/2020", "dmy", "date_invalid"),
        ("31/12/2020", "mdy", "date_invalid"),
        ("45292", "dmy", "date_invalid"),  # the day number of a spreadsheet
        ("0000-00-00", None, "date_invalid"),
        ("01/01/1800", "dmy", "date_invalid"),
        ("n/a", None, "date_invalid"),
        ("2020", None, "date_invalid"),
        ("1/2/3/4", "dmy", "date_invalid"),
        ("4 smarch 2020", None, "date_invalid"),
        ("22/11/2026", "dmy", "date_future"),
    ],
)
def test_what_is_no_certain_date_is_refused(text, order, code):
    found, problem = parse_date(text, order, on=TODAY, past=True)
    assert (found, problem.code) == (None, code)


def test_a_two_digit_year_needs_to_know_today_and_the_future_is_allowed_for_contracts():
    assert parse_date("31/12/85", "dmy")[1].code == "date_ambiguous"
    assert parse_date("22/11/2030", "dmy", on=TODAY) == (date(2030, 11, 22), None)
    assert parse_date("  ", None) == (None, None)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2020", "25/04/2020"], "dmy"),
        (["03/04/2020", "04/25/2020"], "mdy"),
        (["25/04/2020", "04/25/2020"], None),  # the column contradicts itself
        (["03/04/2020"], None),
        (["2020-03-04", "2020-25-01"], "ymd"),
        (["2020-03-04", "25/04/2020"], "dmy"),
        (["", "x"], None),
    ],
)
def test_the_order_of_a_column_comes_from_its_unambiguous_dates(texts, order):
    assert detect_date_order(texts) == order


@settings(max_examples=100, deadline=None)
@given(day=st.dates(date(1850, 1, 1), date(2100, 1, 1)), mark=st.sampled_from("-/."))
def test_any_date_written_in_a_known_order_is_read_back(day, mark):
    for order, shape in (("dmy", "%d{0}%m{0}%Y"), ("mdy", "%m{0}%d{0}%Y"), ("ymd", "%Y{0}%m{0}%d")):
        assert parse_date(f"{day:{shape.format(mark)}}", order) == (day, None)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Łukasz  D'Hondt-Müller", "lukasz d hondt muller"),
        ("Åsa Öberg", "asa oberg"),
        ("STRAßE", "strasse"),
        ("O’Neill", "o neill"),
        ("Bjørn Æbelø", "bjorn aebelo"),
        ("", ""),
    ],
)
def test_names_fold_to_what_two_spellings_share(text, folded):
    assert fold_name(text) == folded


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" Jan.Peeters@Example.BE ", "jan.peeters@example.be"),
        ("jan+list@example.be", "jan+list@example.be"),
        ("mailto:jan@example.be", "jan@example.be"),
        ("Jan Peeters <jan@example.be>", "jan@example.be"),
        ("\u200bjan@example.be\ufeff", "jan@example.be"),
        ("jan@müller.example", "jan@müller.example"),
        ("jan@example.be; JAN@example.be", "jan@example.be"),  # the same one twice
        ("d'hondt@example.be", "d'hondt@example.be"),
    ],
)
def test_an_address_is_read(text, value):
    assert normalise_email(text) == (value, None)


def test_of_several_addresses_the_first_is_kept_with_a_note():
    for text in (
        "jan@example.be; an@example.be",
        "jan@example.be/an@example.be",
        "jan@example.be an@example.be",
    ):
        value, note = normalise_email(text)
        assert (value, note.code) == ("jan@example.be", "email_several")


@pytest.mark.parametrize(
    "text",
    ["n/a", "jan@", "@example.be", "jan@example", "jan@@example.be", "jan..p@example.be", "jan@exam_ple.be.",
     "jan@-example.be", "jan peeters@", "jan@example.b", "x" * 65 + "@example.be"],
)  # fmt: skip
def test_what_is_no_address_is_refused_by_shape(text):
    value, problem = normalise_email(text)
    assert (value, problem.code) == (None, "email_invalid")
    assert "jan" not in problem.text


@pytest.mark.parametrize(
    ("text", "country", "value"),
    [
        ("1000", "BE", "1000"),
        ("B-1000", "BE", "1000"),
        ("1012ab", "NL", "1012 AB"),
        ("NL-1012 AB", "NL", "1012 AB"),
        ("1000", "FR", "01000"),  # the spreadsheet ate the zero
        ("F-75001", "FR", "75001"),
        ("00950", "PL", "00-950"),
        ("00-950", "PL", "00-950"),
        ("11455", "SE", "114 55"),
        ("SE-114 55", "SE", "114 55"),
        ("1067", "DE", "01067"),
        ("L-1234", "LU", "1234"),
        ("sw1a1aa", "GB", "SW1A 1AA"),
        ("28013", "ES", "28013"),
        ("00118", "IT", "00118"),
        (" k1a 0b1", "CA", "K1A 0B1"),
    ],
)
def test_a_postcode_is_written_as_its_country_does(text, country, value):
    assert normalise_postcode(text, country) == (value, None)


@pytest.mark.parametrize(
    ("text", "country"),
    [("10000", "BE"), ("0123", "BE"), ("1012", "NL"), ("750", "FR"), ("ABC", "GB"), ("?", "PL")],
)
def test_what_is_no_postcode_is_refused(text, country):
    value, problem = normalise_postcode(text, country)
    assert (value, problem.code) == (None, "postcode_invalid")


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=40))
def test_no_text_breaks_a_reader(text):
    found, problem = parse_date(text, None, on=TODAY)
    assert found is None or problem is None
    for value, trouble in (normalise_email(text), normalise_postcode(text, "BE")):
        assert value is None or value == value.strip()
        assert trouble is None or trouble.text
    assert fold_name(fold_name(text)) == fold_name(text)
