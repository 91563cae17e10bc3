"""A list becomes sealed records with their origin, whatever program wrote it."""

from datetime import date, timedelta
from io import BytesIO

import pytest
import xlsxwriter

from duecause.apps.gate.actions import open_for_job
from duecause.apps.ledger.models import Event
from duecause.apps.register import actions, loading, reports
from duecause.apps.register.fields import numbers_in
from duecause.apps.register.models import (
    DialFact,
    ImportBatch,
    ImportRow,
    Lookup,
    Person,
    Record,
    RelationFact,
)
from duecause.apps.register.trial import Upload, every_row, trial
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, outcomes, problems, record_of_row, take
from tests.support.world import NOW, OPERATOR

HEADER = "Voornaam;Achternaam;Geboortedatum;E-mailadres;GSM;Telefoon;Postcode;Gemeente"
MILA = "Mila;Żak-Müller;17/05/1980;Mila.Zak@Example.org;0470 00 00 21;;9000;Gent"
TOM = "Tom;Noël;30/11/1975;;0470/000.022;;2000;Antwerpen"


def opened(*records: Record) -> dict:
    every = ("first_name", "last_name", "birth_date", "email", "phone", "phone_mobile", "customer_no", "city")
    result = open_for_job(
        actor=OPERATOR, kind="record", ids=[r.pk for r in records], fields=every, why="test", now=NOW
    )
    return result if len(records) > 1 else result[records[0].pk]


def workbook(rows: list[list[str]]) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, part in (("Prospects", rows[:2]), ("More", [rows[0], *rows[2:]])):
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(part):
            sheet.write_row(number, 0, cells)
    book.close()
    return buffer.getvalue()


TEXT = "\n".join((HEADER, MILA, TOM)) + "\n"
FORMATS = {
    "UTF-8": (TEXT.encode(), "list.csv"),
    "UTF-8 with a byte order mark": (b"\xef\xbb\xbf" + TEXT.encode(), "list.csv"),
    "Central European code page": (TEXT.replace("ë", "ö").encode("cp1250"), "list.csv"),
    "UTF-16 with tabs": (TEXT.replace(";", "\t").encode("utf-16"), "list.tsv"),
    "Latin-1 with bars": (TEXT.replace(";", "|").replace("Ż", "Z").encode("latin-1"), "list.txt"),
    "commas and quoted line breaks": (
        TEXT.replace(";", ",").replace("Gent", '"Gent\nCentrum"').encode(),
        "list.csv",
    ),
    "a workbook with two sheets": (workbook([line.split(";") for line in TEXT.splitlines()]), "list.xlsx"),
}


@pytest.mark.parametrize("written", FORMATS.values(), ids=FORMATS.keys())
def test_the_same_people_come_out_of_every_format(world, written):
    data, name = written
    source = customers(world)
    batch = take(source, data, file_name=name)
    assert batch.state == ImportBatch.State.COMPLETE
    assert batch.counts == {"stored": 2}
    mila = next(r for r in Record.objects.filter(source=source) if opened(r)["first_name"] == "Mila")
    values = opened(mila)
    assert values["birth_date"] == "1980-05-17"
    assert values["email"] == "mila.zak@example.org"
    assert numbers_in(values) == ["+32470000021"]


def test_a_record_keeps_where_it_comes_from_and_names_its_fields_without_opening(world):
    source = customers(world, obtained_on=date(2026, 4, 1))
    batch = take(source, TEXT)
    mila = record_of_row(source, 2)
    assert (mila.batch, mila.basis, mila.obtained_on) == (batch, "contract", date(2026, 4, 1))
    assert mila.fields == sorted(
        ["first_name", "last_name", "birth_date", "email", "phone_mobile", "postcode", "city"]
    )
    assert mila.language == mila.person.language == "nl"


def test_every_identifier_finds_the_record_and_no_other(world):
    source = customers(world)
    take(source, TEXT)
    kinds = set(Lookup.objects.filter(record=record_of_row(source, 2)).values_list("kind", flat=True))
    assert kinds == {"phone", "email", "name_postcode"}
    token = indexes.lookup_token("email", "mila.zak@example.org")
    assert Lookup.objects.get(kind="email", token=token).record == record_of_row(source, 2)


def test_dial_facts_say_what_screening_needs_and_nothing_else(world):
    born = NOW.date() - timedelta(days=17 * 365)
    source = customers(world)
    take(source, f"{HEADER}\nNoor;Kind;{born};;0470000023;03 200 00 23;;\nFemke;Oud;;;0470000024;;;")
    first, second = DialFact.objects.filter(record=record_of_row(source, 2)).order_by("ordinal")
    assert bytes(first.token) == indexes.dial_token(3232000023)
    assert bytes(second.token) == indexes.dial_token(32470000023)
    assert (first.country, first.zone, first.natural, first.basis) == (
        "BE",
        "Europe/Brussels",
        True,
        "contract",
    )
    assert first.minor_band == "minor" and first.adult_from == date(born.year + 18, born.month, born.day)
    assert DialFact.objects.get(record=record_of_row(source, 3)).minor_band == "unknown"


def test_a_company_without_a_persons_name_is_not_a_natural_person(world):
    source = customers(world)
    take(source, "company;first name;phone\nBakkerij Zon BV;;0470000025\nBakkerij Zon BV;Ann;0470000026\n")
    natural = dict(DialFact.objects.values_list("record__row", "natural"))
    assert natural == {2: False, 3: True}


def test_contracts_become_relation_facts_of_their_product_family(world):
    source = customers(world)
    take(
        source,
        "klantnummer;voornaam;telefoon;productnaam;contract van;contract tot\n"
        "K1;Mila;0470000021;Warmtepomp;2024-01-15;2029-01-14\n"
        "K1;Mila;0470000021;dakisolatie;2025-03-01;\n",
    )
    facts = RelationFact.objects.filter(record__source=source).order_by("since")
    assert [(fact.family, fact.since, fact.until) for fact in facts] == [
        ("heat_pump", date(2024, 1, 15), date(2029, 1, 14)),
        ("insulation", date(2025, 3, 1), None),
    ]
    assert Record.objects.filter(source=source).count() == 1


CONTRACTS = "klantnummer;voornaam;telefoon;productnaam;contract van;contract tot;plaats\n"
PUMP = "K1;Mila;0470000021;Warmtepomp;2024-01-15;;Gent\n"
ROOF = "K1;Mila;0470000021;dakisolatie;2025-03-01;;Gent\n"
TOM_TOO = "K2;Tom;0470000022;Warmtepomp;2024-02-01;;Gent\n"


@pytest.mark.parametrize("rows_at_once", [1, 2_000])
@pytest.mark.parametrize(
    ("corrected", "left"),
    [
        (PUMP + TOM_TOO, ["heat_pump"]),
        (ROOF + TOM_TOO, ["insulation"]),
        (PUMP.replace("Gent", "Brugge") + TOM_TOO, ["heat_pump"]),
        (PUMP + ROOF.replace("2025-03-01", "2025-04-01") + TOM_TOO, ["heat_pump", "insulation"]),
        (PUMP + TOM_TOO + ROOF + "K3;Ida;0470000023;;;;Gent\n", ["heat_pump", "insulation"]),
        ("K1;Mila;0470000021;;;;Gent\n" + TOM_TOO, []),
    ],
)
def test_a_contract_that_a_corrected_file_no_longer_holds_is_gone(
    world, monkeypatch, rows_at_once, corrected, left
):
    monkeypatch.setattr(loading, "CHUNK_ROWS", rows_at_once)
    source = customers(world)
    take(source, CONTRACTS + PUMP + ROOF + TOM_TOO)
    take(source, CONTRACTS + corrected)
    mila = RelationFact.objects.filter(record__source=source, record__row__lte=2).order_by("family")
    assert [fact.family for fact in mila] == left
    assert {fact.since for fact in mila.filter(family="insulation")} <= {date(2025, 3, 1), date(2025, 4, 1)}
    assert RelationFact.objects.filter(since=date(2025, 3, 1)).count() == corrected.count("2025-03-01")
    assert RelationFact.objects.filter(since=date(2024, 2, 1)).count() == 1


def test_the_same_file_twice_changes_nothing_and_says_so(world):
    source = customers(world)
    first = actions.import_file(actor=OPERATOR, source=source, data=TEXT.encode(), file_name="a.csv", now=NOW)
    events = Event.objects.count()
    again = actions.import_file(actor=OPERATOR, source=source, data=TEXT.encode(), file_name="b.csv", now=NOW)
    assert not first.repeated and again.repeated
    assert again.batch == first.batch
    assert Record.objects.filter(source=source).count() == 2 and Event.objects.count() == events


def test_a_file_is_read_again_after_the_catalogue_changed(world):
    source = customers(world)
    take(source, "email;city;notes\na@example.org;Gent;likes tea\n")
    assert "notes" not in record_of_row(source, 2).fields
    from duecause.apps.catalogue.models import Field

    Field.objects.create(code="notes", group="notes", compartment="identity")
    batch = take(source, "email;city;notes\na@example.org;Gent;likes tea\n")
    row = ImportRow.objects.get(batch=batch)
    assert (row.outcome, row.changes) == ("updated", ["notes"])


def test_a_corrected_file_shows_what_changed_and_replaces_the_facts(world):
    source = customers(world)
    take(source, TEXT)
    before = record_of_row(source, 2)
    corrected = TEXT.replace("0470 00 00 21", "0470 00 00 29").replace(";Gent", ";Brugge")
    batch = take(source, corrected, now=NOW + timedelta(days=1))
    rows = ImportRow.objects.filter(batch=batch).order_by("row")
    assert [(row.outcome, row.changes) for row in rows] == [
        ("updated", ["city", "phone_mobile"]),
        ("unchanged", []),
    ]
    after = record_of_row(source, 2)
    assert after.pk == before.pk and after.changed_at == NOW + timedelta(days=1)
    assert opened(after)["city"] == "Brugge"
    tokens = [bytes(fact.token) for fact in after.dial_facts.all()]
    assert tokens == [indexes.dial_token(32470000029)]
    phones = after.lookups.filter(kind="phone")
    assert [bytes(row.token) for row in phones] == [indexes.lookup_token("phone", "32470000029")]


def test_a_row_that_repeats_another_is_named_after_the_first(world):
    source = customers(world)
    batch = take(source, "\n".join((HEADER, MILA, TOM, MILA)))
    assert outcomes(batch) == {2: "stored", 3: "stored", 4: "unchanged"}
    (problem,) = ImportRow.objects.get(batch=batch, row=4).problems
    assert problem["code"] == "duplicate_in_file" and problem["params"]["first"] == 2


def test_a_family_on_one_e_mail_address_stays_several_people(world):
    source = customers(world)
    take(source, "voornaam;achternaam;email\nMila;Zak;zak@example.org\nTom;Zak;zak@example.org\n")
    assert Person.objects.filter(records__source=source).distinct().count() == 2


def test_a_spoiled_number_is_told_and_the_row_kept_by_its_e_mail(world):
    source = customers(world)
    batch = take(source, "email;telefoon\nmila@example.org;475123456.0\n")
    (problem,) = ImportRow.objects.get(batch=batch).problems
    assert (problem["code"], problem["column"]) == ("phone_decimal", "telefoon")
    assert problem["looks"] == "999999999.9"
    record = record_of_row(source, 2)
    assert record.fields == ["email"] and not record.dial_facts.exists()


def test_a_row_nobody_can_be_found_by_again_is_refused(world):
    source = customers(world)
    batch = take(source, "voornaam;telefoon;email\nMila;onbekend;\nTom;0470000022;\n")
    assert outcomes(batch) == {2: "refused", 3: "stored"}
    assert problems(batch)["no_identifier"] == 1


def test_a_row_with_too_many_cells_is_refused_because_its_values_may_stand_in_wrong_columns(world):
    source = customers(world)
    batch = take(source, "voornaam;telefoon;plaats\nMila;0470000021;Gent\nTom;0470000022;Gent;extra\n")
    assert outcomes(batch) == {2: "stored", 3: "refused"}


def test_a_number_is_read_in_the_country_of_the_source_or_the_one_given(world):
    text = "telefoon\n0612345678\n"
    belgian, dutch = customers(world), customers(world, "OTHER")
    assert outcomes(take(belgian, text)) == {2: "refused"}
    take(dutch, text, country="NL")
    assert DialFact.objects.get(record__source=dutch).country == "NL"


def test_a_full_name_is_taken_apart_where_only_its_parts_are_declared(world):
    source = customers(world)
    take(source, 'naam,email\nMila van den Berg,a@example.org\n"Berg, Tom",b@example.org\n')
    names = [(opened(r)["first_name"], opened(r)["last_name"]) for r in Record.objects.order_by("row")]
    assert names == [("Mila", "van den Berg"), ("Tom", "Berg")]


UNUSABLE = {
    "empty": (b"", "file_empty"),
    "a cut workbook": (FORMATS["a workbook with two sheets"][0][:400], "xlsx_damaged"),
    "no column that finds a person": (b"naam;plaats\nMila;Gent\n", "no_identifier_column"),
    "no header": (b"0470000021;1980-05-17\n0470000022;1980-05-17\n", "header_missing"),
    "a quote that never closes": (
        b'email;naam\na@example.org;"Mila\nb@example.org;Tom\n',
        "csv_unclosed_quote",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_file_is_refused_whole_and_leaves_nothing(world, case):
    data, code = case
    name = "list.xlsx" if code == "xlsx_damaged" else "list.csv"
    with pytest.raises(Refused) as refused:
        take(customers(world), data, file_name=name)
    assert refused.value.code == code
    assert not ImportBatch.objects.exists() and not Record.objects.exists() and not Event.objects.exists()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"explicit_map": {"nowhere": "email"}}, "column_unknown"),
        ({"explicit_map": {"email": "shoe_size"}}, "field_unknown"),
        ({"country": "ZZ"}, "unknown_country"),
        ({"sheet": "Two"}, "sheet_unknown"),
    ],
)
def test_an_unknown_column_field_country_or_sheet_is_refused(world, options, code):
    with pytest.raises(Refused) as refused:
        take(customers(world), "email\na@example.org\n", **options)
    assert refused.value.code == code


def test_a_column_is_read_as_the_user_says(world):
    source = customers(world)
    take(source, "contact;x1\na@example.org;0470000021\n", explicit_map={"contact": "email", "B": "phone"})
    assert record_of_row(source, 2).fields == ["email", "phone"]


def test_nobody_imports_without_the_function(world):
    with pytest.raises(NotPermitted):
        take(customers(world), TEXT, actor=Actor("employee", "1", "inbound", frozenset({"desk.use"})))
    assert not ImportBatch.objects.exists()


def test_each_chunk_is_an_event_and_the_end_is_one(world, monkeypatch):
    monkeypatch.setattr(loading, "CHUNK_ROWS", 1)
    take(customers(world), TEXT)
    kinds = list(
        Event.objects.filter(kind__startswith="register.").order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == [
        "register.import_started",
        "register.import_chunk",
        "register.import_chunk",
        "register.import_finished",
    ]


def test_progress_is_told_after_each_chunk(world, monkeypatch):
    monkeypatch.setattr(loading, "CHUNK_ROWS", 1)
    seen = []
    take(customers(world), TEXT, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_trying_a_file_shows_what_its_rows_would_become_and_stores_nothing(world):
    mila, tom = "mila@example.org;v4;38\n", "tom@example.org;v9;42\n"
    text = "email;toestemmingstekst;schoenmaat\n" + mila + tom + mila
    upload = Upload(world.source, text.encode(), "list.csv")
    seen = trial(actor=OPERATOR, upload=upload, now=NOW)
    whole = every_row(actor=OPERATOR, upload=upload, now=NOW)
    outcomes = [plan.outcome for plan in whole.plans]
    assert outcomes == [row.plan.outcome for row in seen.rows] == ["stored", "quarantined", "unchanged"]
    assert (whole.sheets, whole.row_count) == (seen.sheets, seen.row_count)
    assert seen.sheets[0]["delimiter"] == ";" and seen.sheets[0]["encoding"] == "utf-8"
    assert [column["field"] for column in seen.sheets[0]["columns"]] == ["email", "consent_text", None]
    assert reports.refused_columns(seen.sheets) == [
        {"sheet": "", "column": "schoenmaat", "reason": "header_unknown"}
    ]
    assert seen.problems == {"consent_text_unknown": 1, "duplicate_in_file": 1} and seen.row_count == 3
    assert not ImportBatch.objects.exists() and not Record.objects.exists() and not Event.objects.exists()
