"""The pages of imports: a file is judged before anything of it is kept; no report shows a value."""

import os
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from duecause.apps.catalogue.models import Field
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Obligation
from duecause.apps.register import spool
from duecause.apps.register.models import ImportBatch, ImportRow, QuarantinedRow, Record, RecordLink
from duecause.apps.register.queries import suggestions
from duecause.apps.vault.models import DataKey
from tests.apps.register.lists import customers, take

LIST = (
    "Voornaam;Naam;GSM;E-mail;Geboortedatum;Straat;Nr;Postcode;Gemeente;Schuld\n"
    "Mila;Żak-Müller;0470 00 00 21;Mila.Zak@Example.org;17/05/1980;Veldstraat;12;9000;Gent;hoog\n"
    "Tom;Noël;475123456.0;;30/11/1975;Meir;3;2000;Antwerpen;laag\n"
    "Ann;Peeters;0470/000.023;;;;;1000;Brussel;\n"
)
SECRETS = (
    "Mila",
    "Żak",
    "Noël",
    "Peeters",
    "0470 00 00 21",
    "470000021",
    "example.org",
    "Veldstraat",
    "hoog",
)
EVERYTHING = (ImportBatch, ImportRow, QuarantinedRow, Record, RecordLink)


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "folder", lambda: tmp_path)


@pytest.fixture
def client(world):
    browser = Client()
    browser.force_login(world.employee("team_lead"))
    return browser


@pytest.fixture
def officer(world):
    browser = Client()
    browser.force_login(world.employee("privacy_officer"))
    return browser


@pytest.fixture
def source(world):
    Field.objects.get_or_create(code="house_number", defaults={"group": "address", "compartment": "identity"})
    return customers(world, code="SHOP", name="Shop customers")


def hand_in(client, source, data=LIST, name="klanten.csv"):
    content = data if isinstance(data, bytes) else data.encode()
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("register:new"), {"source": source.code, "file": file})


def chosen(client, source, data=LIST, name="klanten.csv"):
    """The address of the preview of a file that was handed in."""
    answer = hand_in(client, source, data, name)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def form_of(page):
    """What a browser would send back: the hidden fields and the chosen options of the mapping."""
    columns = re.findall(r'name="column" value="([^"]*)"', page)
    was = re.findall(r'name="was" value="([^"]*)"', page)
    selects = re.findall(r'<select name="field".*?</select>', page, re.DOTALL)
    fields = [(re.findall(r'value="([^"]*)" selected', select) or [""])[0] for select in selects]
    assert len(columns) == len(was) == len(fields)
    return {"column": columns, "was": was, "field": fields, "country": "", "sheet": ""}


def counts():
    return [model.objects.count() for model in EVERYTHING]


def work():
    while runner.run_once("test"):
        pass


def test_each_source_says_what_it_claims_and_whom_its_consent_names(client, world, source):
    page = client.get(reverse("register:new")).content.decode()
    assert "Shop customers" in page and "Contract" in page
    assert "WEB-CALL v4" in page and "names Warm NV" in page
    assert "data-limit" in page


def test_a_text_that_names_others_is_pointed_out_before_the_import(client, world):
    world.wording.controllers.clear()
    assert "rows that rest on it go to quarantine" in client.get(reverse("register:new")).content.decode()


def test_a_preview_shows_how_the_file_is_read_and_keeps_nothing(client, source):
    before = counts()
    page = client.get(chosen(client, source)).content.decode()
    assert counts() == before
    for told in ("semicolon", "utf-8", "row 1", "Recognised by the column before it", "Schuld", "Not kept"):
        assert told in page, told
    assert "Import 3 rows from SHOP" in page
    assert "2 new" in page and "1 refused" in page


def test_a_preview_shows_shapes_and_masks_instead_of_values(client, source):
    page = client.get(chosen(client, source)).content.decode()
    for secret in SECRETS:
        assert secret not in page, secret
    assert "9999 99 99 99" in page and "+32 4•• •• •• 21" in page
    assert "m•••@e•••.org" in page and "1980-••-••" in page
    assert "M." in page and "Gent" in page


def test_a_value_mapped_to_the_wrong_field_is_not_shown_plainly(client, source):
    url = chosen(client, source)
    form = form_of(client.get(url).content.decode())
    fields = dict(zip(form["column"], form["field"], strict=True))
    fields |= {"Gemeente": "", "E-mail": "city", "Schuld": "", "GSM": "product", "Voornaam": "phone"}
    page = client.post(
        f"{url}again/", {**form, "field": [fields[c] for c in form["column"]]}
    ).content.decode()
    for secret in SECRETS:
        assert secret not in page, secret


def test_a_problem_is_told_in_words_with_its_remedy(client, source):
    page = client.get(chosen(client, source)).content.decode()
    assert "Row 3, column GSM" in page
    assert "475123456" not in page


def test_a_changed_mapping_is_read_again_as_a_fragment(client, source):
    url = chosen(client, source)
    form = form_of(client.get(url).content.decode())
    form["field"][form["column"].index("GSM")] = "phone"
    form["field"][form["column"].index("Gemeente")] = ""
    answer = client.post(f"{url}again/", form, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in page
    assert "You chose not to keep it." in page and "Chosen by you" in page
    assert "Gent" not in page


def test_two_columns_for_one_field_are_refused_and_stay_as_chosen(client, source):
    url = chosen(client, source)
    form = form_of(client.get(url).content.decode())
    form["field"][form["column"].index("Schuld")] = "email"
    form["field"][form["column"].index("Gemeente")] = "email"
    answer = client.post(f"{url}again/", form, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "mapped twice" in page
    assert "Import 3 rows" not in page
    again = form_of(page)
    assert again["field"][again["column"].index("Schuld")] == "email"


def test_a_file_whose_columns_say_nothing_can_be_mapped_by_hand(client, source):
    url = chosen(client, source, "a1;b2\nMila;0470000021\n")
    page = client.get(url).content.decode()
    assert "no column can be stored that finds a person again" in page
    assert "Import 1 row" not in page
    form = form_of(page)
    form["field"] = ["first_name", "phone"]
    page = client.post(f"{url}again/", form).content.decode()
    assert "Import 1 row from SHOP" in page


def test_an_import_from_the_browser_runs_once_however_often_it_is_pressed(client, source):
    url = chosen(client, source)
    form = form_of(client.get(url).content.decode())
    first = client.post(f"{url}import/", form)
    second = client.post(f"{url}import/", form)
    assert first["Location"] == second["Location"]
    work()
    assert ImportBatch.objects.count() == 1 and Record.objects.count() == 2
    assert not list(spool.folder().glob("*.sealed"))


def test_two_presses_at_the_same_moment_are_one_import(client, source):
    """Two requests that both read the session before either wrote it."""
    url = chosen(client, source)
    form = form_of(client.get(url).content.decode())
    before = dict(client.session["uploads"])
    first = client.post(f"{url}import/", form)
    session = client.session
    session["uploads"] = before
    session.save()
    second = client.post(f"{url}import/", form)
    assert ImportBatch.objects.count() == 1
    assert second["Location"] in (first["Location"], reverse("register:new"))


def test_what_was_mapped_by_hand_is_what_is_imported(client, source):
    url = chosen(client, source, "a1;b2\nMila;0470000021\n")
    form = form_of(client.get(url).content.decode())
    form["field"] = ["first_name", "phone"]
    client.post(f"{url}import/", form)
    work()
    assert Record.objects.get().fields == ["first_name", "phone"]


def test_the_upload_is_sealed_while_it_waits_and_gone_when_it_is_left(client, source):
    url = chosen(client, source)
    (path,) = spool.folder().glob("*.sealed")
    assert b"Mila" not in path.read_bytes()
    client.post(f"{url}leave/")
    assert not path.exists() and not DataKey.objects.filter(owner=path.stem).exists()
    assert client.get(url).status_code == 404


def test_an_upload_nobody_imports_is_destroyed_after_half_an_hour(client, source):
    url = chosen(client, source)
    (path,) = spool.folder().glob("*.sealed")
    work()
    assert path.exists()
    old = (datetime.now(UTC) - timedelta(minutes=31)).timestamp()
    os.utime(path, (old, old))
    Obligation.objects.filter(kind="register.drop_uploads").delete()
    work()
    assert not path.exists()
    answer = client.get(url, follow=True)
    assert "destroyed after 30 minutes" in answer.content.decode()


def test_another_session_does_not_get_at_an_upload(client, world, source):
    url = chosen(client, source)
    other = Client()
    other.force_login(world.employee("team_lead"))
    assert other.get(url).status_code == 404
    assert other.post(f"{url}import/").status_code == 404
    assert not ImportBatch.objects.exists()


def test_looking_at_an_upload_is_an_event_of_the_person_who_looks(client, source):
    client.get(chosen(client, source))
    assert Event.objects.filter(kind="gate.spool", actor_kind="employee").count() == 1


def test_a_broken_workbook_is_told_on_the_page_and_nothing_is_kept(client, source):
    before = counts()
    answer = hand_in(client, source, b"PK\x03\x04 not a workbook", "klanten.xlsx")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This file cannot be read" in page and "klanten.xlsx" in page
    assert counts() == before and not list(spool.folder().glob("*.sealed"))


def test_a_file_beyond_the_limit_is_refused_with_the_limit(client, source, settings):
    settings.UPLOAD_LIMIT_BYTES = 1_000_000
    answer = hand_in(client, source, b"x" * 1_000_001)
    assert answer.status_code == 413 and not list(spool.folder().glob("*.sealed"))


@pytest.mark.parametrize("missing", ["source", "file"])
def test_a_form_without_source_or_file_says_so(client, source, missing):
    sent = {"source": source.code, "file": SimpleUploadedFile("a.csv", b"tel\n1\n")}
    sent.pop(missing)
    answer = client.post(reverse("register:new"), sent)
    assert answer.status_code == 422 and "Choose" in answer.content.decode()


def test_names_from_a_file_are_text_and_never_markup(client, source):
    hostile = '"<img src=x onerror=alert(1)>";GSM\n"=1+1";0470000021\n'
    url = chosen(client, source, hostile, '"><script>alert(1)</script>.csv')
    page = client.get(url).content.decode()
    assert "<img src=x" not in page and "<script>alert" not in page
    client.post(f"{url}import/", form_of(page))
    work()
    batch = ImportBatch.objects.get()
    for path in (reverse("register:imports"), reverse("register:import_detail", args=[batch.pk])):
        page = client.get(path).content.decode()
        assert "<img src=x" not in page and "<script>alert" not in page


def test_an_import_shows_its_progress_until_it_is_done(client, source):
    url = chosen(client, source)
    answer = client.post(f"{url}import/", form_of(client.get(url).content.decode()))
    page = client.get(answer["Location"]).content.decode()
    batch = ImportBatch.objects.get()
    assert 'max="3"' in page and "every 2s" in page and "You can leave this page" in page
    ImportBatch.objects.update(rows_done=2)
    poll = reverse("register:progress", args=[batch.pk])
    at = int(datetime.now(UTC).timestamp()) - 1
    page = client.get(poll, {"at": at, "rows": 0}).content.decode()
    assert 'value="2"' in page and "rows per second" in page and "left" in page
    ImportBatch.objects.update(rows_done=0)
    work()
    assert client.get(poll)["HX-Refresh"] == "true"


def test_the_report_counts_outcomes_and_says_what_to_do(client, source):
    batch = take(source, LIST)
    page = client.get(reverse("register:import_detail", args=[batch.pk])).content.decode()
    assert "What became of the rows" in page and "Row 3, column GSM" in page
    assert "Schuld" in page and batch.sha256 in page
    for secret in SECRETS:
        assert secret not in page, secret


def test_the_rows_of_a_report_are_filtered_and_exported_alike(client, source):
    batch = take(source, LIST)
    url = reverse("register:import_detail", args=[batch.pk])
    page = client.get(url, {"outcome": "refused"}).content.decode()
    assert f"{reverse('register:rows-csv', args=[batch.pk])}?outcome=refused" in page
    csv = reverse("register:rows-csv", args=[batch.pk])
    everything = b"".join(client.get(csv).streaming_content).decode("utf-8-sig").splitlines()
    refused = b"".join(client.get(csv, {"outcome": "refused"}).streaming_content).decode("utf-8-sig")
    assert len(everything) == 4
    assert len(refused.splitlines()) == 2 and ",refused," in refused
    problem = ImportRow.objects.get(batch=batch, outcome="refused").problems[0]["code"]
    by_code = b"".join(client.get(csv, {"problem": problem}).streaming_content).decode("utf-8-sig")
    assert len(by_code.splitlines()) == 2
    for secret in SECRETS:
        assert secret not in "".join(everything), secret


def test_an_export_runs_nothing_in_a_spreadsheet(client, source):
    batch = take(source, '"=HYPERLINK(1)";GSM\nMila;475123456.0\n', explicit_map={"A": "phone"})
    csv = b"".join(client.get(reverse("register:rows-csv", args=[batch.pk])).streaming_content).decode()
    assert not re.search(r'(^|,)"?[=@]', csv, re.MULTILINE)


def test_the_same_file_again_changes_nothing_and_says_so(client, source):
    for _ in range(2):
        url = chosen(client, source)
        answer = client.post(f"{url}import/", form_of(client.get(url).content.decode()))
        work()
    page = client.get(answer["Location"]).content.decode()
    assert "The same file was imported before: nothing changed" in page
    assert ImportBatch.objects.count() == 1


def test_an_import_that_failed_says_what_was_kept_and_what_to_do(client, source):
    batch = take(source, LIST)
    ImportBatch.objects.update(state="failed", rows_done=2)
    page = client.get(reverse("register:import_detail", args=[batch.pk])).content.decode()
    assert "2 of 3 rows were stored and stay" in page and "Choose the file again" in page


def test_the_list_of_imports_is_filtered_in_its_address(client, world, source):
    take(source, LIST)
    take(customers(world, code="FAIR", name="The fair"), LIST)
    url = reverse("register:imports")
    page = client.get(url, {"source": "FAIR"}).content.decode()
    assert page.count("data-row") == 1
    assert "No import fits this filter" in client.get(url, {"state": "failed"}).content.decode()


def test_the_quarantine_names_reasons_and_days_and_no_content(client, world):
    world.wording.controllers.clear()
    batch = take(world.source, LIST)
    page = client.get(reverse("register:quarantine")).content.decode()
    assert "Consent does not name our company" in page and batch.file_name in page
    for secret in SECRETS:
        assert secret not in page, secret


def suggested(world):
    """Two records with one number and the same name, and no date of birth."""
    take(customers(world, code="ONE"), "Voornaam;Naam;GSM;Gemeente\nMila;Zakova;0470000021;Gent\n")
    take(customers(world, code="TWO"), "Voornaam;Naam;GSM;Gemeente\nMila;Zakova;0470000021;Gent\n")
    return suggestions().get()


def test_a_suggested_link_shows_initials_town_and_evidence_only(officer, world):
    suggested(world)
    page = officer.get(reverse("register:links")).content.decode()
    assert "M. Z." in page and "Gent" in page and "The same telephone number" in page
    for secret in ("Mila", "Zakova", "470000021"):
        assert secret not in page
    assert Event.objects.filter(kind="gate.search").count() == 1


def between(world, one: str, other: str):
    """Two records that share a number, for somebody to decide on."""
    header = "Klantnummer;Voornaam;Naam;GSM;Postcode;Gemeente\n"
    take(customers(world, code="ONE"), header + one)
    take(customers(world, code="TWO"), header + other)
    return suggestions().get()


def differences(page: str) -> list[list[str]]:
    """The cells of each row of the comparison."""
    table = re.search(r"What differs.*?</table>", page, re.S)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table[0], re.S) if table else []
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.split(r"</t[hd]>", row)[:-1]]
        for row in rows
    ]


def test_what_differs_stands_side_by_side_and_says_how(officer, world):
    between(
        world,
        "K1;Anaïs;Zakova;0470000021;9000;Gent\n",
        "K2;Anais;Zakova;0470000021;9040;\n",
    )
    rows = differences(officer.get(reverse("register:links")).content.decode())
    assert {(field, a, b): how for field, a, b, how in rows} == {
        ("customer_no", "K1", "K2"): "Different",
        ("first_name", "Anaïs", "Anais"): "Spelled otherwise",
        ("postcode", "9000", "9040"): "Different",
        ("city", "Gent", "–"): "Only one has it",
    }


def test_what_both_say_is_named_and_not_shown(officer, world):
    row = "K1;Mila;Zakova;0470000021;9000;Gent\n"
    between(world, row, row.replace("K1", "K2"))
    page = officer.get(reverse("register:links")).content.decode()
    assert "The same in both, so not shown: first_name, last_name" in page
    for secret in ("Mila", "Zakova", "9000", "470000021"):
        assert secret not in page


@pytest.mark.parametrize(("answer", "state"), [("same", "linked"), ("different", "rejected")])
def test_a_link_is_decided_and_the_decision_can_be_taken_back(officer, world, answer, state):
    link = suggested(world)
    url = reverse("register:decide-link", args=[link.pk])
    page = officer.post(url, {"answer": answer}, headers={"HX-Request": "true"}).content.decode()
    link.refresh_from_db()
    assert link.state == state
    assert Record.objects.values("person").distinct().count() == (1 if answer == "same" else 2)
    assert "Undo" in page and "Nothing to decide" in page
    page = officer.post(reverse("register:undo-link", args=[link.pk])).content.decode()
    link.refresh_from_db()
    assert link.state == "suggested" and "M. Z." in page
    assert Record.objects.values("person").distinct().count() == 2


def test_a_link_put_off_waits_behind_the_others(officer, world):
    first = suggested(world)
    page = officer.get(reverse("register:links"), {"skip": str(first.pk)}).content.decode()
    assert "The same telephone number" in page


def test_undo_leaves_what_a_rule_decided(officer, world):
    text = "Voornaam;Naam;GSM;Geboortedatum\nMila;Zakova;0470000021;17/05/1980\n"
    take(customers(world, code="ONE"), text)
    take(customers(world, code="TWO"), text)
    link = RecordLink.objects.get(state="linked")
    officer.post(reverse("register:undo-link", args=[link.pk]))
    link.refresh_from_db()
    assert link.state == "linked"


@pytest.mark.parametrize("name", ["imports", "quarantine", "new", "links"])
def test_a_profile_without_the_function_is_refused_and_alarmed(world, name):
    browser = Client()
    browser.force_login(world.employee("inbound"))
    answer = browser.get(reverse(f"register:{name}"))
    assert answer.status_code == 403
    assert Alarm.objects.get().kind == "function"


def test_the_totals_stand_above_the_imports(client, world):
    world.wording.controllers.clear()
    take(world.source, LIST)
    page = client.get(reverse("register:imports")).content.decode()
    assert "Rows in quarantine" in page and "The first are deleted on" in page


def test_a_workbook_with_different_sheets_is_mapped_by_header(client, source):
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in (
        ("A", [["tel", "x1"], ["0470000021", "q"]]),
        ("B", [["mail", "y1"], ["a@example.org", "r"]]),
    ):
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    book.close()
    url = chosen(client, source, buffer.getvalue(), "twee.xlsx")
    page = client.get(url).content.decode()
    form = form_of(page)
    assert form["column"] == ["tel", "x1", "mail", "y1"] and "All sheets" in page
    form["field"][3] = "city"
    page = client.post(f"{url}again/", form).content.decode()
    assert "Import 2 rows" in page and "Chosen by you" in page
    client.post(f"{url}import/", form)
    work()
    assert ImportBatch.objects.get().counts == {"stored": 2}
