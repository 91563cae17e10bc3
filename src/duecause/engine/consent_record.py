"""The consent record and receipt of ISO/IEC TS 27560:2023 as a table of fields, with a strict check.

The table is the field set that the W3C DPV guide to 27560 gives openly, with what a contact centre adds under
`contact_centre`. A key that is not in the table fails as much as one that is missing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from duecause.engine.consents import STATES

SCHEMA = "ISO/IEC TS 27560:2023"
RECEIPT = "duecause.consent_receipt/1"
EVENT_TYPES = ("explicit", "expressed", "notice_continued", "none")
ROLES = ("pii_controller", "recipient", "authority")
ONE, MAYBE, SOME, ANY = "1", "0..1", "1..n", "0..n"


@dataclass(frozen=True, slots=True)
class Field:
    """`path` with dots; `comes_from` names our row, or the setting where it is configuration."""

    path: str
    cardinality: str
    kind: str
    comes_from: str


# The one table: docs/consents.md shows it, a test keeps the two in step, `check` enforces it.
FIELDS = (
    Field("schema_version", ONE, "schema", "constant"),
    Field("record_id", ONE, "uuid", "first ConsentEvent, or row of the list"),
    Field("pii_principal_id", ONE, "uuid", "Person"),
    Field("notice", SOME, "object", "Wording"),
    Field("notice.id", ONE, "text", "Wording.code"),
    Field("notice.version", ONE, "text", "Wording.version"),
    Field("notice.language", ONE, "language", "Wording.language"),
    Field("notice.text", ONE, "text", "Wording.text"),
    Field("notice.sha256", ONE, "sha256", "of Wording.text"),
    Field("notice.privacy_notice", MAYBE, "text", "Controller.privacy_url"),
    Field("purposes", SOME, "object", "Purpose"),
    Field("purposes.purpose", ONE, "text", "Purpose.name"),
    Field("purposes.purpose_type", ONE, "iri", "packs/dpv.yaml"),
    Field("purposes.legal_basis", ONE, "iri", "packs/dpv.yaml"),
    Field("purposes.personal_data", SOME, "object", "catalogue Field"),
    Field("purposes.personal_data.type", ONE, "text", "Field.label"),
    Field("purposes.personal_data.category", ONE, "text", "Field.law_class"),
    Field("purposes.personal_data.special", ONE, "flag", "Field.law_class"),
    Field("purposes.collection_method", ONE, "text", "ConsentEvent.how, or Source.say"),
    Field("purposes.processing", ANY, "text", "packs/texts"),
    Field("purposes.storage", SOME, "object", "Controller, Purpose"),
    Field("purposes.storage.location", ONE, "country", "Controller.country"),
    Field("purposes.storage.retention", ONE, "duration", "RetentionRule.months"),
    Field("purposes.processing_locations", SOME, "country", "Controller and recipients"),
    Field("purposes.geographic_restrictions", ANY, "text", "not set"),
    Field("purposes.recipients", SOME, "party", "Partner that the gate lets through"),
    Field("purposes.withdrawal_methods", SOME, "text", "packs/texts"),
    Field("purposes.rights", SOME, "iri", "packs/dpv.yaml"),
    Field("purposes.jurisdictions", SOME, "country", "ConsentEvent.country, Controller.country"),
    Field("pii_controllers", SOME, "party", "Wording.controllers"),
    Field("parties", SOME, "object", "Controller, Partner, packs/law/consents.yaml"),
    Field("parties.party_id", ONE, "text", "code"),
    Field("parties.name", ONE, "text", "legal name"),
    Field("parties.role", ONE, "role", "which table it is from"),
    Field("parties.country", ONE, "country", "country"),
    Field("parties.url", MAYBE, "text", "Controller.privacy_url, authority"),
    Field("authority", ANY, "party", "packs/law/consents.yaml"),
    Field("codes_of_conduct", ANY, "text", "not set"),
    Field("impact_assessments", ANY, "text", "not set"),
    Field("events", SOME, "object", "ConsentEvent, or row of the list"),
    Field("events.event_id", ONE, "uuid", "ConsentEvent.id"),
    Field("events.event_time", ONE, "moment", "ConsentEvent.at"),
    Field("events.recorded_time", ONE, "moment", "ConsentEvent.recorded_at"),
    Field("events.valid_until", MAYBE, "day", "ConsentEvent.valid_to"),
    Field("events.entity_id", ONE, "entity", "who said it: the principal or the controller"),
    Field("events.event_type", ONE, "event_type", "ConsentEvent.act"),
    Field("events.event_state", ONE, "state", "ConsentEvent.state"),
    Field("events.notice", MAYBE, "text", "ConsentEvent.wording"),
    Field("contact_centre", ONE, "object", "extras"),
    Field("contact_centre.channel", ONE, "text", "ConsentEvent.channel"),
    Field("contact_centre.evidence_count", MAYBE, "number", "sealed pointers, never their content"),
    Field("contact_centre.proof_kept_until", ONE, "day", "packs/law/consents.yaml"),
    Field("contact_centre.recorded_by", ANY, "text", "ConsentEvent.actor"),
)
# What a receipt leaves out: it goes to the person, and names nobody else.
NOT_IN_RECEIPTS = frozenset({"contact_centre.recorded_by", "contact_centre.evidence_count"})
RECEIPT_FIELDS = (
    Field("schema_version", ONE, "receipt_schema", "constant"),
    Field("receipt_id", ONE, "uuid", "ledger event of the receipt"),
    Field("issued_at", ONE, "moment", "when it was made"),
    Field("language", ONE, "language", "Person.language"),
    Field("text_version", ONE, "text", "packs/texts"),
)

_IRI = re.compile(r"https://w3id\.org/dpv(/[a-z/]+)?#[A-Za-z0-9-]+")


def check(record: Any) -> list[str]:
    """What is wrong with a record, one sentence per fault with its path; empty: it is one."""
    return [*_against(record, FIELDS), *_relations(record)]


def check_receipt(receipt: Any) -> list[str]:
    """As `check`, for {"receipt": …, "record": …}, which holds nothing that is not the person's."""
    if not isinstance(receipt, dict) or set(receipt) != {"receipt", "record"}:
        return ["a receipt has exactly “receipt” and “record”"]
    fields = tuple(field for field in FIELDS if field.path not in NOT_IN_RECEIPTS)
    return [
        *(f"receipt.{fault}" for fault in _against(receipt["receipt"], RECEIPT_FIELDS)),
        *(f"record.{fault}" for fault in _against(receipt["record"], fields)),
        *(f"record.{fault}" for fault in _relations(receipt["record"])),
    ]


def _against(document: Any, fields: Sequence[Field], prefix: str = "") -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"{prefix or 'record'}: an object is expected"
        return
    here = {
        field.path.removeprefix(prefix): field
        for field in fields
        if field.path.startswith(prefix) and "." not in field.path.removeprefix(prefix)
    }
    for unknown in sorted(set(document) - set(here)):
        yield f"{prefix}{unknown}: is not a field of the table"
    for name, field in here.items():
        if name not in document:
            if field.cardinality in (ONE, SOME):
                yield f"{field.path}: is missing"
            continue
        yield from _value(document[name], field, fields)


def _value(value: Any, field: Field, fields: Sequence[Field]) -> Iterator[str]:
    many = field.cardinality in (SOME, ANY)
    if many and not isinstance(value, list):
        yield f"{field.path}: a list is expected"
        return
    if field.cardinality == SOME and not value:
        yield f"{field.path}: at least one is expected"
    for each in value if many else [value]:
        if field.kind == "object":
            yield from _against(each, fields, f"{field.path}.")
        elif not _KINDS[field.kind](each):
            yield f"{field.path}: is no {field.kind}"


def _relations(record: Any) -> Iterator[str]:
    """What fields say about each other."""
    try:
        parties = {party["party_id"]: party["role"] for party in record["parties"]}
        named = [(each, "pii_controller") for each in record["pii_controllers"]]
        named += [(each, "authority") for each in record.get("authority", [])]
        for party, role in named:
            if parties.get(party) != role:
                yield f"parties: {party} is no {role}"
        for purpose in record["purposes"]:
            for party in purpose["recipients"]:
                if party not in parties:
                    yield f"purposes.recipients: {party} is not among the parties"
        for notice in record["notice"]:
            if hashlib.sha256(notice["text"].encode()).hexdigest() != notice["sha256"]:
                yield "notice.sha256: is not the hash of the text"
        entities = {record["pii_principal_id"], *record["pii_controllers"]}
        times = [datetime.fromisoformat(event["event_time"]) for event in record["events"]]
        if times != sorted(times):
            yield "events: are not in the order in which they were said"
        for event in record["events"]:
            if event["entity_id"] not in entities:
                yield "events.entity_id: is neither the person nor a controller"
            written = datetime.fromisoformat(event["recorded_time"])
            if written < datetime.fromisoformat(event["event_time"]):
                yield "events.recorded_time: lies before the event"
    except (KeyError, TypeError, ValueError, AttributeError):
        yield "record: its parts cannot be compared"


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _parsed(parse: Callable[[str], object]) -> Callable[[Any], bool]:
    def valid(value: Any) -> bool:
        try:
            return isinstance(value, str) and parse(value) is not None
        except ValueError:
            return False

    return valid


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "schema": lambda value: value == SCHEMA,
    "receipt_schema": lambda value: value == RECEIPT,
    "uuid": _parsed(UUID),
    "text": _text,
    "party": _text,
    "entity": _text,
    "language": _matches("[a-z]{2}"),
    "country": _matches("[A-Z]{2}"),
    "sha256": _matches("[0-9a-f]{64}"),
    "duration": _matches(r"P\d+M"),
    "iri": lambda value: isinstance(value, str) and _IRI.fullmatch(value) is not None,
    "flag": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "day": _parsed(date.fromisoformat),
    "moment": _parsed(lambda text: datetime.fromisoformat(text).tzinfo),
    "state": lambda value: value in STATES,
    "event_type": lambda value: value in EVENT_TYPES,
    "role": lambda value: value in ROLES,
}
