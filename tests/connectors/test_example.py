"""The example of three stores, carried out on PostgreSQL, MariaDB and SQLite together."""

import json
from pathlib import Path

import pytest

from tests.support import stores

MILA = (
    "mila@example.org",
    "Mila",
    "BE68539007547034",
    "0032470000021",
    "+32470000021",
    "Mimi",
    "mila.old@example.org",
)
EVERYTHING = {
    "billing": [
        "customer",
        "profile",
        "meter",
        "meter_reading",
        "invoice_line",
        "bank_account",
        "mandate",
        "newsletter",
    ],
    "crm": ["contact", "account", "message", "attachment", "complaint", "survey_answer"],
    "dialler": ["lead_person", "calls", "recording", "call_note", "callback", "voicemail"],
}


FOUND = {
    "address": 2,
    "contract": 2,
    "product": 2,
    "meter_reading": 2,
    "invoice": 3,
    "invoice_line": 4,
    "ticket": 3,
    "message": 2,
    "ticket_tag": 2,
    "tag": 2,
    "calls": 2,
    "outcome": 2,
    "recording": 2,
} | dict.fromkeys(
    [
        "customer",
        "profile",
        "meter",
        "bank_account",
        "mandate",
        "newsletter",
        "contact",
        "account",
        "attachment",
        "complaint",
        "consent",
        "survey_answer",
        "lead_person",
        "list_entry",
        "call_list",
        "call_note",
        "callback",
        "voicemail",
        "do_not_call",
    ],
    1,
)


@pytest.fixture
def three(servers, tmp_path: Path) -> stores.Example:
    return stores.example(servers, tmp_path / "three")


def counts(plan) -> dict[str, int]:
    return {each["collection"]: each["rows"] for each in plan["collections"] if each["rows"]}


def test_access_finds_the_person_in_three_databases_and_tells_what_where_from_and_why(three):
    outcome = three.run("access")
    told = three.told("access", "access.json")
    by_name = {each["collection"]: each for each in told["collections"]}
    assert outcome.complete, outcome.reasons
    assert counts(three.told("access", "plan.json")) == FOUND
    assert by_name["customer"]["rows"][0]["email"] == "mila@example.org"
    assert by_name["profile"]["rows"][0]["settings.contact.phones"] == ["+32470000021", "+3292000021"]
    consent = by_name["do_not_call"]["fields"][0]
    assert (consent["purpose"], consent["source"]) == ("not to call you again", "the supplier's list")
    page = (three.folder / "R-2026-access/access.html").read_text()
    assert "<h1>Uw gegevens</h1>" in page and "Waar vandaan" in page and "u gaf het ons" in page
    assert "Ada" not in page and "ada@example.net" not in json.dumps(told)


def test_erasure_changes_every_field_and_reads_it_back_everywhere(three):
    outcome = three.run("erasure")
    assert outcome.complete, outcome.reasons
    for store, tables in EVERYTHING.items():
        for table in tables:
            left = str(three.rows(store, f"SELECT * FROM {table}"))
            assert not [word for word in MILA if word in left], (table, left)
    receipts = {name: three.told("erasure", f"receipts/{name}.json") for name in stores.STORES}
    assert {name: each["state"] for name, each in receipts.items()} == dict.fromkeys(
        stores.STORES, "verified"
    )
    assert all(each["unproven"] == 0 for one in receipts.values() for each in one["operations"])
    certificate = three.told("erasure", "certificate.json")
    assert certificate["state"] == "complete" and certificate["key_destroyed"]
    assert not (three.folder / "R-2026-erasure/work.json").exists()


def test_what_the_law_keeps_stays_with_its_reason_and_everybody_else_is_untouched(three):
    before = {
        (store, table): three.rows(store, f"SELECT * FROM {table}")
        for store, tables in {**EVERYTHING, "billing": [*EVERYTHING["billing"], "invoice", "address"]}.items()
        for table in tables
    }
    three.run("erasure")
    invoices = dict(three.rows("billing", "SELECT id, addressee FROM invoice"))
    assert invoices == {101: None, 102: "Mila Peeters", 103: None, 104: "Ada Dubois"}
    kept = {(each["collection"], each["field"]): each for each in three.told("erasure", "plan.json")["kept"]}
    assert (
        kept["invoice", "addressee"]["until"] == "2033-02-01"
        and "III.86" in kept["invoice", "addressee"]["law"]
    )
    assert kept["do_not_call", "phone"]["why"] == "map"
    for (store, table), was in before.items():
        others = [
            row
            for row in was
            if any(name in str(row) for name in ("Ada", "ada", "Tom", "Dubois", "M-77-0013"))
        ]
        assert set(map(str, others)) <= set(map(str, three.rows(store, f"SELECT * FROM {table}"))), table
    assert three.rows("crm", "SELECT caller_name, second_name, contact_id FROM ticket WHERE id = 603") == [
        (None, "Tom", None)
    ]


def test_pseudonyms_and_fakes_have_the_form_of_what_they_replace(three):
    three.run("erasure")
    ((number, email, born, last),) = three.rows(
        "billing", "SELECT customer_no, email, birth_date, last_name FROM customer WHERE id = 1"
    )
    assert len(number) == 20 and number != "C-1001"
    assert email.endswith("@erased.invalid") and str(born) == "1980-01-01" and last == "erased"
    ((phone, born),) = three.rows("dialler", "SELECT phone, birth_date FROM lead_person WHERE id = 41")
    assert phone.startswith("+999") and born == "1980-01-01"
    ((settings,),) = three.rows("billing", "SELECT settings FROM profile WHERE customer_id = 1")
    assert json.loads(settings) == {"language": "nl", "contact": {"nickname": None, "phones": [None, None]}}
    assert three.rows("crm", "SELECT postcode FROM survey_answer WHERE id = 961") == [("90",)]


def test_a_correction_reaches_every_store_that_held_the_wrong_value(three):
    outcome = three.run("rectification")
    assert outcome.complete, outcome.reasons
    assert three.rows("billing", "SELECT last_name FROM customer ORDER BY id")[:2] == [
        ("Peeters-Claes",),
        ("Peeters",),
    ]
    assert three.rows("dialler", "SELECT last_name FROM lead_person WHERE id = 41") == [("Peeters-Claes",)]
    assert three.rows("crm", "SELECT email FROM contact WHERE id = 501") == [("mila@example.org",)]


def test_portability_gives_what_the_person_gave_and_nothing_more(three):
    assert three.run("portability").complete
    names = {each["collection"] for each in three.told("portability", "portability.json")["collections"]}
    assert {"customer", "bank_account", "newsletter"} <= names
    assert not names & {"calls", "recording", "do_not_call"}, "not given by the person, or on another ground"


def test_a_person_who_is_not_there_gets_an_answer_that_says_so(three):
    assert three.run(stores.request("access", email="nobody@example.org", id="R-2026-access")).complete
    assert "We found nothing about you" in (three.folder / "R-2026-access/access.html").read_text()
