"""Ways in which carrying out a request goes wrong elsewhere; each is closed, and named as it is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from duecause.engine.problems import Refused
from tests.support import stores
from tests.support.stores import Example, request

CUSTOMER = "SELECT email, first_name FROM customer WHERE id = 1"


def codes(outcome) -> set[str]:
    return {each["code"] for each in outcome.reasons}


def with_maps(example: Example, store: str, was: str, becomes: str) -> None:
    """The example with another line in one of its maps."""
    folder = example.folder / "maps"
    if not folder.exists():
        folder.mkdir()
        for path in stores.EXAMPLE.glob("*.yaml"):
            shutil.copy(path, folder)
        example.config = folder / "stores.yaml"
    path = folder / f"{store}.yaml"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes))


def know_trigger(example: Example, name: str) -> None:
    """Somebody looked at the trigger and says so in the map."""
    said = "        description: Complaints\n"
    with_maps(example, "crm", said, f"{said}        duecause: {{triggers: [{name}]}}\n")


def test_silent_under_erasure_no_field_needs_a_declared_type_to_be_erased(example: Example):
    assert "data_type" not in "".join(path.read_text() for path in stores.EXAMPLE.glob("*.yaml"))
    assert example.run("erasure").complete
    assert example.rows("billing", "SELECT iban, holder FROM bank_account WHERE id = 21") == [(None, None)]


def test_collateral_erasure_a_row_that_another_person_holds_is_unlinked_and_stays(example: Example):
    example.run("erasure")
    home = [("Kerkstraat", "12", "9000", "Gent")]
    assert (
        example.rows("billing", "SELECT street, house_number, postcode, city FROM address WHERE id = 1")
        == home
    )
    assert example.rows("billing", "SELECT id, address_id FROM customer ORDER BY id")[:2] == [
        (1, None),
        (2, 1),
    ]
    kept = example.told("erasure", "plan.json")["kept"]
    assert [each["rows"] for each in kept if (each["collection"], each["why"]) == ("address", "shared")] == [
        2
    ]


def test_a_row_that_nobody_else_holds_is_erased(example: Example):
    example.execute("billing", "UPDATE customer SET address_id = 3 WHERE id = 2")
    example.run("erasure")
    found = example.rows("billing", "SELECT street, postcode FROM address WHERE id = 1")
    assert found == [(None, "90")], "of a home that is hers alone the area stays"


def test_another_persons_address_is_not_told_in_an_access(example: Example):
    example.run("access")
    told = {each["collection"]: each["rows"] for each in example.told("access", "access.json")["collections"]}
    street = {row["id"]: row.get("street") for row in told["address"]}
    assert street == {1: "Kerkstraat", 2: None}, "her own home is told though her husband lives there"
    assert "street" in next(row["withheld"] for row in told["address"] if row["id"] == 2)


def test_half_done_erasure_nothing_is_committed_where_one_store_refuses(example: Example):
    trigger = "BEFORE UPDATE ON complaint BEGIN SELECT RAISE(ABORT, 'no'); END"
    example.execute("crm", f"CREATE TRIGGER refuses {trigger}")
    know_trigger(example, "refuses")
    outcome = example.run("erasure")
    assert not outcome.complete and codes(outcome) == {"rejected"}
    assert example.rows("billing", CUSTOMER) == [("mila@example.org", "Mila")]
    assert example.rows("dialler", "SELECT first_name FROM lead_person WHERE id = 41") == [("Mila",)]
    example.execute("crm", "DROP TRIGGER refuses")
    assert example.run("erasure").complete


def test_what_stands_in_the_way_is_in_the_plan_before_anything_changes(example: Example):
    example.execute("dialler", "CREATE TRIGGER copies AFTER UPDATE ON callback BEGIN SELECT 1; END")
    with_maps(example, "dialler", ", duecause: {strategy: keep}", "")
    outcome = example.run("erasure")
    assert codes(outcome) == {"blocked_primary_key", "blocked_trigger"}
    blocked = {
        (each["collection"], each["code"]) for each in example.told("erasure", "plan.json")["blockers"]
    }
    assert blocked == {("do_not_call", "primary_key"), ("callback", "trigger")}
    assert example.rows("billing", CUSTOMER) == [("mila@example.org", "Mila")]


def test_cycles_and_self_references_are_followed_to_their_end(example: Example):
    third = "(605, NULL, NULL, 602, 1, '2025-07-01', 'Mila', NULL, 'Third time')"
    example.execute("crm", f"INSERT INTO ticket VALUES {third}")
    example.execute("crm", "UPDATE ticket SET parent_id = 605 WHERE id = 601")
    assert example.run("erasure").complete
    assert example.rows("crm", "SELECT caller_name FROM ticket WHERE id IN (601, 602, 605)") == [(None,)] * 3


def test_unverified_second_identity_is_not_used(example: Example):
    identities = [
        {"kind": "email", "value": "mila@example.org", "verified": "code"},
        {"kind": "email", "value": "ada@example.net", "verified": False},
    ]
    example.run({**request("access"), "identities": identities})
    assert "Dubois" not in (example.folder / "R-2026-access/access.json").read_text()
    used = [each["used"] for each in example.told("access", "plan.json")["identities"]]
    assert used == [True, False]


def test_an_identity_that_a_verified_one_leads_to_is_used(example: Example):
    example.run("access")
    told = example.told("access", "access.json")["collections"]
    (heard,) = next(each["rows"] for each in told if each["collection"] == "voicemail")
    assert heard["from_phone"] == "+32470000021"


def test_nobody_is_searched_by_unverified_identities_alone(example: Example):
    identity = {"kind": "email", "value": "mila@example.org", "verified": False}
    with pytest.raises(Refused, match="none is verified"):
        example.run({**request("access"), "identities": [identity]})


def test_over_reach_an_undirected_reference_is_never_followed_back(example: Example):
    undirected = "{dataset: billing, field: address.id}"
    with_maps(example, "billing", "{dataset: billing, field: address.id, direction: to}", undirected)
    example.run("access")
    plan = example.told("access", "plan.json")
    rows = {each["collection"]: each["rows"] for each in plan["collections"] if each["dataset"] == "billing"}
    assert (rows["customer"], rows["address"]) == (1, 2)
    assert plan["undirected"][0].startswith("billing.yaml, line")


def test_over_reach_a_row_of_another_person_is_left_where_a_link_leads_to_it(example: Example):
    example.run("erasure")
    left = {
        each["collection"]: each["rows"] for each in example.told("erasure", "plan.json")["belongs_to_others"]
    }
    assert left == {"customer": 1, "ticket": 1}, "Tom, whom she recommended us to, and Ada's merged ticket"
    assert example.rows("crm", "SELECT caller_name FROM ticket WHERE id = 604") == [("Ada",)]
    assert example.rows("crm", "SELECT body FROM message WHERE id = 703") == [("Hello, Ada here",)]


def test_fields_that_were_skipped_are_not_counted_as_erased(example: Example):
    example.run("erasure")
    told = example.told("erasure", "verify.json")["stores"]["billing"]["operations"]
    invoices = [each for each in told if each["collection"] == "invoice" and "addressee" in each["fields"]]
    assert sum(each["rows"] for each in invoices) == 2, "the third is kept by law"


def test_what_was_not_changed_after_all_is_found_by_reading_back(example: Example):
    restores = "UPDATE complaint SET complaint = OLD.complaint WHERE id = OLD.id"
    example.execute("crm", f"CREATE TRIGGER restores AFTER UPDATE ON complaint BEGIN {restores}; END")
    know_trigger(example, "restores")
    outcome = example.run("erasure")
    assert codes(outcome) == {"unproven"}
    assert example.told("erasure", "certificate.json")["state"] == "incomplete"


def test_a_row_that_came_while_the_request_ran_is_found_again(example: Example):
    def at(point: str) -> None:
        if point == "committed:billing":
            example.execute(
                "billing", "INSERT INTO newsletter VALUES ('mila@example.org', '2026-11-28', 'fair')"
            )

    assert codes(example.run("erasure", at=at)) == {"found_again"}
    assert example.run("erasure").complete
    assert example.rows("billing", "SELECT email FROM newsletter") == [("ada@example.net",)]


def test_one_system_down_never_stops_the_others_and_is_caught_up_with(example: Example):
    path = example.folder / "dialler.sqlite"
    path.rename(example.folder / "away")
    outcome = example.run("erasure")
    assert codes(outcome) == {"unreachable"}
    assert example.rows("billing", "SELECT first_name FROM customer WHERE id = 1") == [(None,)]
    assert example.told("erasure", "receipts/dialler.json")["state"] == "unreachable"
    (example.folder / "away").rename(path)
    assert example.run("erasure").complete, "though nothing in the other stores leads there any more"
    assert example.rows("dialler", "SELECT first_name, customer_no FROM lead_person WHERE id = 41") == [
        (None, None)
    ]


def test_schema_changed_between_plan_and_apply_is_planned_again(example: Example):
    seen: list[str] = []

    def at(point: str) -> None:
        seen.append(point)
        if point == "planned" and seen.count(point) == 1:
            example.execute("billing", "ALTER TABLE bank_account ADD COLUMN bic VARCHAR(11)")

    assert example.run("erasure", at=at).complete
    assert seen.count("planned") == 2


def test_a_plan_that_is_not_the_approved_one_changes_nothing(example: Example):
    planned = example.run("erasure", plan_only=True)
    example.execute("crm", "INSERT INTO complaint VALUES (903, 501, '2026-11-27', 'And another')")
    assert codes(example.run("erasure", approved=planned.plan)) == {"plan_changed"}
    assert example.rows("billing", CUSTOMER) == [("mila@example.org", "Mila")]
    again = example.run("erasure", plan_only=True)
    assert example.run("erasure", approved=again.plan).complete


def test_not_null_unique_e_mail_gets_a_value_of_its_own_that_nobody_owns(example: Example):
    example.run("erasure")
    example.run(request("erasure", email="ada@example.net", id="R-2026-ada"))
    found = [row[0] for row in example.rows("billing", "SELECT email FROM customer WHERE id IN (1, 3)")]
    assert len(set(found)) == 2 and all(each.endswith("@erased.invalid") for each in found)


def test_a_ticket_that_names_two_customers_keeps_what_is_about_the_other(example: Example):
    example.run("erasure")
    query = (
        "SELECT contact_id, second_contact_id, caller_name, second_name, subject FROM ticket WHERE id = 603"
    )
    assert example.rows("crm", query) == [(None, 502, None, "Tom", None)]


def test_a_ticket_that_does_not_say_whom_its_text_is_about_waits_for_a_human(example: Example):
    with_maps(example, "crm", "{free_text: true, about: contact_id}", "{free_text: true}")
    outcome = example.run("erasure")
    assert codes(outcome) == {"names_several_persons"}
    assert example.rows("crm", "SELECT subject FROM ticket WHERE id = 603") == [("Move of contract",)]
    assert example.rows("crm", "SELECT subject FROM ticket WHERE id = 601") == [(None,)]


def test_a_hold_keeps_its_fields_until_its_day_and_then_they_go(example: Example):
    hold = {"categories": ["user.financial"], "until": "2027-01-01", "law": "GDPR Art. 17(3)(e): a claim"}
    asked = request("erasure", holds=[hold])
    assert example.run(asked).complete
    assert example.rows("billing", "SELECT iban, holder FROM bank_account WHERE id = 21") == [
        ("BE68539007547034", None)
    ]
    kept = [each for each in example.told("erasure", "plan.json")["kept"] if each["why"] == "hold"]
    assert {each["until"] for each in kept} == {"2027-01-01"}


def test_categories_match_by_their_segments(example: Example):
    with_maps(
        example, "billing", "data_categories: [user.device]", "data_categories: [user.device.cookie_id]"
    )
    assert example.run(request("erasure", categories=["user.device.cookie"])).complete
    assert example.rows("billing", "SELECT serial FROM meter WHERE contract_id = 11") == [("M-77-0011",)]


def test_a_collection_that_nothing_leads_to_is_said_and_makes_the_request_incomplete(example: Example):
    with_maps(
        example,
        "dialler",
        "fides_meta: {references: [{dataset: dialler, field: calls.id, direction: from}]}",
        "fides_meta: {}",
    )
    outcome = example.run("access")
    assert {each["collection"] for each in outcome.reasons if each["code"] == "no_link"} == {
        "recording",
        "call_note",
    }


def test_nothing_of_the_person_stands_in_plan_receipts_and_certificate(example: Example):
    example.run("erasure")
    folder: Path = example.folder / "R-2026-erasure"
    told = "".join(path.read_text() for path in folder.rglob("*.json"))
    assert not [word for word in ("mila", "Mila", "Peeters", "C-1001", "470000021", "BE685") if word in told]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))


def test_the_same_request_twice_is_done_once(example: Example):
    example.run("erasure")
    state = {
        name: example.rows(name, "SELECT * FROM " + table)
        for name, table in (("billing", "customer"), ("crm", "ticket"))
    }
    assert example.run("erasure").complete
    assert state == {
        "billing": example.rows("billing", "SELECT * FROM customer"),
        "crm": example.rows("crm", "SELECT * FROM ticket"),
    }
    assert json.loads((example.folder / "R-2026-erasure/outcome.json").read_text())["done"]


def test_a_folder_belongs_to_one_request(example: Example):
    example.run("access", out="same")
    with pytest.raises(Refused, match="another request"):
        example.run("erasure", out="same")
