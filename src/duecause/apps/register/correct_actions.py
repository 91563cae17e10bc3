"""Put right what a person says is wrong (GDPR Art. 16), in every record that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.gate.actions import Denied, open_for_job, permit
from duecause.apps.gate.facts import NO_REASON, Reason
from duecause.apps.ledger.actions import record
from duecause.apps.register import facts, stored_only, telling, writing
from duecause.apps.register.claimed_consent import ConsentTexts
from duecause.apps.register.fields import CONTRACT, Declared, declared, is_phone
from duecause.apps.register.history import extended
from duecause.apps.register.identifiers import tokens_of
from duecause.apps.register.keeping import read_again
from duecause.apps.register.models import Correction, ImportBatch, Person, Record
from duecause.apps.register.planning import Outcome, Plan, Setting, weigh
from duecause.apps.register.reading import ParsedRow, read_value
from duecause.apps.vault.actions import ToSeal, seal_many
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused, gettext_noop

FUNCTION = "register.correct"
OPEN = "correction"
PREVIOUS_USE = "register.previous"
LONGEST = 200
LONGEST_REFERENCE = 60


@dataclass(frozen=True, slots=True)
class Saying:
    """How the person said it. `at`: when, where that was before now; `reference`: of the ticket or letter."""

    how: str = Correction.How.CALL
    at: datetime | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Rectified:
    """`act` names this rectification in the ledger and to recipients; `records` it was made in."""

    act: UUID
    records: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    record: Record
    values: Mapping[str, str]  # all that the record holds, opened
    fields: tuple[str, ...]


def can_be_corrected(field: str) -> bool:
    """Contracts are not: they are corrected where they are kept."""
    known = declared()
    return field in known.groups and known.stores(field) and field not in CONTRACT


_OVERTAKEN = gettext_noop("Somebody changed this record in the same moment. Look again, then correct it.")


def correct(
    *,
    actor: Actor,
    person: Person,
    field: str,
    value: str,
    saying: Saying,
    now: datetime,
    reason: Reason = NO_REASON,
    record_id: UUID | None = None,
) -> Rectified | Denied:
    """Replace one value of a person by what the person says is right, in each record that says the same.

    `record_id` chooses among records that say different things; without it they must agree, and where none
    holds the field the newest record is completed. What it was before stays sealed with its record, the
    person becomes its source, and whoever received it is told in the same transaction. An employee needs a
    reason by which the policies let this field be corrected; otherwise Denied, with an alarm. Raises
    NotPermitted, Refused.
    """
    actor.require(FUNCTION)
    known = declared()
    _refuse_unusable(field, person, saying, now)
    if actor.kind == "employee":
        denied = permit(
            actor=actor,
            person=person.pk,
            reason=reason,
            action="edit",
            resource=known.groups[field],
            now=now,
        )
        if denied is not None:
            return denied
    act = uuid7()
    changes = _changes(act, person, field, record_id, now)
    plans = [(change, _plan(change, field, value, known, now)) for change in changes]
    plans = [(change, plan) for change, plan in plans if plan.changes]
    if not plans:
        raise Refused("correction_same", gettext_noop("This is what is stored already. Nothing was changed."))
    sealed = {change.record.pk: _sealed(change, plan, known) for change, plan in plans}
    with transaction.atomic():
        for change, plan in plans:
            _write(actor, act, change, plan, sealed[change.record.pk], saying, now)
        stored_only.hide_again(change.record.pk for change, _ in plans)
        record(
            actor=actor,
            kind="register.corrected",
            now=now,
            person=person.pk,
            payload={
                "act": str(act),
                "records": [str(change.record.pk) for change, _ in plans],
                "fields": sorted({name for _, plan in plans for name in plan.changes}),
                "how": saying.how,
                "said_at": (saying.at or now).isoformat(),
            },
        )
        corrected = {change.record.pk: frozenset(plan.changes) for change, plan in plans}
        telling.announce(telling.Corrected(actor=actor, act=act, source=None, fields=corrected, now=now))
    return Rectified(act, tuple(corrected))


def _refuse_unusable(field: str, person: Person, saying: Saying, now: datetime) -> None:
    if not can_be_corrected(field):
        raise Refused(
            "correction_field",
            gettext_noop(
                "“%(field)s” is no field that can be corrected here. Contracts are corrected where they are"
                " kept, and come with the next file."
            ),
            field=field[:40],
        )
    if person.erased_at is not None:
        raise Refused(
            "correction_person_erased", gettext_noop("This person was erased: there is nothing to correct.")
        )
    if saying.how not in Correction.How.values or len(saying.reference) > LONGEST_REFERENCE:
        raise Refused(
            "correction_how",
            gettext_noop(
                "Say how the person said it (%(known)s), with a reference of up to %(most)s characters."
            ),
            known=", ".join(Correction.How.values),
            most=LONGEST_REFERENCE,
        )
    if saying.at is not None and saying.at > now:
        raise Refused(
            "correction_in_future",
            gettext_noop("This is dated %(day)s, which has not come yet. Check the date."),
            day=saying.at.date(),
        )


def _changes(act: UUID, person: Person, field: str, chosen: UUID | None, now: datetime) -> list[_Change]:
    """The records that say what is wrong, opened, each with its fields that say it."""
    records = list(
        Record.objects.filter(person=person)
        .select_related("source__controller", "batch", "wording")
        .order_by("-recorded_at", "-pk")
    )
    known = [each.pk for each in records]
    opened = open_for_job(
        actor=Actor.job(str(act), f"open:{OPEN}"),
        kind="record",
        ids=known,
        fields={name for each in records for name in each.fields} | stored_only.names_in(known),
        why=OPEN,
        now=now,
        stored_only=True,
    )
    records = [each for each in records if each.pk in opened]
    if chosen is not None and chosen not in {each.pk for each in records}:
        raise Refused(
            "correction_record", gettext_noop("This record is not one of the person. Choose another one.")
        )
    said = {str(opened[each.pk].get(field, "")) for each in records if opened[each.pk].get(field)}
    if chosen is not None:
        wrong = str(opened[chosen].get(field, ""))
    elif len(said) > 1:
        raise Refused(
            "correction_ambiguous",
            gettext_noop(
                "%(count)s different values are stored for this. Choose the source whose value is wrong."
            ),
            count=len(said),
        )
    else:
        wrong = next(iter(said), "")
    if not records:
        raise Refused("correction_nobody", gettext_noop("Nothing is stored of this person any more."))
    if not wrong:
        completed = next((each for each in records if each.pk == chosen), records[0])
        return [_Change(completed, opened[completed.pk], (field,))]
    found = []
    for each in records:
        values = opened[each.pk]
        names = [name for name in values if name == field or (is_phone(name) and is_phone(field))]
        fields = tuple(name for name in names if values[name] == wrong)
        if fields:
            found.append(_Change(each, values, fields))
    return found


def _plan(change: _Change, field: str, value: str, known: Declared, now: datetime) -> Plan:
    """What the record becomes; `changes` are the fields that are different then."""
    stored, today = change.record, local_day(now, change.record.source.controller.country)
    right = _read(field, value, stored.source.default_country, today)
    row = ParsedRow(stored.sheet, stored.row)
    values = {**change.values, **dict.fromkeys(change.fields, right)}
    read_again(row, {name: str(text) for name, text in values.items()})
    setting = _setting(stored, known, now)
    plan = Plan(
        row,
        Outcome.UPDATED,
        key=bytes(stored.key_in_source),
        record=stored.pk,
        person=stored.person_id,
        before=bytes(stored.content_hash),
        wording=stored.wording_id,
        obtained_on=stored.obtained_on,
        language=values.get("language") or stored.language,
        tokens=tokens_of(row.values, row.e164),
    )
    weigh(plan)
    facts.add_dial_values(setting, [plan])
    plan.changes = [name for name in change.fields if change.values.get(name, "") != right]
    return plan


def _read(field: str, value: str, region: str, today: date) -> str:
    text = " ".join(value.split())
    if not text or len(text) > LONGEST or not text.isprintable():
        raise Refused(
            "correction_value",
            gettext_noop("Give the right value, in 1 to %(most)s characters."),
            most=LONGEST,
        )
    row = read_value(field, text, region=region, today=today)
    if row.problems or not row.values.get(field):
        raise Refused(
            "correction_unreadable",
            gettext_noop(
                "This cannot be read as such a value. Write a telephone number with + and country code, a day"
                " as 1980-12-31, an e-mail address whole."
            ),
        )
    return row.values[field]


def _setting(stored: Record, known: Declared, now: datetime) -> Setting:
    batch = stored.batch or ImportBatch(source=stored.source)
    return Setting(
        batch=batch, source=stored.source, declared=known, consent=ConsentTexts(stored.source), now=now
    )


def _sealed(change: _Change, plan: Plan, known: Declared) -> dict[str, bytes]:
    """compartment → blob of what the record holds now, and `previous` → what the fields held before."""
    owner = change.record.pk
    touched = {known.compartments[name] for name in plan.changes}
    contents = {name: part for name, part in plan.contents(known).items() if name in touched}
    home = known.compartments[plan.changes[0]]
    items = [ToSeal(owner, name, writing.use_of(name), part) for name, part in contents.items()]
    before = {name: change.values[name] for name in plan.changes if change.values.get(name)}
    items.append(ToSeal(owner, home, PREVIOUS_USE, before))
    return dict(zip([*contents, "previous"], seal_many(items), strict=True))


def _write(
    actor: Actor,
    act: UUID,
    change: _Change,
    plan: Plan,
    sealed: Mapping[str, bytes],
    saying: Saying,
    now: datetime,
) -> None:
    stored = change.record
    if Record.objects.select_for_update().get(pk=stored.pk).fields != stored.fields:
        raise Refused("correction_overtaken", _OVERTAKEN)  # a field went meanwhile: it must not come back
    blobs = {name: blob for name, blob in sealed.items() if name != "previous"}
    setting = _setting(stored, declared(), now)
    history = extended(
        stored,
        batch=None,  # no file: the person
        sheet="",
        row=0,
        at=now,
        obtained_on=local_day(saying.at or now, stored.source.controller.country),
        basis=stored.basis,
        wording=stored.wording_id,
        fields=plan.parsed.values,
        changes=plan.changes,
    )
    if not writing.rewrite(setting, plan, blobs, basis=stored.basis, history=history):
        raise Refused("correction_overtaken", _OVERTAKEN)
    for name in plan.changes:
        standing = Correction.objects.filter(record=stored, field=name, ended_at=None)
        before = standing.values_list("before", flat=True).first()
        standing.update(ended_at=now)
        Correction.objects.create(
            act=act,
            record=stored,
            field=name,
            how=saying.how,
            reference=saying.reference,
            said_at=saying.at or now,
            recorded_at=now,
            actor=actor.ref,
            # What the source says stays what it was, however often the person corrects it.
            before=stored.field_hashes.get(name, "") if before is None else before,
            previous=sealed["previous"],
        )
