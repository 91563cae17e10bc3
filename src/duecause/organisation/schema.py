"""What the organisation file may say: one dataclass per kind of entry, each key with its form.

The names of the keys are those that the `apply_…` verbs of the rooms take.
"""

# ruff: noqa: RUF009 - `key` makes dataclass fields
from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from duecause.apps.catalogue.models import Activity, Wording
from duecause.apps.gate.models import Sink
from duecause.apps.gate.policies import engine
from duecause.apps.parties.models import Contract, Engagement, Partner, Source, TransferBasis
from duecause.apps.parties.transfer_actions import WAYS
from duecause.apps.vault.models import Compartment
from duecause.engine.retention import OF_RULES, Action, Trigger
from duecause.organisation import forms
from duecause.organisation.forms import Read
from duecause.packs import catalogue as packed

# GDPR Art. 6(1)(a)-(f).
LEGAL_BASES = (
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interest",
)
SPECIAL_CONDITIONS = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")  # GDPR Art. 9(2)
CHANNELS = ("call", "email", "sms", "post")


@cache
def sectors() -> tuple[str, ...]:
    text = files("duecause.packs").joinpath("sectors.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))


def groups() -> tuple[str, ...]:
    return engine().vocabulary.groups


def profiles() -> tuple[str, ...]:
    return engine().vocabulary.profiles


def workplaces() -> tuple[str, ...]:
    return engine().vocabulary.workplaces


def law_classes() -> tuple[str, ...]:
    return tuple(packed.classes())


def subjects() -> tuple[str, ...]:
    return tuple(packed.subjects())


def compartments() -> list[str]:
    return [value for value in Compartment.values if value != Compartment.PERIOD]


def key(read: Read, default: Any = MISSING, *, refers: str = "", private: bool = False) -> Any:
    """A key of an entry. Without a default it must be there. `refers` names the section its codes are of."""
    metadata = {"read": read, "refers": refers}
    if default is MISSING:
        return field(metadata=metadata, repr=not private)
    return field(metadata=metadata, repr=not private, default=default)


def entries(kind: type[Entry]) -> Any:
    """A key that holds a list of entries of another kind; it may be missing."""
    return field(metadata={"entries": kind}, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where an entry stands in the file, as a whole and key by key."""

    line: int = 0
    lines: dict[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandEntry(Entry):
    code: str = key(forms.code)
    name: str = key(forms.text())


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerEntry(Entry):
    code: str = key(forms.code)
    legal_name: str = key(forms.text())
    spoken: dict[str, str] = key(forms.per_language)
    country: str = key(forms.country)
    privacy_url: str = key(forms.url)
    address: str = key(forms.text(300), "")
    contact: str = key(forms.text(200), "")
    dpo: str = key(forms.text(200), "")
    canary_numbers: tuple[str, ...] = key(forms.numbers, (), private=True)
    link_deciders: int = key(forms.number(1, 2), 1)
    brands: tuple[BrandEntry, ...] = entries(BrandEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractEntry(Entry):
    """`points`: what it says, point by point; without it, what somebody noted on the page stays."""

    reference: str = key(forms.text(100))
    kind: str = key(forms.choice(Contract.Kind.values), Contract.Kind.DPA.value)
    valid_from: date = key(forms.day)
    valid_to: date | None = key(forms.day_or_none, None)
    module: str = key(forms.choice(("", "1", "2", "3", "4")), "")
    file_sha256: str = key(forms.text(64), "")
    points: dict[str, dict[str, str]] | None = key(forms.points, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry(Entry):
    """Another country from which a partner reaches data."""

    country: str = key(forms.country)
    ways: tuple[str, ...] = key(forms.choices(WAYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEntry(Entry):
    country: str = key(forms.country)
    mechanism: str = key(forms.choice(TransferBasis.Mechanism.values))
    assessed_on: date | None = key(forms.day_or_none, None)
    assessment_valid_to: date | None = key(forms.day_or_none, None)
    law_risk: str = key(forms.choice(TransferBasis.Risk.values), "")
    measures: str = key(forms.text(2000), "")
    conclusion: str = key(forms.choice(TransferBasis.Conclusion.values), "")
    listed_on: date | None = key(forms.day_or_none, None)
    listed_to: date | None = key(forms.day_or_none, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubProcessorEntry(Entry):
    """`sub` is another partner of the file, which works for this one."""

    sub: str = key(forms.code, refers="partners")
    service: str = key(forms.text())
    announced_on: date = key(forms.day)
    state: str = key(forms.choice(Engagement.State.values), Engagement.State.ANNOUNCED.value)
    decide_by: date | None = key(forms.day_or_none, None)
    terms_agreed_on: date | None = key(forms.day_or_none, None)
    ended_on: date | None = key(forms.day_or_none, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerEntry(Entry):
    code: str = key(forms.code)
    name: str = key(forms.text())
    kind: str = key(forms.choice(Partner.Kind.values))
    country: str = key(forms.country)
    role: str = key(forms.choice(Partner.Role.values), Partner.Role.PROCESSOR.value)
    our_role: str = key(forms.choice(Partner.Role.values), Partner.Role.CONTROLLER.value)
    suspended_on: date | None = key(forms.day_or_none, None)
    webhook_url: str = key(forms.url, "")
    witness_key: str = key(forms.text(), "")
    contracts: tuple[ContractEntry, ...] = entries(ContractEntry)
    accesses: tuple[AccessEntry, ...] = entries(AccessEntry)
    transfers: tuple[TransferEntry, ...] = entries(TransferEntry)
    sub_processors: tuple[SubProcessorEntry, ...] = entries(SubProcessorEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingEntry(Entry):
    code: str = key(forms.code)
    version: str = key(forms.text(20))
    language: str = key(forms.language)
    kind: str = key(forms.choice(Wording.Kind.values), Wording.Kind.CONSENT.value)
    text: str = key(forms.text(4000))
    purpose: str | None = key(forms.code_or_none, None, refers="purposes")
    channels: tuple[str, ...] = key(forms.choices(CHANNELS), ())
    controllers: tuple[str, ...] = key(forms.codes, (), refers="controllers")
    holds_months: int | None = key(forms.number(1, 120), None)
    recording: str = key(forms.choice(tuple(filter(None, Wording.Recording.values))), "")
    valid_from: date = key(forms.day)
    valid_to: date | None = key(forms.day_or_none, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry(Entry):
    code: str = key(forms.code)
    name: str = key(forms.text())
    kind: str = key(forms.choice(Source.Kind.values))
    party: str | None = key(forms.code_or_none, None, refers="partners")
    controller: str = key(forms.code, refers="controllers")
    contract_reference: str = key(forms.text(100), "")
    default_country: str = key(forms.country)
    default_language: str = key(forms.language, "en")
    claimed_basis: str = key(forms.choice(LEGAL_BASES))
    legal_persons: bool = key(forms.flag, False)
    say: dict[str, str] = key(forms.per_language)
    obtained_on: date | None = key(forms.day_or_none, None)
    wordings: tuple[WordingEntry, ...] = entries(WordingEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionEntry(Entry):
    """What of a purpose, or of one of its fields, goes when."""

    trigger: str = key(forms.choice(tuple(map(str, Trigger))))
    months: int = key(forms.number(0, 1200), 0)
    days: int = key(forms.number(0, 3660), 0)
    action: str = key(forms.choice(tuple(map(str, OF_RULES))), str(Action.ERASE))
    field: str | None = key(forms.code_or_none, None, refers="fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeEntry(Entry):
    code: str = key(forms.code)
    name: dict[str, str] = key(forms.per_language)
    legal_basis: str = key(forms.choice(LEGAL_BASES))
    # Either rules, or how many months by the usual rule of its kind (`applying.usual_rule`).
    retention: tuple[RetentionEntry, ...] = entries(RetentionEntry)
    retention_months: int | None = key(forms.number(1, 1200), None)
    marketing: bool = key(forms.flag, False)
    special_condition: str = key(forms.choice(SPECIAL_CONDITIONS), "")
    interest: dict[str, str] | None = key(forms.per_language, None)
    dpv: str = key(forms.choice(packed.purposes), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEntry(Entry):
    code: str = key(forms.code)
    group: str = key(forms.choice(groups))
    compartment: str = key(forms.choice(compartments))
    label: dict[str, str] = key(forms.per_language)
    law_class: str = key(forms.choice(law_classes), "ordinary")
    perception: int | None = key(forms.number(1, 5), None)  # without it: the typical level of packs/catalogue
    purposes: tuple[str, ...] = key(forms.codes, refers="purposes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityEntry(Entry):
    """A processing activity (GDPR Art. 30). `controller`: who decides; for a processor, on whose behalf."""

    code: str = key(forms.code)
    name: dict[str, str] = key(forms.per_language)
    role: str = key(forms.choice(Activity.Role.values), Activity.Role.CONTROLLER.value)
    controller: str = key(forms.code, refers="controllers")
    purposes: tuple[str, ...] = key(forms.codes, refers="purposes")
    fields: tuple[str, ...] = key(forms.codes, (), refers="fields")
    processors: tuple[str, ...] = key(forms.codes, (), refers="partners")
    subjects: tuple[str, ...] = key(forms.choices(subjects))
    dpia: str = key(forms.choice(Activity.Assessment.values), Activity.Assessment.UNDECIDED.value)
    dpia_reason: str = key(forms.text(2000), "")
    dpia_on: date | None = key(forms.day_or_none, None)
    owner: str = key(forms.text(100))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry(Entry):
    code: str = key(forms.code)
    country: str = key(forms.country)
    name: str = key(forms.text())


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEntry(Entry):
    code: str = key(forms.code)
    name: str = key(forms.text())
    controller: str = key(forms.code, refers="controllers")
    brand: str | None = key(forms.code_or_none, None, refers="brands")
    purpose: str = key(forms.code, refers="purposes")
    channel: str = key(forms.choice(CHANNELS), "call")
    sector: str = key(forms.choice(sectors))
    offer_families: tuple[str, ...] = key(forms.codes, ())
    countries: tuple[str, ...] = key(forms.countries)
    release_fields: tuple[str, ...] = key(forms.codes, refers="fields")
    valid_days: int = key(forms.number(1, 90), 28)
    most_attempts: int | None = key(forms.number(1, 100), None)
    attempt_days: int | None = key(forms.number(1, 366), None)
    quiet_days: int | None = key(forms.number(1, 3_660), None)
    ended_on: date | None = key(forms.day_or_none, None)
    notice: str = key(forms.text(40), "")
    notice_version: str = key(forms.text(20), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamEntry(Entry):
    code: str = key(forms.code)
    name: str = key(forms.text())


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeEntry(Entry):
    """`own_*` tell the gate which customer is this employee: kept as look-up tokens only. `partner`: the call
    centre whose agent this is."""

    username: str = key(forms.code)
    display_name: str = key(forms.text())
    profile: str = key(forms.choice(profiles))
    team: str | None = key(forms.code_or_none, None, refers="teams")
    language: str = key(forms.language, "en")
    is_active: bool = key(forms.flag, True)
    trained_until: date | None = key(forms.day_or_none, None)
    workplace: str = key(forms.choice(workplaces), "office")
    partner: str | None = key(forms.code_or_none, None, refers="partners")
    own_phones: tuple[str, ...] = key(forms.numbers, (), private=True)
    own_emails: tuple[str, ...] = key(forms.emails, (), private=True)
    own_customer_numbers: tuple[str, ...] = key(forms.codes, (), private=True)
    demo_password: str = key(forms.text(), "", private=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSinkEntry(Entry):
    """Where alarms are sent to. The secret that signs a webhook is made by `duecause alarms secret`."""

    code: str = key(forms.code)
    kind: str = key(forms.choice(Sink.Kind.values))
    address: str = key(forms.text(300))
    format: str = key(forms.choice(Sink.Format.values), Sink.Format.OCSF.value)
    tls: bool = key(forms.flag, True)
    inside: bool = key(forms.flag, False)
    severity_from: int = key(forms.number(1, 4), 2)
    is_active: bool = key(forms.flag, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Entry):
    """The whole file. Only a file marked `demonstration` may hold passwords."""

    organisation: str = key(forms.text())
    demonstration: bool = key(forms.flag, False)
    controllers: tuple[ControllerEntry, ...] = entries(ControllerEntry)
    purposes: tuple[PurposeEntry, ...] = entries(PurposeEntry)
    partners: tuple[PartnerEntry, ...] = entries(PartnerEntry)
    sources: tuple[SourceEntry, ...] = entries(SourceEntry)
    wordings: tuple[WordingEntry, ...] = entries(WordingEntry)
    fields: tuple[FieldEntry, ...] = entries(FieldEntry)
    activities: tuple[ActivityEntry, ...] = entries(ActivityEntry)
    registers: tuple[RegisterEntry, ...] = entries(RegisterEntry)
    campaigns: tuple[CampaignEntry, ...] = entries(CampaignEntry)
    teams: tuple[TeamEntry, ...] = entries(TeamEntry)
    employees: tuple[EmployeeEntry, ...] = entries(EmployeeEntry)
    alarm_sinks: tuple[AlarmSinkEntry, ...] = entries(AlarmSinkEntry)
