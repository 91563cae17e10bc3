import io
import random
import re
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.problems import Refused
from duecause.engine.tabular import open_tables
from tests.engine.tabular.books import changed, workbook

SHEET = "xl/worksheets/sheet1.xml"
BOOK = workbook({"People": [["name", "phone", "since"], ["Jan", "0475123456", "x"], ["An", "", ""]]})


def read(data, **options):
    (table,) = open_tables(data, name="list.xlsx", **options)
    rows = []
    for batch in table.batches(size=2):
        rows += zip(batch.row_numbers, *batch.columns, strict=True)
    return table, rows


def refusal(data, **options):
    with pytest.raises(Refused) as refused:
        open_tables(data, name="list.xlsx", **options)
    return refused.value


def codes(table):
    return {
        row: [p.code for p in found] for batch in table.batches() for row, found in batch.problems.items()
    }


def test_values_come_as_a_person_sees_them():
    table, rows = read(
        workbook(
            {
                "L": [
                    ["as number", "as text", "day", "moment", "yes", "half"],
                    [475123456.0, "475123456.0", date(2024, 1, 2), datetime(2024, 1, 2), True, 1.5],
                    [32475123456, "4,75E+08", None, None, False, -2],
                    [4.75123456789e20, "x", None, None, None, None],
                ]
            }
        )
    )
    assert rows[0] == (2, "475123456", "475123456.0", "2024-01-02", "2024-01-02", "TRUE", "1.5")
    assert rows[1] == (3, "32475123456", "4,75E+08", "", "", "FALSE", "-2")
    assert "E+20" in rows[2][1]
    assert (table.sheet, table.detected.format, table.detected.encoding) == ("L", "xlsx", "")


def test_every_visible_sheet_with_content_is_a_table():
    data = workbook(
        {
            "One": [["a", "b"], ["1", "2"]],
            "Empty": [],
            "Secret": [["a", "b"], ["5", "6"]],
            "Two": [["c", "d"]],
        },
        hidden=["Secret"],
    )
    assert [table.sheet for table in open_tables(data, name="x.xlsx")] == ["One", "Two"]
    assert [table.sheet for table in open_tables(data, name="x.xlsx", sheet="Secret")] == ["Secret"]
    assert [table.sheet for table in open_tables(data, name="x.xlsx", sheet=4)] == ["Two"]
    error = refusal(data, sheet="Three")
    assert error.code == "sheet_unknown"
    assert "1 One, 2 Empty" in str(error)
    assert refusal(data, sheet="Empty").code == "file_empty"


def test_row_numbers_are_those_of_the_spreadsheet():
    rows = [
        [],
        ["Prospects"],
        [],
        [None, "name", "phone"],
        [None, "Jan", "0475123456"],
        [],
        [None, "An", "x"],
    ]
    table, found = read(workbook({"L": rows}))
    assert table.detected.header_row == 4
    assert table.header == ("column A", "name", "phone")
    assert [row[0] for row in found] == [5, 7]


def test_error_values_and_formulas_without_a_result_are_told_per_cell():
    rows = [["name", "phone", "since"], ["m", "p", "s"], ["k", "l", "n"]]
    data = workbook({"L": rows})
    data = changed(
        data,
        SHEET,
        lambda xml: (
            xml.replace(b'<c r="B2" t="s"><v>4</v></c>', b'<c r="B2" t="e"><f>Q1/0</f><v>#REF!</v></c>')
            .replace(b'<c r="C2" t="s"><v>5</v></c>', b'<c r="C2"><f>A1</f></c>')
            .replace(b'<c r="A3" t="s"><v>6</v></c>', b'<c r="A3" t="str"><f>B9</f><v></v></c>')
        ),
    )
    table, found = read(data)
    assert found == [(2, "m", "", ""), (3, "", "l", "n")]
    assert codes(table) == {2: ["cell_error", "cell_not_calculated"]}
    (batch,) = table.batches()
    assert batch.problems[2][0].text.startswith("Row 2, column phone holds the spreadsheet error #REF!")


def test_a_row_of_nothing_but_an_error_is_not_lost():
    data = workbook({"L": [["name", "phone"], ["m", "p"], ["k"]]})
    data = changed(
        data,
        SHEET,
        lambda xml: xml.replace(b'<c r="A3" t="s"><v>4</v></c>', b'<c r="A3" t="e"><v>#N/A</v></c>'),
    )
    table, found = read(data)
    assert [row[0] for row in found] == [2, 3]
    assert codes(table)[3] == ["cell_error"]


def test_a_truncated_workbook_is_refused():
    for keep in (5, 30, 200, len(BOOK) // 2, len(BOOK) - 1):
        assert refusal(BOOK[:keep]).code in {"xlsx_damaged", "file_binary"}, keep


def test_a_workbook_that_unpacks_to_more_than_allowed_is_refused_unread():
    bomb = changed(BOOK, SHEET, lambda xml: xml + b" " * 50_000_000)
    assert len(bomb) < 200_000
    error = refusal(bomb, unpacked_limit=10 << 20)
    assert error.code == "xlsx_too_large"
    assert error.problem.params["limit"] == 10


def test_a_workbook_that_lies_about_its_size_is_refused():
    real = zipfile.ZipFile(io.BytesIO(BOOK)).getinfo(SHEET).file_size
    lying = BOOK.replace(real.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert refusal(lying).code == "xlsx_damaged"


@pytest.mark.parametrize("corner", [b"XFD1048576", b"A99999999", b"ZZ1000000", b"AAA60000"])
def test_a_stray_cell_in_a_far_corner_is_refused_before_it_is_allocated(corner):
    data = changed(
        BOOK,
        SHEET,
        lambda xml: xml.replace(b'r="C3"', b'r="' + corner + b'"').replace(
            b"</row></sheetData>", b'<c r="' + corner + b'"><v>1</v></c></row></sheetData>'
        ),
    )
    error = refusal(data)
    assert error.code == "sheet_too_large"
    assert "stray cells" in str(error)


@pytest.mark.parametrize(
    "promise", [b'uniqueCount="99999999999999"', b'uniqueCount="x"', b'count="999999999999"']
)
def test_a_workbook_that_promises_more_strings_than_it_holds_is_refused(promise):
    """Without this the reader reserves the memory at once, and the process ends."""
    data = changed(BOOK, "xl/sharedStrings.xml", lambda xml: re.sub(rb'uniqueCount="\d+"', promise, xml))
    assert refusal(data).code == "xlsx_damaged"


def test_archives_and_other_workbooks_are_refused():
    for member, code in [
        ("notes.txt", "file_binary"),
        ("content.xml", "workbook_other"),
        ("xl/workbook.bin", "workbook_other"),
    ]:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(member, "x")
        assert refusal(out.getvalue()).code == code


def test_cells_and_rows_without_references_are_read_and_cannot_hide_a_far_corner():
    bare = changed(BOOK, SHEET, lambda xml: re.sub(rb' r="[A-Z]*\d+"', b"", xml))
    assert read(bare)[0].header == ("name", "phone", "since")
    far = changed(
        BOOK,
        SHEET,
        lambda xml: xml.replace(b"</sheetData>", b'<row r="99999999"><c><v>1</v></c></row></sheetData>'),
    )
    assert refusal(far).code == "sheet_too_large"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_workbook_with_changed_or_missing_bytes_is_read_or_refused(seed):
    rnd = random.Random(seed)
    data = bytearray(BOOK)
    for _ in range(rnd.randint(0, 8)):
        data[rnd.randrange(len(data))] = rnd.randrange(256)
    data = bytes(data[: rnd.choice([len(data), rnd.randrange(4, len(data))])])
    try:
        tables = open_tables(data, name="list.xlsx")
    except Refused as refused:
        assert "list.xlsx" in str(refused)
    else:
        assert all(table.header for table in tables)


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=200), place=st.floats(0, 1))
def test_a_sheet_with_junk_inside_a_sound_archive_is_read_or_refused(junk, place):
    def spoil(xml):
        cut = int(len(xml) * place)
        return xml[:cut] + junk + xml[cut + len(junk) :]

    try:
        tables = open_tables(changed(BOOK, SHEET, spoil), name="list.xlsx")
    except Refused as refused:
        assert refused.code
    else:
        assert all(list(table.batches()) is not None for table in tables)
