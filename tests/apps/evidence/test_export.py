"""Every export is exactly what the same filter shows, says which version it is and who took it, and is
harmless and readable by everybody."""

import json
import re
import shutil
import subprocess

import pytest
from django.utils import translation

from duecause.apps.catalogue.models import Field
from duecause.apps.evidence.actions import export_record
from duecause.apps.evidence.exporting import FORMS
from duecause.apps.evidence.filters import Filter, narrowed, scope_of
from duecause.apps.evidence.record import assemble
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.parties.models import Controller, Source
from duecause.cli import main
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.apps.evidence.records import (
    attachment_of,
    company,
    hand_out,
    sheets_of,
    signed_in,
    texts_of_page,
)
from tests.support.world import NOW, OPERATOR

pytestmark = [pytest.mark.django_db(databases=["default", "keys"])]
FILTERS = ({}, {"purpose": "phone_sales"}, {"class": "communications"}, {"partner": "CC-A"})
EVIL = ('=HYPERLINK("http://x.example","y")', "@SUM(A1)", "+1+cmd|' /C calc'!A0", '#evil[*x*] "quote" <b>')


@pytest.fixture
def world():
    world = company()
    Field.objects.filter(code="email").update(law_class="communications", perception=4)
    hand_out(world)
    return world


def made(form, by=None, who="operator"):
    return export_record(actor=OPERATOR, by=Filter.read(by or {}), form=form, who=who, now=NOW).content


def words_of(pdf):
    out = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    return re.sub(r"[\s\u00ad-]+", "", out.decode())


def shown(world, by):
    """What the page says, without the moment it was drawn, which its exports say too."""
    page = texts_of_page(signed_in(world).get("/evidence/record/", by).content)
    return {text for text in page if "2026" not in text or len(text) == 64}


@pytest.mark.parametrize("by", FILTERS)
def test_the_workbook_holds_every_text_of_the_filtered_page_and_no_field_more(world, by):
    sheets = sheets_of(made("xlsx", by))
    cells = {
        re.sub(r"\s+", " ", cell) if isinstance(cell, str) else f"{cell:g}"
        for rows in sheets.values()
        for row in rows
        for cell in row
    }
    assert shown(world, by) - cells == set()
    expected = narrowed(assemble(scope_of(""), now=NOW), Filter.read(by)).content
    listed = {row[1] for row in sheets["Fields"][1:]}
    assert listed == {code for one in expected["activities"].values() for code in one["fields"]}


@pytest.mark.parametrize("by", FILTERS)
def test_the_page_that_stands_alone_holds_every_text_of_the_filtered_page(world, by):
    file = made("html", by)
    assert shown(world, by) - texts_of_page(file) == set()
    assert b"<script" not in file and b"http" not in file.replace(b"https://www", b"")


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs pdftotext (Debian: poppler-utils)")
@pytest.mark.parametrize("by", FILTERS)
def test_the_pdf_holds_every_text_of_the_filtered_page(world, by):
    words = words_of(made("pdf", by))
    missing = {text for text in shown(world, by) if re.sub(r"[\s-]+", "", text) not in words}
    assert missing == set()


def test_the_pdf_is_tagged_titled_in_its_language_and_carries_the_json(world):
    with translation.override("pl"):
        pdf, data = made("pdf"), made("json")
    assert b"/MarkInfo<</Marked true" in pdf and b"/StructTreeRoot" in pdf and b"/Lang(pl)" in pdf
    for tag in (b"/S/H1", b"/S/H2", b"/S/Table", b"/S/TH"):
        assert tag in pdf, tag
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf and b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert "Rejestr czynności przetwarzania: Warm NV".encode() in pdf
    assert b"/DisplayDocTitle true" in pdf and b"/AFRelationship/Source" in pdf
    assert attachment_of(pdf) == data


@pytest.mark.parametrize("by", FILTERS)
def test_the_json_equals_the_live_configuration(world, by):
    found = json.loads(made("json", by, who="Lotte"))
    live = narrowed(assemble(scope_of(""), now=NOW), Filter.read(by))
    assert {area: found[area] for area in live.content} == json.loads(json.dumps(live.content))
    assert found["version"] == assemble(scope_of(""), now=NOW).version
    assert found["counted"]["records_per_field"] == {
        code: live.holding(code) for code in live.content["fields"]
    }
    assert found["filter"] == by and found["exported_by"] == "Lotte"


@pytest.mark.parametrize("form", FORMS)
def test_the_same_record_and_moment_give_the_same_bytes(world, form):
    assert made(form) == made(form)


@pytest.mark.parametrize("form", FORMS)
def test_a_download_says_what_it_is_and_is_in_the_ledger(world, form):
    client = signed_in(world)
    answer = client.get("/evidence/record/export/", {"form": form, "class": "communications"})
    assert answer.status_code == 200
    version = assemble(scope_of(""), now=NOW).version
    assert f"{version[:12]}.{form}" in answer["Content-Disposition"]
    (told,) = records_of(list(Event.objects.filter(kind="evidence.exported")))
    assert told["form"] == form and told["filter"] == "class=communications" and told["version"] == version
    assert told["actor"].startswith("employee:")


def test_nothing_runs_when_a_spreadsheet_or_browser_opens_an_export(world):
    for text in EVIL:
        Controller.objects.update(legal_name=text)
        Source.objects.update(name=text)
        assert text in {cell for rows in sheets_of(made("xlsx")).values() for row in rows for cell in row}
        assert text in texts_of_page(made("html")) and b"<b>" not in made("html")
        assert made("pdf").startswith(b"%PDF-1.7")


def test_an_unknown_form_is_refused_and_nothing_is_written_down(world):
    answer = signed_in(world).get("/evidence/record/export/", {"form": "docx"})
    assert answer.status_code == 422 and "xlsx, json, pdf, html" in answer.content.decode()
    assert not Event.objects.filter(kind="evidence.exported").exists()


def test_who_may_not_export_gets_nothing(world):
    with pytest.raises(NotPermitted):
        export_record(actor=world.actor("inbound"), by=Filter(), form="json", who="x", now=NOW)


@pytest.mark.parametrize("language", ["nl", "fr", "pl", "sv", "de"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_made_in_every_language(world, form, language):
    with translation.override(language):
        assert made(form)


def test_a_record_of_long_texts_and_many_fields_is_made(world):
    Source.objects.update(name="Verzekeringsmaatschappij" * 8)
    for number in range(300):
        field = Field.objects.create(
            code=f"field_{number}",
            group="notes",
            compartment="content",
            label={"en": f"Field {number} " * 12},
        )
        field.purposes.add(world.sales)
    assert len(sheets_of(made("xlsx"))["Fields"]) > 300
    assert made("pdf").startswith(b"%PDF")


def test_the_command_writes_a_file_and_refuses_the_past(world, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("duecause.organisation.founding.require_founded", lambda: None)
    out = tmp_path / "record.json"
    with pytest.raises(SystemExit) as done:
        main(["record", "export", "--format", "json", "--controller", "WARM", "--out", str(out)])
    assert not done.value.code and json.loads(out.read_text())["scope"]["controller"] == "WARM"
    with pytest.raises(SystemExit) as refused:
        main(["record", "export", "--on", "2025-01-01", "--out", str(tmp_path / "no.pdf")])
    assert refused.value.code and "signed off" in capsys.readouterr().err
    assert not (tmp_path / "no.pdf").exists()


def test_an_unknown_controller_is_refused_with_those_there_are(world):
    with pytest.raises(Refused, match=r"controller\.WARM"):
        made("json", {"of": "controller.COLD"})
