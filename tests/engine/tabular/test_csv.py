import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.engine.problems import Refused
from duecause.engine.tabular import open_tables

LIST = "Voornaam;Naam;Tel.\r\nJan;Peeters;0475 12 34 56\r\nZoé;Lefèvre;0475 12 34 57\r\n"
POLISH = "Imię;Nazwisko;Telefon\nŁukasz;Wąsowski;22 123 45 67\nŻaneta;Święcka;22 123 45 68\n"


def read(data, **options):
    (table,) = open_tables(data, name=options.pop("name", "list.csv"), **options)
    rows = []
    for batch in table.batches(size=2):
        rows += zip(batch.row_numbers, *batch.columns, strict=True)
    return table, rows


def problems(table):
    return {row: found for batch in table.batches() for row, found in batch.problems.items()}


def refusal(data, **options):
    with pytest.raises(Refused) as refused:
        open_tables(data, name=options.pop("name", "list.csv"), **options)
    return refused.value


@pytest.mark.parametrize(
    ("codec", "encoding", "bom"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8", True),
        ("utf-16", "utf-16-le", True),
        ("utf-16-le", "utf-16-le", False),
        ("utf-16-be", "utf-16-be", False),
        ("latin-1", "cp1252", False),
        ("cp1252", "cp1252", False),
    ],
)
def test_the_encoding_is_found_and_reported(codec, encoding, bom):
    table, rows = read(LIST.encode(codec))
    assert (table.detected.encoding, table.detected.bom) == (encoding, bom)
    assert rows == [(2, "Jan", "Peeters", "0475 12 34 56"), (3, "Zoé", "Lefèvre", "0475 12 34 57")]


def test_polish_text_in_its_windows_code_page_is_told_from_western_text():
    table, rows = read(POLISH.encode("cp1250"))
    assert table.detected.encoding == "cp1250"
    assert rows[0][1:3] == ("Łukasz", "Wąsowski")
    for western in ("Åsa;Öberg;70 m³", "François;Noël;1 ½", "Jürgen;Groß;¹", "Señor;Muñoz;£ 3"):
        table, _ = read(("a;b;c\n" + western + "\n").encode("cp1252"))
        assert table.detected.encoding == "cp1252", western


def test_an_encoding_that_was_said_wins_over_what_looks_likely():
    data = "naam;stad\nĘwa;x\n".encode("cp1250")
    assert read(data)[0].detected.encoding == "cp1250"
    table, rows = read(data, encoding="ISO-8859-1")
    assert (table.detected.encoding, rows[0][1]) == ("cp1252", "Êwa")
    assert refusal(b"a;b\n", encoding="klingon").code == "encoding_unknown"


def test_bad_bytes_are_refused_with_row_and_offset():
    data = "naam;stad\nZoé;Gent\n".encode() + b"Andr\xe9;Luik\n"
    error = refusal(data, encoding="utf-8")
    assert error.code == "file_bad_bytes"
    assert error.problem.params["row"] == 3
    assert data[error.problem.params["offset"]] == 0xE9


def test_sound_utf8_with_one_broken_byte_is_damaged_and_not_western():
    assert refusal("naam\nZoé\nLéa\nNoël\n".encode() + b"Andr\xe9\n").code == "file_bad_bytes"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    text = f'name{delimiter}note\nJan{delimiter}"a, b; c | d\te"\nAn{delimiter}1,5; 2\n'
    rows = [("Jan", "a, b; c | d\te"), ("An", "1,5; 2")]
    if delimiter in ",;":
        text, rows = text.replace("1,5; 2", "none"), [rows[0], ("An", "none")]
    table, found = read(text.encode())
    assert table.detected.delimiter == delimiter
    assert [row[1:] for row in found] == rows


def test_a_delimiter_can_be_said_by_name_or_by_the_file():
    assert read(b"a|b;c\n1|2;3\n", delimiter="bar")[0].header == ("a", "b;c")
    table, rows = read(b"sep=|\r\na|b;c\r\nx|y;z\r\n")
    assert (table.header, table.detected.header_row, rows) == (("a", "b;c"), 2, [(3, "x", "y;z")])
    assert refusal(b"a;b\n", delimiter="xx").code == "delimiter_unknown"


def test_one_column_needs_no_delimiter():
    table, rows = read(b"phone\n0475123456\n0475123457\n")
    assert (table.header, [row[1] for row in rows]) == (("phone",), ["0475123456", "0475123457"])


def test_title_lines_and_blank_lines_are_passed_and_counted():
    text = 'Prospects 2026\n\nName;"Phone"\n\nJan;"0475\n123456"\nAn;x\n'
    table, rows = read(text.encode())
    assert table.detected.header_row == 3
    assert rows == [(5, "Jan", "0475\n123456"), (6, "An", "x")]
    assert table.detected.row_count == 2


def test_doubled_and_empty_header_names_get_their_own():
    table, _ = read(b"tel;Tel;tel;;x;;\n1;2;3;4;5;;\n")
    assert table.header == ("tel", "Tel", "tel (2)", "column D", "x")


def test_data_without_a_header_is_refused_unless_said():
    data = b"0475123456;2026-01-01\n0475123457;2026-01-02\n"
    error = refusal(data)
    assert error.code == "header_missing"
    assert "A=phone" in str(error)
    table, rows = read(data, header_row=0)
    assert table.header == ("A", "B")
    assert rows[0] == (1, "0475123456", "2026-01-01")


def test_ragged_rows_are_kept_at_the_width_of_the_header_and_told():
    table, rows = read(b"a;b;c\n1;2;3\n1;2;3;4\n1;2\n1;2;3;;\n")
    assert [row[0] for row in rows] == [2, 3, 4, 5]
    assert rows[2] == (4, "1", "2", "")
    assert {row: [p.code for p in found] for row, found in problems(table).items()} == {
        3: ["row_extra_cells"],
        4: ["row_missing_cells"],
    }
    assert "Row 3 has 4 cells" in problems(table)[3][0].text


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ('a;b\n1;2\n"3;4\n5;6\n', "csv_unclosed_quote", 3),
        ('a;b\n1;"2\n3;"4"\n', "csv_stray_quote", 2),
        ('a;b\n1;2\n"x"y;4\n', "csv_stray_quote", 3),
        ('a;b\n1;2\n3;"' + "x" * 140_000 + '"\n', "csv_value_too_long", 3),
    ],
)
def test_a_broken_quote_refuses_the_file_and_names_the_row(text, code, row):
    error = refusal(text.encode())
    assert (error.code, error.problem.params["row"]) == (code, row)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "list.csv", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "list.csv", "file_empty"),
        (b"%PDF-1.7\n\x00\x01\x02", "list.csv", "file_binary"),
        (b"name;phone\nJan\x00;1\n", "list.csv", "file_binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "list.csv", "file_binary"),
        (b"name;phone\nJan;1\n", "list.xlsx", "file_misnamed"),
        (b"PK\x03\x04" + b"x" * 50, "list.csv", "file_misnamed"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "list.xls", "xls_legacy"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "list.xlsx",
            "xlsx_encrypted",
        ),
    ],
)
def test_what_is_no_list_is_refused(data, name, code):
    assert refusal(data, name=name).code == code


def test_more_rows_than_allowed_are_refused_and_not_cut_off():
    assert read(b"a;b\n1;2\n3;4\n", row_limit=2)[0].detected.row_count == 2
    assert refusal(b"a;b\n1;2\n3;4\n", row_limit=1).code == "too_many_rows"


def test_an_absurd_number_of_columns_is_refused():
    assert len(read(b"a;" * 1999 + b"a\n")[0].header) == 2000
    assert refusal(b"a;" * 30_000 + b"a\n").code == "too_many_columns"


def test_batches_become_arrow():
    table, _ = read(b"row;b\n1;2\n3;4\n")
    (batch,) = table.batches()
    arrow = batch.to_arrow()
    assert arrow.schema.names == ["row", "row (2)", "b"]
    assert arrow.to_pydict() == {"row": [2, 3], "row (2)": ["1", "3"], "b": ["2", "4"]}


CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1250")
CELLS = st.text(
    st.one_of(
        st.sampled_from('abcé ";,|\t\n\r+0123456789łö€'),
        st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn")),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8),
    codec=st.sampled_from(CODECS),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_table_written_as_csv_is_read_back_the_same(rows, codec, delimiter, quoting):
    narrow = codec.startswith("cp")
    if narrow:
        rows = [tuple(cell.encode(codec, "ignore").decode(codec) for cell in row) for row in rows]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows([("name", "phone", "city"), *rows])
    data = out.getvalue().encode(codec)
    table, found = read(data, encoding=codec if narrow else None)
    assert table.detected.delimiter == delimiter
    assert [row[1:] for row in found] == [row for row in rows if any(row)]


@settings(max_examples=200, deadline=None)
@given(data=st.one_of(st.binary(max_size=400), st.text('ab";,\n\r\t|é1', max_size=80).map(str.encode)))
def test_any_bytes_are_read_or_refused_with_a_message(data):
    try:
        tables = open_tables(data, name="list.csv")
    except Refused as refused:
        assert "list.csv" in str(refused)
    else:
        for table in tables:
            assert sum(len(batch) for batch in table.batches()) == table.detected.row_count
