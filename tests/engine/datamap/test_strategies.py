"""What becomes of a field follows from the live column, and a field that cannot change is a blocker."""

from __future__ import annotations

from datetime import date

import pytest

from duecause.engine.datamap.model import Field, Handling
from duecause.engine.datamap.schema import Column, ForeignKey, Table
from duecause.engine.datamap.strategies import Blocker, Strategy, choose, computed


def field(name: str, strategy: str = "", **more) -> Field:
    return Field(
        name,
        more.get("categories", ("user.name",)),
        name,
        "",
        (),
        more.get("read_only", False),
        Handling(strategy=strategy),
    )


def table(column: Column, **more) -> Table:
    return Table("t", {"id": Column("id", "int", False), column.name: column}, ("id",), **more)


REFERS = {"foreign_keys": (ForeignKey(("c",), "u", ("id",)),)}


@pytest.mark.parametrize(
    ("column", "more", "strategy", "expected"),
    [
        (Column("c", "text", True), {}, "", Strategy("null")),
        (Column("c", "text", False, 4), {}, "", Strategy("tombstone", "eras")),
        (Column("c", "text", False, 40), {"unique": (("c",),)}, "", Strategy("fake", each=True)),
        (Column("c", "text", False, 8), {"unique": (("c",),)}, "", Blocker("length")),
        (Column("c", "int", False), {"unique": (("c",),)}, "", Blocker("unique")),
        (Column("c", "date", False), {}, "", Strategy("tombstone", "1900-01-01")),
        (Column("c", "text", False, choices=("a", "b")), {}, "", Blocker("type")),
        (Column("c", "other", False), {}, "", Blocker("not_null")),
        (Column("c", "text", False), {}, "null", Blocker("not_null")),
        (Column("c", "int", True), {}, "hmac", Blocker("type")),
        (Column("c", "text", True, 8), {}, "fake", Blocker("length")),
        (Column("c", "date", False), {}, "decade", Strategy("decade", each=True)),
        (Column("c", "date", False), {}, "postcode_area", Blocker("type")),
        (Column("c", "text", True, computed=True), {}, "", Blocker("computed")),
        (Column("c", "int", False), REFERS, "", Blocker("foreign_key")),
        (Column("c", "int", True), REFERS, "", Strategy("null")),
        (Column("c", "text", False), {}, "keep", Strategy("keep")),
    ],
)  # fmt: skip
def test_the_column_decides(column, more, strategy, expected):
    assert choose(field("c", strategy), table(column, **more)) == expected


def test_a_key_a_read_only_field_and_a_column_that_is_gone_are_blockers():
    one = table(Column("c", "text", True))
    assert choose(field("id"), one) == Blocker("primary_key")
    assert choose(field("c", read_only=True), one) == Blocker("read_only")
    assert choose(field("gone"), one) == Blocker("missing")


def made(strategy: str, old, column: Column, row: str = "1", key: bytes = b"k", **more) -> str | None:
    return computed(strategy, old, field=field("c", **more), column=column, key=key, row=row)


def test_pseudonyms_are_equal_for_equal_values_and_die_with_their_key():
    text = Column("c", "text", True, 40)
    assert made("hmac", "Mila", text) == made("hmac", "Mila", text, row="2")
    assert made("hmac", "Mila", text) != made("hmac", "Mila", text, key=b"other")


def test_fakes_differ_from_row_to_row_and_have_the_form_of_what_they_replace():
    short = Column("c", "text", False, 24)
    mail = made("fake", "mila@example.org", short, categories=("user.contact.email",))
    assert mail.endswith("@erased.invalid") and len(mail) <= 24
    assert mail != made("fake", "mila@example.org", short, row="2", categories=("user.contact.email",))
    number = made(
        "fake", "+32470000021", Column("c", "text", False, 15), categories=("user.contact.phone_number",)
    )
    assert number.startswith("+999") and number[1:].isdigit() and len(number) == 15


def test_generalising_keeps_the_decade_and_the_area():
    assert made("decade", date(1987, 5, 17), Column("c", "date", False)) == "1980-01-01"
    assert made("decade", "1987-05-17", Column("c", "text", False)) == "1980-01-01"
    assert made("postcode_area", "SW 1A", Column("c", "text", False)) == "SW"


def test_arrays_inside_a_column_are_emptied_element_by_element():
    old = '{"a": [{"n": "x", "keep": 1}, {"n": "y"}], "b": ["p", "q"], "c": "z"}'
    column = Column("c", "json", True)
    left = computed(
        "null_inside", old, field=field("c"), column=column, key=b"k", row="1", inner=("a.n", "b")
    )
    assert left == '{"a": [{"keep": 1, "n": null}, {"n": null}], "b": [null, null], "c": "z"}'
