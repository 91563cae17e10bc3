"""The table a privacy officer would check: who is linked, who is only suggested, who is left apart."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.matching import Identity, Verdict, compatible, fold, fold_company
from duecause.engine.matching.names import jaro_winkler, one_edit_apart

BORN, OTHER = date(1980, 5, 17), date(2004, 2, 1)


def human(first="Jan", last="Peeters", birth=BORN, phone="a", email="", no="", street="", postcode=""):
    return Identity(
        first=first,
        last=last,
        birth=birth,
        phones=frozenset({phone} - {""}),
        emails=frozenset({email} - {""}),
        customer_nos=frozenset({no} - {""}),
        street=street,
        postcode=postcode,
    )


HOME = {"street": "Kerkstraat 12", "postcode": "9000"}

TABLE = [
    # why, one record, the other, verdict, rule
    ("the same in every respect", human(), human(), "link", "name_birth_date"),
    ("lost diacritics", human("Zoë", "Müller"), human("ZOE", "Mueller"), "link", "name_birth_date"),
    ("Polish feminine ending", human("Anna", "Kowalski"), human("Anna", "Kowalska"), "link", None),
    ("letters without decomposition", human("Łukasz", "Sørensen"), human("Lukasz", "Sorensen"), "link", None),
    ("two letters changed places", human("Katrien"), human("Katrein"), "link", "name_birth_date"),
    ("a letter doubled: or twins", human("Marion"), human("Marrion"), "suggest", "first_name_close"),
    (
        "a letter doubled, the same e-mail",
        human("Marion", email="x"),
        human("Marrion", email="x"),
        "link",
        None,
    ),
    ("a typing error in the surname", human(last="Janssens"), human(last="Jansens"), "link", None),
    ("a particle left out", human(last="van den Berg"), human(last="Berg"), "link", None),
    ("particles written together", human(last="Van den Berg"), human(last="Vandenberg"), "link", None),
    ("one half of a double surname", human(last="Peeters-De Smet"), human(), "link", None),
    ("first and last name swapped", human("Peeters", "Jan"), human(), "link", "name_birth_date"),
    ("a title before the name", human("Dr. Jan"), human(), "link", None),
    ("no birth date, phone and e-mail", human(birth=None, email="x"), human(email="x"), "link", None),
    (
        "no birth date, number and address: a father or his son",
        human(birth=None, **HOME),
        human(**HOME),
        "suggest",
        "birth_date_missing",
    ),
    ("a birth date that stands for unknown", human(birth=date(1900, 1, 1)), human(), "suggest", None),
    ("nothing but address and birth date", human(phone="", **HOME), human(phone="b", **HOME), "link", None),
    (
        "nothing but name and birth date",
        human(phone=""),
        human(phone="b"),
        "suggest",
        "name_and_birth_date_only",
    ),
    ("no birth date and nothing else", human(birth=None), human(), "suggest", "birth_date_missing"),
    ("neither has a birth date", human(birth=None), human(birth=None), "suggest", "birth_date_missing"),
    (
        "near name without birth date",
        human("Katrien", birth=None, **HOME),
        human("Katreen", **HOME),
        "suggest",
        None,
    ),
    ("father and son of one name", human(birth=date(1952, 1, 9)), human(), "none", "other_generation"),
    (
        "day and month changed places",
        human(birth=date(1980, 7, 5)),
        human(birth=date(1980, 5, 7)),
        "suggest",
        None,
    ),
    ("a day too late", human(birth=date(1980, 5, 18)), human(), "suggest", "other_birth_date"),
    ("junior", human("Jan jr."), human(), "suggest", "junior_or_senior"),
    ("senior after the surname", human(last="Peeters sr"), human(), "suggest", "junior_or_senior"),
    (
        "father and son on the household phone",
        human("Jan", birth=date(1952, 1, 9)),
        human("Tom"),
        "none",
        "household",
    ),
    ("twins on the household phone", human("Emma"), human("Louis"), "none", "household"),
    ("twins one letter apart", human("Julia"), human("Julie"), "suggest", "first_name_close"),
    ("twins with short names", human("Tim"), human("Tom"), "suggest", "first_name_close"),
    ("siblings one letter apart", human("Tim"), human("Tom", birth=OTHER), "none", None),
    ("mother and daughter", human("Anna"), human("Anna Maria", birth=OTHER), "none", None),
    ("second first name left out", human("Anna"), human("Anna Maria"), "suggest", "first_name_close"),
    ("only an initial", human("J."), human(), "suggest", "initial_only"),
    (
        "only an initial, the same e-mail",
        human("J", email="x"),
        human(email="x"),
        "link",
        "initial_birth_date",
    ),
    ("another initial", human("M."), human(), "none", "household"),
    ("an initial and another birth date", human("J.", birth=OTHER), human(), "none", "other_generation"),
    ("married name", human("Els", "De Smet"), human("Els", "Peeters"), "link", "name_changed"),
    (
        "another surname at one address",
        human("Els", "De Smet", phone="", **HOME),
        human("Els", phone="b", **HOME),
        "suggest",
        "other_surname",
    ),
    (
        "same first name on a recycled number",
        human("Els", "De Smet", OTHER),
        human("Els"),
        "none",
        "other_generation",
    ),
    (
        "partners with one e-mail",
        human("Els", email="x"),
        human("Jan", birth=OTHER, email="x"),
        "none",
        "household",
    ),
    (
        "Jan and Johannes, one customer number",
        human("Johannes", no="7"),
        human("Jan", no="7"),
        "suggest",
        "other_first_name",
    ),
    ("a number without a name", human("", "", None), human(), "none", "name_incomplete"),
    ("a customer number without a name", human("", "", None, no="7"), human(no="7"), "suggest", None),
    ("nothing shared", human(phone="a"), human("Jef", phone="b"), "none", None),
]


@pytest.mark.parametrize(("why", "a", "b", "verdict", "rule"), TABLE, ids=[row[0] for row in TABLE])
def test_the_rule_decides_as_a_careful_person_would(why, a, b, verdict, rule):
    evidence = compatible(a, b)
    assert evidence.verdict == verdict, evidence
    if rule:
        assert evidence.rule == rule


def test_evidence_lists_what_speaks_for_and_against():
    evidence = compatible(human(email="x", birth=date(1980, 5, 18)), human(email="x"))
    assert evidence.codes == (
        "same_phone",
        "same_email",
        "first_name_same",
        "surname_same",
        "birth_date_close",
    )


def test_companies_are_compared_by_name_without_legal_form():
    shop = Identity(company="Warm Huis B.V.", phones=frozenset({1}))
    assert compatible(shop, Identity(company="warm huis bv", phones=frozenset({1}))).verdict is Verdict.LINK
    assert compatible(shop, Identity(company="Koel Huis", phones=frozenset({1}))).verdict is Verdict.NONE
    assert fold_company("Ocieplenia Sp. z o.o.") == "ocieplenia"


def test_jaro_winkler_agrees_with_published_pairs():
    # Winkler 1990, as reprinted in many places.
    assert round(jaro_winkler("martha", "marhta"), 3) == 0.961
    assert round(jaro_winkler("dixon", "dicksonx"), 3) == 0.813
    assert round(jaro_winkler("dwayne", "duane"), 3) == 0.840


def test_one_edit_is_one_letter_or_one_swap():
    assert one_edit_apart("katrien", "katreen") and one_edit_apart("katrien", "katrein")
    assert one_edit_apart("jan", "jana") and not one_edit_apart("jan", "jan")
    assert not one_edit_apart("jan", "tom") and not one_edit_apart("abcd", "badc")


names = st.sampled_from(
    ["Jan", "J.", "Jana", "Johan", "", "Peeters", "Anna Maria", "Anna", "Jan jr", "Łukasz"]
)
sides = st.builds(
    human,
    first=names,
    last=st.sampled_from(["Peeters", "Peters", "Jan", "", "van den Berg", "Berg", "Smet-Berg", "Nowicka"]),
    birth=st.sampled_from([None, BORN, OTHER]),
    phone=st.sampled_from(["", "a", "b"]),
    email=st.sampled_from(["", "x"]),
    no=st.sampled_from(["", "7"]),
    street=st.sampled_from(["", "Kerkstraat 12"]),
    postcode=st.sampled_from(["", "9000"]),
)


@settings(max_examples=300, deadline=None)
@given(a=sides, b=sides)
def test_the_order_of_the_two_records_does_not_matter(a, b):
    assert compatible(a, b) == compatible(b, a)


@settings(max_examples=150, deadline=None)
@given(a=sides, b=sides)
def test_a_link_never_joins_two_birth_dates_and_an_initial_needs_more(a, b):
    if compatible(a, b).verdict is Verdict.LINK:
        assert a.birth is None or b.birth is None or a.birth == b.birth
        if min(len(fold(a.first)), len(fold(b.first))) == 1:
            assert a.birth == b.birth and (a.emails & b.emails or a.customer_nos & b.customer_nos)


@settings(max_examples=200, deadline=None)
@given(a=st.text(max_size=12), b=st.text(max_size=12))
def test_similarity_is_symmetric_and_between_0_and_1(a, b):
    assert jaro_winkler(a, b) == jaro_winkler(b, a)
    assert 0 <= jaro_winkler(a, b) <= 1
