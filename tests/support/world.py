"""A small fictional company for tests: one controller, two call centres, one source, staff, people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from duecause.apps.catalogue.models import Field, Purpose, RetentionRule, RetentionVersion, Wording
from duecause.apps.catalogue.retention_queries import fingerprint, plain_rules, purposes_now
from duecause.apps.dialling.models import Campaign
from duecause.apps.gate.actors import actor_of
from duecause.apps.parties.models import Contract, Controller, Partner, Source
from duecause.apps.register.models import DialFact, ImportBatch, Lookup, Person, Record
from duecause.apps.staff.models import Employee
from duecause.apps.vault import indexes
from duecause.apps.vault.actions import seal
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.packs.law import party_rules

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
OPERATOR = Actor.system("test")
# What a processor contract must say (GDPR Art. 28(3)).
ALL_MET = {point.code: "met" for point in party_rules().checklists["dpa"].points if point.blocks}
FIELDS = {
    # field: (policy group, compartment)
    "first_name": ("name", "identity"),
    "last_name": ("name", "identity"),
    "birth_date": ("birth", "identity"),
    "phone": ("phone", "identity"),
    "phone_mobile": ("phone", "identity"),
    "email": ("email", "identity"),
    "street": ("address", "identity"),
    "postcode": ("address", "identity"),
    "city": ("address", "identity"),
    "customer_no": ("customer_no", "contract"),
    "product": ("contracts", "contract"),
}


@dataclass
class World:
    controller: Controller
    source: Source
    sales: Purpose
    wording: Wording
    centre: Partner
    other_centre: Partner
    campaign: Campaign
    shared: dict[str, object] = field(default_factory=dict)  # what one test made once, by kind
    _numbers: Any = field(default_factory=lambda: count(1))

    def employee(self, profile: str, username: str = "") -> Employee:
        username = username or f"{profile}-{next(self._numbers)}"
        employee = Employee(username=username, display_name=f"Test {username}", profile=profile)
        employee.workplace = "store" if profile == "shop" else "office"
        employee.set_password("demo")
        employee.save()
        return employee

    def actor(self, profile: str) -> Actor:
        return actor_of(self.employee(profile))

    def person(
        self,
        *,
        number: int = 32470000011,
        basis: str = "consent",
        language: str = "nl",
        **values: str,
    ) -> Person:
        """A person known from one sealed record with one number."""
        values = {"first_name": "Mila", "last_name": "Test-Peeters", "phone": f"+{number}", **values}
        person = Person.objects.create(language=language, created_at=NOW)
        record = Record(
            id=uuid7(),
            person=person,
            source=self.source,
            batch=self._batch(),
            row=next(self._numbers),
            key_in_source=uuid7().bytes,
            content_hash=b"\0" * 16,
            fields=sorted(values),
            language=language,
            basis=basis,
            wording=self.wording if basis == "consent" else None,
            obtained_on=date(2026, 3, 3),
            recorded_at=NOW,
        )
        for compartment in ("identity", "contract"):
            part = {name: v for name, v in values.items() if FIELDS[name][1] == compartment}
            if part:
                setattr(record, compartment, seal(record.id, compartment, f"register.{compartment}", part))
        record.save()
        Lookup.objects.create(
            record=record,
            kind="phone",
            token=indexes.lookup_token("phone", str(number)),
            key_id=indexes.lookup_key_id(),
            normaliser=indexes.NORMALISER_VERSION,
        )
        DialFact.objects.create(
            record=record,
            person=person,
            source=self.source,
            ordinal=0,
            token=indexes.dial_token(number),
            key_id=indexes.dial_key_id(),
            country="BE",
            zone="Europe/Brussels",
            minor_band="adult",
            basis=basis,
        )
        return person

    @property
    def spoken_wording(self) -> Wording:
        """A consent text that agents may read to anybody, whatever their source."""
        made, _ = Wording.objects.get_or_create(
            code="DESK-CALL",
            version="v1",
            language="nl",
            defaults={
                "text": "Mag Warm NV u bellen over warmtepompen?",
                "purpose": self.sales,
                "channels": ["call"],
                "valid_from": date(2025, 1, 1),
            },
        )
        made.controllers.add(self.controller)
        return made

    def _batch(self) -> ImportBatch:
        batch, _ = ImportBatch.objects.get_or_create(
            source=self.source,
            sha256="0" * 64,
            defaults={
                "file_name": "test.csv",
                "state": ImportBatch.State.COMPLETE,
                "started_at": NOW,
                "finished_at": NOW,
                "actor": OPERATOR.ref,
            },
        )
        return batch


def keep_by_rules(*rules: tuple[Purpose, str | None, str, int, int, str]) -> RetentionVersion:
    """Put these rules into force: purpose, field, event, months, days, action. Fields have the purposes they
    have now."""
    RetentionVersion.objects.filter(state="in_force").update(state="replaced")
    fields = Field.objects.prefetch_related("purposes")
    version = RetentionVersion.objects.create(
        number=RetentionVersion.objects.count() + 1,
        state="in_force",
        purposes=purposes_now(),
        sha256="",
        proposed_by=OPERATOR.ref,
        proposed_at=NOW,
    )
    for purpose, name, trigger, months, days, action in rules:
        RetentionRule.objects.create(
            version=version,
            purpose=purpose,
            field=fields.get(code=name) if name else None,
            trigger=trigger,
            months=months,
            days=days,
            action=action,
        )
    version.sha256 = fingerprint(plain_rules(version), version.purposes)
    version.save()
    return version


def make_world() -> World:
    controller = Controller.objects.create(
        code="WARM", legal_name="Warm NV", spoken={"en": "Warm", "nl": "Warm"}, country="BE"
    )
    sales = Purpose.objects.create(
        code="phone_sales",
        name={"en": "Sales by telephone"},
        legal_basis="consent",
        marketing=True,
    )
    for code, (group, compartment) in FIELDS.items():
        made = Field.objects.create(code=code, group=group, compartment=compartment, label={"en": code})
        made.purposes.add(sales)
    keep_by_rules((sales, None, "last_contact", 24, 0, "erase"))
    source = Source.objects.create(
        code="WEB",
        name="Web shop",
        kind=Source.Kind.DATA_SUBJECT,
        controller=controller,
        default_country="BE",
        default_language="nl",
        claimed_basis="consent",
        say={"en": "the order form of our web shop", "nl": "het bestelformulier van onze webshop"},
    )
    wording = Wording.objects.create(
        code="WEB-CALL",
        version="v4",
        language="nl",
        text="Warm NV mag mij bellen over warmtepompen.",
        source=source,
        purpose=sales,
        channels=["call"],
        valid_from=date(2025, 1, 1),
    )
    wording.controllers.add(controller)
    centre, other = (
        Partner.objects.create(code=code, name=name, kind=Partner.Kind.CALL_CENTRE, country=country)
        for code, name, country in (("CC-A", "Centre A", "BE"), ("CC-B", "Centre B", "NL"))
    )
    for partner in (centre, other):
        Contract.objects.create(
            partner=partner, reference="DPA-1", valid_from=date(2025, 1, 1), answers=ALL_MET
        )
    campaign = Campaign.objects.create(
        code="PUMP-BE",
        name="Heat pumps",
        controller=controller,
        purpose=sales,
        sector="energy",
        offer_families=["heat_pump"],
        countries=["BE"],
        release_fields=["first_name", "last_name", "phone"],
    )
    return World(controller, source, sales, wording, centre, other, campaign)
