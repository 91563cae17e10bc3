"""From the file to the rooms: what would change (`plan`), and changing it in one transaction (`apply`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from django.db import models, transaction

from duecause.apps.catalogue import actions as catalogue
from duecause.apps.catalogue import activity_actions as activities
from duecause.apps.catalogue import retention_actions as retention
from duecause.apps.consent import register_actions as registers
from duecause.apps.dialling import campaign_actions as campaigns
from duecause.apps.gate import delivery_actions as sinks
from duecause.apps.ledger.upserts import Noun, change
from duecause.apps.parties import actions as parties
from duecause.apps.parties import agreement_actions as agreements
from duecause.apps.parties import engagement_actions as engagements
from duecause.apps.parties import transfer_actions as transfers
from duecause.apps.staff import actions as staff
from duecause.apps.staff.queries import identifier
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Problem, Refused
from duecause.engine.retention import Action, Trigger
from duecause.engine.tabular import normal_customer_no, normalise_email
from duecause.organisation import schema
from duecause.organisation.loading import FileRefused, check_references, load
from duecause.packs.catalogue import level_of

SECTIONS: Mapping[str, type[models.Model]] = {
    "controllers": parties.CONTROLLER.model,
    "brands": parties.BRAND.model,
    "partners": parties.PARTNER.model,
    "purposes": catalogue.PURPOSE.model,
    "fields": catalogue.FIELD.model,
    "teams": staff.TEAM.model,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One row to bring to what is wanted. `extra` goes to the verb and is no column."""

    noun: Noun
    verb: Callable[..., Change | None]
    wanted: Mapping[str, Any]
    line: int
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes` in the order they are made; `same` counts what is so already."""

    changes: tuple[Change, ...]
    same: int


def read(text: str, *, file: str) -> schema.Organisation:
    """Load a file and check what it names against itself and what is there. Raises Refused, FileRefused."""
    organisation = load(text, file=file)
    known = {
        section: set(model._default_manager.values_list("code", flat=True))
        for section, model in SECTIONS.items()
    }
    check_references(organisation, file=file, known=known)
    return organisation


def plan(organisation: schema.Organisation, *, file: str) -> Plan:
    """What applying would change. Reads only. Raises FileRefused."""
    changes, same, problems = [], 0, []
    for step in steps(organisation):
        try:
            changed = _change(step)
        except Refused as refused:
            problems.append(_at_line(refused, step, file))
            continue
        if changed is None:
            same += 1
        else:
            changes.append(changed)
    if problems:
        raise FileRefused(file, problems)
    return Plan(tuple(changes), same)


def apply(organisation: schema.Organisation, *, actor: Actor, now: datetime) -> Plan:
    """Bring everything to what the file says, or nothing. Rows that the file does not name stay."""
    changes, same = [], 0
    with transaction.atomic():
        for step in steps(organisation):
            changed = step.verb(actor=actor, now=now, **step.wanted, **step.extra)
            if changed is None:
                same += 1
            else:
                changes.append(changed)
    return Plan(tuple(changes), same)


def steps(organisation: schema.Organisation) -> Iterator[Step]:
    """In an order in which every row finds the rows it names."""
    yield from _parties(organisation)
    for purpose in organisation.purposes:
        yield _purpose(purpose)
    for source in organisation.sources:
        yield _step(parties.SOURCE, parties.apply_source, source)
        for wording in source.wordings:
            yield _step(catalogue.WORDING, catalogue.apply_wording, wording, source=source.code)
    for wording in organisation.wordings:
        yield _step(catalogue.WORDING, catalogue.apply_wording, wording, source=None)
    for entry in organisation.fields:
        yield _field(entry)
    if organisation.purposes or organisation.fields:
        yield _retention(organisation)
    for activity in organisation.activities:
        yield _step(activities.ACTIVITY, activities.apply_activity, activity)
    for register in organisation.registers:
        yield _step(registers.REGISTER, registers.apply_register, register)
    for campaign in organisation.campaigns:
        yield _step(campaigns.CAMPAIGN, campaigns.apply_campaign, campaign)
    for team in organisation.teams:
        yield _step(staff.TEAM, staff.apply_team, team)
    for employee in organisation.employees:
        yield _employee(employee)
    for sink in organisation.alarm_sinks:
        yield _step(sinks.SINK, sinks.apply_sink, sink)


def _parties(organisation: schema.Organisation) -> Iterator[Step]:
    for controller in organisation.controllers:
        yield _step(parties.CONTROLLER, parties.apply_controller, controller)
        for brand in controller.brands:
            yield _step(parties.BRAND, parties.apply_brand, brand, controller=controller.code)
    for partner in organisation.partners:
        yield _partner(partner)
        for contract in partner.contracts:
            yield _step(agreements.CONTRACT, agreements.apply_contract, contract, partner=partner.code)
        for transfer in partner.transfers:
            yield _step(transfers.TRANSFER, transfers.apply_transfer, transfer, partner=partner.code)
    for partner in organisation.partners:
        for sub in partner.sub_processors:
            yield _step(engagements.ENGAGEMENT, engagements.apply_engagement, sub, processor=partner.code)


def _partner(entry: schema.PartnerEntry) -> Step:
    """With the countries it reaches data from, where the file names any."""
    step = _step(parties.PARTNER, parties.apply_partner, entry)
    accesses = parties.ordered(values(each) for each in entry.accesses)
    return replace(step, wanted={**step.wanted, "accesses": accesses}) if accesses else step


def _step(noun: Noun, verb: Callable[..., Change | None], entry: schema.Entry, **above: str | None) -> Step:
    return Step(noun, verb, {**above, **values(entry)}, entry.line)


def _purpose(entry: schema.PurposeEntry) -> Step:
    """How long data are kept is a version of rules of its own. An interest that the file does not name
    stays."""
    given = {name: value for name, value in values(entry).items() if name != "retention_months"}
    wanted = {name: value for name, value in given.items() if name != "interest" or value is not None}
    return Step(catalogue.PURPOSE, catalogue.apply_purpose, wanted, entry.line)


def _field(entry: schema.FieldEntry) -> Step:
    wanted = values(entry)
    if entry.perception is None:
        wanted["perception"] = level_of(entry.code, entry.law_class)
    return Step(catalogue.FIELD, catalogue.apply_field, wanted, entry.line)


def _retention(organisation: schema.Organisation) -> Step:
    """One step for all rules: they come into force, or wait, together."""
    rules = [rule for purpose in organisation.purposes for rule in _rules_of(purpose)]
    wanted = {
        "rules": rules,
        "purposes": [purpose.code for purpose in organisation.purposes],
        "fields": {field.code: list(field.purposes) for field in organisation.fields},
    }
    line = (organisation.purposes or organisation.fields)[0].line
    return Step(retention.RETENTION, retention.apply_retention, wanted, line)


def _rules_of(purpose: schema.PurposeEntry) -> list[dict[str, Any]]:
    found = [{"purpose": purpose.code, **values(entry)} for entry in purpose.retention]
    if purpose.retention_months is not None:
        months = purpose.retention_months
        found.append(usual_rule(purpose.code, purpose.legal_basis, purpose.marketing, months))
    return [{**rule, "field": rule["field"] or ""} for rule in found]


def usual_rule(code: str, legal_basis: str, marketing: bool, months: int) -> dict[str, Any]:
    """The rule that a bare number of months stands for."""
    trigger = Trigger.RECORDED
    if legal_basis == "contract":
        trigger = Trigger.CONTRACT_ENDED
    elif marketing:
        trigger = Trigger.LAST_CONTACT
    return {
        "purpose": code, "field": "", "trigger": str(trigger), "months": months, "days": 0,
        "action": str(Action.ERASE),
    }  # fmt: skip


def _employee(entry: schema.EmployeeEntry) -> Step:
    wanted = values(entry)
    own = [
        *(identifier("phone", number.removeprefix("+")) for number in wanted.pop("own_phones")),
        *(identifier("email", normalise_email(text)[0] or text) for text in wanted.pop("own_emails")),
        *(
            identifier("customer_no", normal_customer_no(number))
            for number in wanted.pop("own_customer_numbers")
        ),
    ]
    extra = {"identifiers": own, "first_password": wanted.pop("demo_password")}
    return Step(staff.EMPLOYEE, staff.apply_employee, wanted, entry.line, extra)


def values(entry: schema.Entry) -> dict[str, Any]:
    """The entry's own keys, in the words of the verb."""
    found = {spec.name: getattr(entry, spec.name) for spec in fields(entry) if "read" in spec.metadata}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _change(step: Step) -> Change | None:
    if step.noun is retention.RETENTION:
        return retention.retention_change(**step.wanted)
    if step.noun is agreements.CONTRACT:
        return agreements.contract_change(**step.wanted)
    if step.noun is staff.EMPLOYEE:
        return staff.employee_change(dict(step.wanted), step.extra["identifiers"])
    if step.noun is catalogue.FIELD:
        catalogue.check_perception(
            field=step.wanted["code"],
            law_class=step.wanted["law_class"],
            perception=step.wanted["perception"],
        )
    return change(step.noun, step.wanted)


def _at_line(refused: Refused, step: Step, file: str) -> Problem:
    return Problem(
        refused.code,
        "%(file)s, line %(line)s: %(what)s",
        {"file": file, "line": step.line, "what": refused.problem.text},
    )
