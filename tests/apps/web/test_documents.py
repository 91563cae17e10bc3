"""A document is what it was told to be, whatever its texts hold, and the same every time."""

from datetime import UTC, datetime

import pytest

from duecause.web.documents import Document, Facts, Heading, Paragraph, Table, html, pdf
from duecause.web.documents.sheets import workbook
from tests.apps.evidence.records import attachment_of, sheets_of

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
EVIL = '#panic("x") *a* $x$ \\ "q" <script>alert(1)</script>'


def letter(text: str, language: str = "nl") -> Document:
    blocks = (
        Paragraph(text),
        Heading(text),
        Facts([(text, text)]),
        Heading(text, 2),
        Table(text, [text, "n"], [[text, 7], [text, 12_345]]),
        Table("empty", ["a"], []),
    )
    return Document(title=text, language=language, blocks=blocks, foot=text)


@pytest.mark.parametrize("text", [EVIL, "漢字 😀 \x00\x07", "Zażółć gęślą jaźń", "x" * 5000, "a\nb\tc", " "])
def test_any_text_makes_a_document_in_both_forms(text):
    assert pdf(letter(text), at=AT).startswith(b"%PDF")
    assert html(letter(text)).startswith(b"<!doctype html>")


def test_a_text_is_never_markup():
    assert b"<script" not in html(letter(EVIL))
    assert b"&lt;script&gt;" in html(letter(EVIL))


def test_the_attached_data_come_out_as_they_went_in():
    data = '{"name": "漢字 \\"#x\\""}'.encode()
    assert attachment_of(pdf(letter("漢字"), at=AT, data=data, data_name="data.json")) == data


def test_the_same_document_and_moment_give_the_same_bytes():
    assert pdf(letter("漢字"), at=AT) == pdf(letter("漢字"), at=AT)
    assert pdf(letter("a"), at=AT) != pdf(letter("b"), at=AT)


def test_a_workbook_tells_apart_sheets_that_would_be_called_alike():
    tables = [
        Table("Fields: " + "x" * 40, ["a"], [["1"]]),
        Table("fields: " + "x" * 40, ["a"], [["2"]]),
        Table("a/b", ["c"], []),
    ]
    assert len(sheets_of(workbook(tables, title="t", at=AT))) == 3


def test_a_text_that_no_cell_can_hold_is_refused_rather_than_cut():
    with pytest.raises(ValueError, match="40000 characters"):
        workbook([Table("t", ["a"], [["x" * 40_000]])], title="t", at=AT)
