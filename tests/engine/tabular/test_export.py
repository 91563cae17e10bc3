import csv
import io

import pytest

from duecause.engine.tabular import safe_cell, write_csv


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=HYPERLINK(1)", "@SUM(A1)", "+1+2", "-1+2", "+32-475", "-2+cmd|' /C calc'!A0", "\t=1", "\r=1",
     "\n=1", " =1+1", "\u00a0=1", "＝1+1", "+cmd", "--1", "+32475123456\n=1"],
)  # fmt: skip
def test_a_formula_is_made_text(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Jan",
        "+32475123456",
        "+32 475 12 34 56",
        "-5",
        "-1,5",
        "-",
        "--",
        "1=1",
        "a@b.be",
        "0475-12",
        "'=1",
    ],
)
def test_numbers_phones_and_plain_text_pass_unchanged(text):
    assert safe_cell(text) == text


def test_rows_are_streamed_in_chunks_with_header_and_safe_cells():
    rows = ((number, "=1", None, 'a "b"\nc;d') for number in range(2500))
    chunks = list(write_csv(rows, ["n", "=x", "empty", "text"], delimiter=";", bom=True))
    assert len(chunks) == 3
    back = list(csv.reader(io.StringIO(b"".join(chunks).decode("utf-8-sig"), newline=""), delimiter=";"))
    assert back[0] == ["n", "'=x", "empty", "text"]
    assert back[2500] == ["2499", "'=1", "", 'a "b"\nc;d']
    assert len(back) == 2501


def test_no_rows_still_give_a_header():
    assert b"".join(write_csv([], ["a", "b"])) == b"a,b\r\n"
