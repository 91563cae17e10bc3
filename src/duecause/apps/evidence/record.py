"""The record of processing (GDPR Art. 30), put together from what is configured and done. Nothing in it is
typed a second time: change the configuration and the record has changed.

One record is about one controller in one role: what it does itself (Art. 30(1)), or what is done on its
behalf (Art. 30(2)). Its `content` is configuration in codes and texts, without a person; `version` is the
hash of that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from duecause.apps.catalogue.models import Activity, Field, Purpose, Wording
from duecause.apps.catalogue.queries import fields_of
from duecause.apps.catalogue.retention_queries import by_purpose, in_force
from duecause.apps.evidence.counting import Counts, counts
from duecause.apps.evidence.measures import Measure, measures
from duecause.apps.evidence.recipients import Recipient, recipients
from duecause.apps.parties.models import Controller, Source
from duecause.packs import catalogue as packed
from duecause.web.templatetags.formats import shown_day

FORMAT = "duecause.record/2"
Content = dict[str, Any]
OWN = (Activity.Role.CONTROLLER, Activity.Role.JOINT)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose record, in which role: `controller` (also what is decided jointly) or `processor`."""

    role: str
    controller: Controller

    @property
    def code(self) -> str:
        return f"{self.role}.{self.controller.code}"


@dataclass(frozen=True, slots=True)
class Record:
    """`content` says what is configured; the rest are facts of the moment `at`."""

    scope: Scope
    content: Content
    counts: Counts
    recipients: Mapping[str, Recipient]
    measures: tuple[Measure, ...]
    at: datetime
    version: str = field(default="")

    def holding(self, code: str) -> int:
        """Records that hold this field, of the sources of this controller."""
        return self.counts.holding(code, set(self.content["sources"]))


def scopes() -> list[Scope]:
    """Every record there is: of each controller that has activities or sources, then those for others."""
    found = [(role, controller) for controller, role in _roles()]
    order = {Activity.Role.PROCESSOR.value: 1}
    found.sort(key=lambda each: (order.get(each[0], 0), each[1].legal_name))
    return [Scope(role, controller) for role, controller in found]


def _roles() -> Iterable[tuple[Controller, str]]:
    roles: dict[int, set[str]] = {}
    live = Activity.objects.exclude(status=Activity.Status.RETIRED)
    for controller, role in live.values_list("controller", "role"):
        processor = role == Activity.Role.PROCESSOR
        roles.setdefault(controller, set()).add("processor" if processor else "controller")
    for controller in Source.objects.values_list("controller", flat=True).distinct():
        roles.setdefault(controller, set()).add("controller")
    for row in Controller.objects.filter(pk__in=roles).order_by("pk"):
        for role in sorted(roles[row.pk]):
            yield row, role


def assemble(scope: Scope, *, now: datetime) -> Record:
    """The whole record as it is now."""
    on, counted = shown_day(now), counts(now)
    activities = _activities(scope)
    sources = list(Source.objects.filter(controller=scope.controller).select_related("party"))
    codes = {source.code for source in sources}
    fields = {row.code: row for row in Field.objects.prefetch_related("purposes")}
    held = {code for code in fields if counted.holding(code, codes)} if scope.role != "processor" else set()
    used = {field.code for activity in activities for field in fields_of(activity)} | held
    got = {activity.pk: recipients(activity, scope.controller, on=on) for activity in activities}
    everybody = {one.code: one for each in got.values() for one in each}
    found = tuple(measures())
    purposes = {purpose.code: purpose for activity in activities for purpose in activity.purposes.all()}
    purposes |= {
        one.code: one for code in sorted(used) for one in fields[code].purposes.all() if code in held
    }
    kept = by_purpose(in_force())  # what is only proposed is not carried out
    content: Content = {
        "format": FORMAT,
        "scope": _scope(scope),
        "activities": {row.code: _activity(row, got[row.pk]) for row in activities},
        "purposes": {code: _purpose(purposes[code], kept.get(code, [])) for code in sorted(purposes)},
        "fields": {code: _field(fields[code], code in held) for code in sorted(used)},
        "recipients": {code: everybody[code].content for code in sorted(everybody)},
        "sources": {row.code: _source(row) for row in sorted(sources, key=lambda row: row.code)},
        "wordings": _wordings(scope, on),
        "measures": {measure.code: {"on": measure.on} for measure in found},
    }
    return Record(scope, content, counted, everybody, found, now, version_of(content))


def version_of(content: Content) -> str:
    """SHA-256 of the content in one spelling, as hexadecimal digits."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _activities(scope: Scope) -> list[Activity]:
    roles = [Activity.Role.PROCESSOR] if scope.role == "processor" else OWN
    rows = Activity.objects.filter(controller=scope.controller, role__in=roles)
    rows = rows.exclude(status=Activity.Status.RETIRED).prefetch_related(
        "purposes__fields", "fields", "processors"
    )
    return list(rows.order_by("code"))


def _scope(scope: Scope) -> Content:
    controller = scope.controller
    return {
        "role": scope.role,
        "controller": controller.code,
        "legal_name": controller.legal_name,
        "country": controller.country,
        "privacy_url": controller.privacy_url,
        "brands": sorted(controller.brands.values_list("name", flat=True)),
    }


def _activity(row: Activity, got: list[Recipient]) -> Content:
    return {
        "name": row.name,
        "role": row.role,
        "status": row.status,
        "owner": row.owner,
        "purposes": sorted(purpose.code for purpose in row.purposes.all()),
        "subjects": list(row.subjects),
        "fields": sorted(one.code for one in fields_of(row)),
        "recipients": sorted(one.code for one in got),
        "dpia": row.dpia,
        "dpia_reason": row.dpia_reason,
        "dpia_on": _day(row.dpia_on),
    }


def _purpose(row: Purpose, retention: list[Content]) -> Content:
    return {
        "name": row.name,
        "legal_basis": row.legal_basis,
        "legal_basis_term": packed.basis_term(row.legal_basis),
        "special_condition": row.special_condition,
        "retention": retention,
        "marketing": row.marketing,
        "term": packed.purpose_term(row.dpv),
    }


def _field(row: Field, held: bool) -> Content:
    law_class = packed.classes().get(row.law_class)
    return {
        "label": row.label,
        "group": row.group,
        "law_class": row.law_class,
        "law": law_class.law if law_class else "",
        "perception": row.perception,
        "sealed_as": row.compartment,
        "purposes": sorted(purpose.code for purpose in row.purposes.all()),
        "in_use": held,
    }


def _source(row: Source) -> Content:
    return {
        "name": row.name,
        "kind": row.kind,
        "party": row.party.name if row.party else "",
        "claimed_basis": row.claimed_basis,
        "contract_reference": row.contract_reference,
        "say": row.say,
    }


def _wordings(scope: Scope, on: date) -> Content:
    """What customers are told today in the name of this controller."""
    rows = Wording.objects.filter(controllers=scope.controller, valid_from__lte=on)
    rows = rows.exclude(valid_to__lt=on).select_related("purpose")
    return {
        f"{row.code} {row.version} {row.language}": {
            "kind": row.kind,
            "language": row.language,
            "text": row.text,
            "purpose": row.purpose.code if row.purpose else "",
            "channels": list(row.channels),
            "holds_months": row.holds_months,
        }
        for row in rows.order_by("code", "version", "language")
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
