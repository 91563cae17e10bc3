"""What the card shows: permitted values by group, masked groups, names of withheld groups, banners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from duecause.apps.catalogue.models import Field
from duecause.apps.consent.actions import ERASURE_REQUEST
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.consent.queries import ConsentState, consent_states, objections_of
from duecause.apps.consent.reach import Reach, reach_of
from duecause.apps.desk.hours import CallsNow, calls_now
from duecause.apps.desk.spoken import Spoken, spoken_to
from duecause.apps.gate.actions import Revealed
from duecause.apps.gate.policies import engine
from duecause.apps.notices.queries import Told, of_person
from duecause.apps.obligations.models import Obligation
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Person, Record, RelationFact
from duecause.apps.register.origins import in_order
from duecause.apps.statements import Statement
from duecause.web.templatetags import formats

OTHERS = (Source.Kind.THIRD_PARTY, Source.Kind.PUBLIC, Source.Kind.UNKNOWN)
DATES = ("_date", "_on", "_from", "_to")


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    values: list[str]


@dataclass(slots=True)
class Card:
    person: Person
    title: str
    lines: list[Line]
    masked: list[tuple[str, str]]
    withheld: list[str]
    objections: list[Objection] = field(default_factory=list)
    consents: list[ConsentState] = field(default_factory=list)
    requests: list[Obligation] = field(default_factory=list)
    relations: list[RelationFact] = field(default_factory=list)
    reaches: list[Reach] = field(default_factory=list)
    sources: list[Record] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    tells_origins: bool = False
    calls: list[CallsNow] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)


def records_of(person: Person) -> list[Record]:
    """Oldest first, as the sentence about the source tells them."""
    return sorted(_RECORDS.objects(person=person.pk), key=in_order)


# Each card asks these.
_RECORDS = Statement(
    lambda *, person: (
        Record.objects.filter(person=person)
        .select_related("source", "wording", "source__controller")
        .defer("identity", "contract")
    )
)
_OBJECTIONS = Statement(lambda *, person: objections_of(person))
_REQUESTS = Statement(lambda *, person: _open_requests(person))
_RELATIONS = Statement(lambda *, person: _relations(person).order_by("-since", "family"))
_FIELDS = Statement(lambda: Field.objects.order_by("pk"))


def _open_requests(person: UUID) -> QuerySet[Obligation]:
    return Obligation.objects.filter(person=person, state=Obligation.State.OPEN, kind=ERASURE_REQUEST)


def _relations(person: UUID) -> QuerySet[RelationFact]:
    return RelationFact.objects.filter(person=person)


def _groups_there(*, person: Any) -> list[QuerySet[Any, Any]]:
    found: dict[str, QuerySet[Any, Any]] = {
        "objections": objections_of(person),
        "consents": ConsentEvent.objects.filter(person=person),
        "requests": _open_requests(person),
        "contracts": _relations(person),
    }
    return [rows.order_by().values_list(Value(group)) for group, rows in found.items()]


# Most people have nothing of these: one question instead of four.
_GROUPS_THERE = Statement(_groups_there)


def build_card(
    person: Person, revealed: Revealed, *, language: str, now: datetime, calling: bool = False
) -> Card:
    """`calling`: the agent is about to call this person from a campaign list."""
    allowed = revealed.groups
    labels = engine().vocabulary.labels["groups"]
    card = Card(
        person=person,
        title=_name(revealed.values),
        lines=_lines(revealed.values, language),
        masked=[(group, labels[group]) for group in sorted(revealed.masked)],
        withheld=[labels[group] for group in sorted(revealed.withheld)],
    )
    there = allowed.intersection(group for (group,) in _GROUPS_THERE.rows(person=person.pk))
    if "objections" in there:
        card.objections = _OBJECTIONS.objects(person=person.pk)
    if "consents" in there:
        card.consents = consent_states(person)
    if "requests" in there:
        card.requests = _REQUESTS.objects(person=person.pk)
    if "contracts" in there:
        card.relations = _RELATIONS.objects(person=person.pk)
        card.lines = _lines(revealed.values, language, without=("name", "contracts"))
    if "provenance" in allowed:
        card.tells_origins = True
        card.sources = records_of(person)
        card.reaches = reach_of(person.pk, now)
        if card.reaches:
            card.calls = calls_now(person.pk, now)
            card.spoken = spoken_to(person, now) if calling else []
        if any(record.source.kind in OTHERS for record in card.sources):
            card.told = of_person(person, now)
    return card


def _name(values: dict[UUID, dict[str, Any]] | Any) -> str:
    for record in values.values():
        name = f"{record.get('first_name', '')} {record.get('last_name', '')}".strip()
        if name:
            return name
    return ""


def _lines(values: Any, language: str, *, without: Sequence[str] = ("name",)) -> list[Line]:
    """One line per field, each distinct value once, in the order of the catalogue; an address on one line.
    The name is left out: it is the title."""
    lines: list[Line] = []
    addresses = _addresses(values)
    for item in _FIELDS.objects():
        if item.group in without:
            continue
        if item.group == "address":
            if addresses:
                lines.append(Line(_(engine().vocabulary.labels["groups"]["address"]), addresses))
                addresses = []
            continue
        found = [_shown(item, str(record[item.code])) for record in values.values() if record.get(item.code)]
        if found:
            lines.append(Line(label_of(item, language), list(dict.fromkeys(found))))
    return lines


def _shown(item: Field, value: str) -> str:
    """Numbers and dates are kept as +E.164 and ISO 8601."""
    if item.group == "phone":
        return str(formats.phone(value))
    try:
        return str(formats.day(date.fromisoformat(value))) if item.code.endswith(DATES) else value
    except ValueError:
        return value


def _addresses(values: Any) -> list[str]:
    """Each address once; a bare postcode that a whole address of the person contains is no further one."""
    found = list(dict.fromkeys(filter(None, (_address(record) for record in values.values()))))
    return [one for one in found if not any(one != other and one in other for other in found)]


def _address(record: dict[str, Any]) -> str:
    street = f"{record.get('street', '')} {record.get('house_number', '')}".strip()
    town = f"{record.get('postcode', '')} {record.get('city', '')}".strip()
    return ", ".join(part for part in (street, town, record.get("country", "")) if part)


def label_of(item: Field, language: str) -> str:
    return str(item.label.get(language) or item.label.get("en") or item.code)


def revealed_lines(revealed: Revealed, language: str) -> list[Line]:
    return _lines(revealed.values, language)
