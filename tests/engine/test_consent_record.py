"""The strict check of a consent record names what is missing, what does not belong and what is wrong."""

import copy
import hashlib
from pathlib import Path

import pytest

from duecause.engine.consent_record import FIELDS, check, check_receipt

TEXT = "Mag Warm NV u bellen?"
CONTROLLER = {"party_id": "WARM", "name": "Warm NV", "role": "pii_controller", "country": "BE"}
PERSON = "0190c3a0-0000-7000-8000-000000000001"
RECORD = {
    "schema_version": "ISO/IEC TS 27560:2023",
    "record_id": "0190c3a0-0000-7000-8000-000000000002",
    "pii_principal_id": PERSON,
    "notice": [
        {
            "id": "DESK-CALL",
            "version": "v1",
            "language": "nl",
            "text": TEXT,
            "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        }
    ],
    "purposes": [
        {
            "purpose": "Sales by telephone",
            "purpose_type": "https://w3id.org/dpv#DirectMarketing",
            "legal_basis": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
            "personal_data": [{"type": "Telephone", "category": "ordinary", "special": False}],
            "collection_method": "in a telephone call",
            "storage": [{"location": "BE", "retention": "P24M"}],
            "processing_locations": ["BE"],
            "recipients": ["WARM"],
            "withdrawal_methods": ["Say so."],
            "rights": ["https://w3id.org/dpv/legal/eu/gdpr#A7-3"],
            "jurisdictions": ["BE"],
        }
    ],
    "pii_controllers": ["WARM"],
    "parties": [CONTROLLER],
    "events": [
        {
            "event_id": "0190c3a0-0000-7000-8000-000000000002",
            "event_time": "2026-11-02T10:00:00+00:00",
            "recorded_time": "2026-11-02T10:00:00+00:00",
            "entity_id": PERSON,
            "event_type": "expressed",
            "event_state": "given",
        }
    ],
    "contact_centre": {"channel": "call", "proof_kept_until": "2031-11-02", "recorded_by": ["employee:1"]},
}


def test_a_whole_record_is_one():
    assert check(RECORD) == []


def _set(path, value):
    def change(record):
        *way, last = path
        for step in way:
            record = record[step]
        if value is None:
            del record[last]
        else:
            record[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_set(["record_id"], None), "record_id: is missing"),
        (_set(["note"], "x"), "note: is not a field of the table"),
        (_set(["notice"], []), "notice: at least one is expected"),
        (_set(["notice", 0, "text"], "Another text"), "notice.sha256: is not the hash of the text"),
        (_set(["notice", 0, "language"], "Dutch"), "notice.language: is no language"),
        (_set(["purposes", 0, "recipients"], ["NOBODY"]), "purposes.recipients: NOBODY is not among"),
        (_set(["purposes", 0, "purpose_type"], "marketing"), "purposes.purpose_type: is no iri"),
        (_set(["purposes", 0, "withdrawal_methods"], []), "purposes.withdrawal_methods: at least one"),
        (_set(["pii_controllers"], ["CC-A"]), "parties: CC-A is no pii_controller"),
        (_set(["events", 0, "event_time"], "2026-11-02T10:00:00"), "events.event_time: is no moment"),
        (_set(["events", 0, "event_state"], "maybe"), "events.event_state: is no state"),
        (_set(["events", 0, "entity_id"], "employee:1"), "events.entity_id: is neither"),
        (_set(["events", 0, "recorded_time"], "2026-11-01T10:00:00+00:00"), "lies before the event"),
        (_set(["contact_centre", "proof_kept_until"], None), "contact_centre.proof_kept_until: is missing"),
    ],
)
def test_each_fault_is_named(change, fault):
    record = copy.deepcopy(RECORD)
    change(record)
    assert any(fault in each for each in check(record)), check(record)


def test_a_receipt_that_names_who_recorded_it_is_none():
    receipt = {
        "receipt": {
            "schema_version": "duecause.consent_receipt/1",
            "receipt_id": PERSON,
            "issued_at": "2026-11-02T10:00:00+00:00",
            "language": "nl",
            "text_version": "consent 1 (nl)",
        },
        "record": copy.deepcopy(RECORD),
    }
    assert check_receipt(receipt) == ["record.contact_centre.recorded_by: is not a field of the table"]
    del receipt["record"]["contact_centre"]["recorded_by"]
    assert check_receipt(receipt) == []


def test_the_documentation_shows_the_same_table():
    lines = (Path(__file__).parents[2] / "docs" / "consents.md").read_text().splitlines()
    shown = [
        tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in lines if "| `" in line
    ]
    assert [row[:3] for row in shown] == [(f.path, f.cardinality, f.comes_from) for f in FIELDS]
