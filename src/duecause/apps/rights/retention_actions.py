"""Carry out the retention rules in force: what is due goes, what is held stays, and both can be shown.

People are taken in small groups. For each group one transaction reads again what is due, tells the call
centres, removes the rows and writes certificates and events; keys are destroyed after it; database files are
scrubbed and everything read back at the end. A run that is killed goes on from the certificates it left.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from duecause.apps.catalogue.retention_queries import book_of, in_force
from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.apps.consent.proof import proof_of
from duecause.apps.dialling.models import ListRow, ReleaseRow
from duecause.apps.gate.actions import open_for_job
from duecause.apps.ledger.actions import record
from duecause.apps.register.fields import SEALED_IN
from duecause.apps.register.models import DialFact, ImportRow, Lookup, Person, Record, RelationFact
from duecause.apps.rights import planning, reading_back, removing, scrubbing, stores
from duecause.apps.rights.certifying import consents_of
from duecause.apps.rights.models import RetentionCertificate
from duecause.apps.rights.retention_facts import Holding, Known, Walk
from duecause.apps.rights.retention_removing import Order, bring_back, carry_out, released_rows
from duecause.apps.rights.rules import rules
from duecause.apps.rights.telling import Order as Telling
from duecause.apps.rights.telling import hand_over
from duecause.apps.vault.actions import bury_keys
from duecause.apps.vault.models import Compartment, DataKey
from duecause.engine import retention, tlog
from duecause.engine.actor import Actor
from duecause.engine.ids import uuid7
from duecause.engine.problems import Refused, gettext_noop

FUNCTION, OPEN = "rights.retention", "retention"
FORMAT = "duecause.retention/1"
AT_ONCE = 50  # people per transaction: others write in between
Stage = RetentionCertificate.Stage
Progress = Callable[[int, int], None]
Item = TypeVar("Item")
_LEFT = gettext_noop(
    "Retention was carried out, but reading back still found %(found)s. Look at these rows, then retry."
)


@dataclass(slots=True)
class Totals:
    """Of one run. `fields` per action."""

    persons: int = 0
    records: int = 0
    whole: int = 0
    keys: int = 0
    proofs: int = 0
    returned: int = 0
    fields: Counter[str] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        return {
            "persons": self.persons,
            "records": self.records,
            "records_whole": self.whole,
            "keys": self.keys,
            "proofs": self.proofs,
            "fields_returned": self.returned,
            "fields": dict(sorted(self.fields.items())),
        }


def run_retention(
    *, actor: Actor, run: UUID, now: datetime, progress: Progress = lambda done, total: None
) -> dict[str, Any]:
    """Carry out everything that is due. Idempotent; again finds nothing. `actor` carries FUNCTION and
    `open:retention`; `run` names the certificates of this run.

    Returns counts, without rules in force nothing but that. Raises NotPermitted, Busy where files cannot be
    scrubbed yet, Refused where something was found on reading back.
    """
    actor.require(FUNCTION)
    actor.require(f"open:{OPEN}")
    totals = Totals()
    version = in_force()
    _finish_keys(totals, now)
    book = book_of(version)
    if version is not None and book is not None:
        walk = Walk([book], now)
        total, seen = Person.objects.filter(erased_at=None).count(), 0
        for chunk in walk.everybody():
            due = [known.person for (known,) in chunk if _concerns(known)]
            for group in _groups(due, AT_ONCE):
                _one_group(_Work(actor, walk, run, version.number, now), group, totals)
                _finish_keys(totals, now)
            seen += len(chunk)
            progress(min(seen, total), total)
    _end_proofs(actor, totals, now)
    _prove(actor, now)
    _drop_old_certificates(now)
    return {"version": version.number if version else None, **totals.plain()}


@dataclass(frozen=True, slots=True)
class _Work:
    actor: Actor
    walk: Walk
    run: UUID
    version: int
    now: datetime


def _concerns(known: Known) -> bool:
    return any(each.due() or each.back() for each in known.holdings)


def _one_group(work: _Work, people: Sequence[UUID], totals: Totals) -> None:
    with transaction.atomic():
        list(Record.objects.select_for_update().filter(person__in=people).order_by("pk").values_list("pk"))
        # Again, under the lock: a hold, a request or an import may have come since.
        known = [each for (each,) in work.walk.each(people) if _concerns(each)]
        _return(work, [holding for each in known for holding in each.holdings], totals)
        orders = _orders(work, known)
        if not orders:
            return
        plans = [_Plan.of(person, of_person) for person, of_person in orders.items()]
        case, ordered = _tell(work, plans)
        written = [_one_person(work, plan, case, ordered, totals) for plan in plans]
        hashes = sorted(_hash(certificate.content) for certificate in written)
        payload = {
            "run": str(work.run),
            "version": work.version,
            "persons": len(written),
            "records": sum(len(each) for each in orders.values()),
            "fields": dict(sorted(_fields(orders.values()).items())),
            "certificates": hashlib.sha256("".join(hashes).encode()).hexdigest(),
        }
        record(actor=work.actor, kind="rights.retention_batch", now=work.now, payload=payload)


def _return(work: _Work, holdings: Sequence[Holding], totals: Totals) -> None:
    """Into use again what would not be taken out of it by now."""
    back = {holding.record: names for holding in holdings if (names := holding.back())}
    if not back:
        return
    fields = bring_back(back)
    totals.returned += fields
    payload = {"run": str(work.run), "version": work.version, "records": len(back), "fields": fields}
    record(actor=work.actor, kind="rights.retention_returned", now=work.now, payload=payload)


def _orders(work: _Work, due: Sequence[Known]) -> dict[UUID, list[Order]]:
    """Per person what is due, with what the seals hold."""
    holdings = [holding for known in due for holding in known.holdings if holding.due()]
    rows = Record.objects.select_related("source").in_bulk([holding.record for holding in holdings])
    opened = open_for_job(
        actor=work.actor,
        kind="record",
        ids=sorted(rows),
        fields={fate.field for holding in holdings for fate in holding.fates},
        why=OPEN,
        now=work.now,
        stored_only=True,
    )
    found: dict[UUID, list[Order]] = {}
    for known in due:
        for holding in known.holdings:
            endings = holding.due()
            if endings and holding.record in rows:
                every = frozenset(fate.field for fate in holding.fates)
                order = Order(rows[holding.record], endings, opened.get(holding.record, {}), every)
                found.setdefault(known.person, []).append(order)
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """One person: what is due, which rows call centres hold of it, whether nothing else is left."""

    person: UUID
    orders: Sequence[Order]
    released: Sequence[ReleaseRow]
    nothing_left: bool

    @classmethod
    def of(cls, person: UUID, orders: Sequence[Order]) -> _Plan:
        whole = [order.row.pk for order in orders if order.whole]
        nothing_left = not Record.objects.filter(person=person).exclude(pk__in=whole).exists()
        if nothing_left:
            return cls(person, orders, list(stores.release_rows(person)), True)
        return cls(person, orders, [row for order in orders for row in released_rows(order)], False)


def _tell(work: _Work, plans: Sequence[_Plan]) -> tuple[UUID, set[str]]:
    """One order for all rows that go together, and of whoever goes as a whole one of their own, for those who
    know persons and not rows. Gives the name of the first and the centres that have it."""
    for plan in plans:
        if plan.nothing_left:
            hand_over(Telling(work.actor, uuid7(), plan.person, [], work.now))
    case, rows = uuid7(), [row.pk for plan in plans for row in plan.released]
    if not rows:
        return case, set()
    return case, hand_over(Telling(work.actor, case, None, rows, work.now))


def _one_person(
    work: _Work, plan: _Plan, case: UUID, ordered: set[str], totals: Totals
) -> RetentionCertificate:
    whole = [order.row.pk for order in plan.orders if order.whole]
    consents = consents_of(Record.objects.filter(pk__in=whole))
    of_person = ReleaseRow.objects.filter(pk__in=[row.pk for row in plan.released])
    centres = sorted(set(of_person.values_list("release__centre__code", flat=True)))
    rows: Counter[str] = Counter()
    rows["dialling.ReleaseRow"] += removing.blank_release_rows(of_person)
    for order in plan.orders:
        rows.update(carry_out(order, now=work.now))
    proof_until = _end_person(plan.person, work.now) if plan.nothing_left else None
    certificate = RetentionCertificate(
        person_id=plan.person,
        run=work.run,
        version=work.version,
        removed_at=work.now,
        proof_until=proof_until,
    )
    certificate.content = {
        "format": FORMAT,
        "certificate": str(certificate.pk),
        "person": str(plan.person),
        "run": str(work.run),
        "rules": work.version,
        "at": work.now.isoformat(),
        "records": [_told(order) for order in plan.orders],
        "rows": {table: n for table, n in sorted(rows.items()) if n},
        "call_centres": {code: "ordered" if code in ordered else "to_be_told" for code in centres},
        "order": str(case) if centres else None,
        "consents_proved": consents,
        "person_gone": plan.nothing_left,
        "proof_until": proof_until.isoformat() if proof_until else None,
    }
    certificate.save(force_insert=True)
    totals.persons += 1
    totals.records += len(plan.orders)
    totals.whole += len(whole)
    totals.fields.update(_fields([plan.orders]))
    return certificate


def _told(order: Order) -> dict[str, Any]:
    return {
        "record": str(order.row.pk),
        "source": order.row.source.code,
        "whole": order.whole,
        "fields": {
            name: {
                "action": str(ending.action),
                "until": ending.until.isoformat(),
                "rule": retention.as_plain(ending.rule),
            }
            for name, ending in sorted(order.due.items())
        },
    }


def _end_person(person: UUID, now: datetime) -> date | None:
    """Nothing is left of the person but what they said: until when the proof of that is kept."""
    stores.list_rows(person).update(record=None, person=None, token=None)
    Person.objects.filter(pk=person, erased_at=None).update(erased_at=now)
    proof = proof_of(person) if stores.newest_word(person) else None
    return proof.until if proof else None


def _finish_keys(totals: Totals, now: datetime) -> None:
    """Destroy the keys of what was removed; a certificate says of what, so that a crash loses none."""
    for certificate in RetentionCertificate.objects.filter(stage=Stage.REMOVED).order_by("pk"):
        owners: dict[UUID, list[str]] = {UUID(text): list(SEALED_IN) for text in _whole(certificate)}
        if certificate.content["person_gone"]:
            owners[certificate.person_id] = [
                str(name) for name in planning.compartments(certificate.person_id)
            ]
        destroyed = bury_keys(owners, now=now) if owners else 0
        content = {**certificate.content, "keys_destroyed": destroyed}
        moved = RetentionCertificate.objects.filter(pk=certificate.pk, stage=Stage.REMOVED)
        if moved.update(stage=Stage.KEYLESS, content=content):
            totals.keys += destroyed


def _prove(actor: Actor, now: datetime) -> None:
    """Scrub the files once, read back each, then write the event with its hash. Raises Busy, Refused."""
    waiting = RetentionCertificate.objects.filter(stage=Stage.KEYLESS)
    if not waiting.exists():
        return
    scrubbed = scrubbing.scrub(removing.TOUCHED)
    for group in _groups(waiting.order_by("pk"), AT_ONCE):
        left = _leftovers(actor, group, now)
        if left:
            raise Refused("rights.left", _LEFT, found=", ".join(f"{name}: {n}" for name, n in left.items()))
        with transaction.atomic():
            for certificate in group:
                content = {**certificate.content, "files": scrubbed, "read_back": "nothing_found"}
                event = record(
                    actor=actor,
                    kind="rights.retention_done",
                    now=now,
                    person=certificate.person_id,
                    payload={"certificate": str(certificate.pk), "sha256": _hash(content)},
                )
                RetentionCertificate.objects.filter(pk=certificate.pk).update(
                    stage=Stage.PROVEN, proven_at=now, content=content, event=event.uid
                )


def _leftovers(actor: Actor, certificates: Sequence[RetentionCertificate], now: datetime) -> dict[str, int]:
    """By another way than the removal went; every figure must be 0."""
    gone = [UUID(text) for certificate in certificates for text in _whole(certificate)]
    blanked = {
        UUID(each["record"]): [n for n, f in each["fields"].items() if f["action"] in retention.ENDING]
        for certificate in certificates
        for each in certificate.content["records"]
        if not each["whole"]
    }
    count = reading_back.count_rows
    found = {model.__name__: count(model, "record", gone) for model in _POINTING}
    found["Record"] = count(Record, "id", gone)
    found["keys"] = count(DataKey, "owner", gone, "length(wrapped) > 0")
    names = {name for fields in blanked.values() for name in fields}
    if names:
        changed = Record.objects.filter(
            pk__in=blanked, changed_at__gte=min(c.removed_at for c in certificates)
        )
        again = set(changed.values_list("pk", flat=True))  # an import has brought a newer row since
        opened = open_for_job(
            actor=actor, kind="record", ids=sorted(blanked), fields=names, why=OPEN, now=now, stored_only=True
        )
        found["opened"] = sum(
            name in opened.get(pk, {}) for pk, fields in blanked.items() if pk not in again for name in fields
        )
    return {name: n for name, n in found.items() if n}


_POINTING = (Lookup, DialFact, RelationFact, ListRow, ReleaseRow, ImportRow, ConsentEvent, Objection)


def _end_proofs(actor: Actor, totals: Totals, now: datetime) -> None:
    """Whoever has gone, and of whose words the proof is no longer asked for."""
    due = RetentionCertificate.objects.filter(proof_until__lt=now.date(), proof_ended_at=None)
    for certificate in due.order_by("pk"):
        proof = proof_of(certificate.person_id)
        if proof is not None and proof.until >= now.date():  # the person has spoken since
            RetentionCertificate.objects.filter(pk=certificate.pk).update(proof_until=proof.until)
            continue
        bury_keys({certificate.person_id: [Compartment.PROOF]}, now=now)
        with transaction.atomic():
            ConsentEvent.objects.filter(person=certificate.person_id).update(evidence=None)
            RetentionCertificate.objects.filter(pk=certificate.pk).update(proof_ended_at=now)
            record(
                actor=actor,
                kind="rights.retention_proof_ended",
                now=now,
                person=certificate.person_id,
                payload={"certificate": str(certificate.pk)},
            )
        totals.proofs += 1


def _drop_old_certificates(now: datetime) -> None:
    """They are about people too. One whose proof is still kept stays, or nobody would end that."""
    old = RetentionCertificate.objects.filter(
        stage=Stage.PROVEN, proven_at__date__lt=rules().certificates_since(now.date())
    )
    old.exclude(proof_until__isnull=False, proof_ended_at=None).delete()


def _whole(certificate: RetentionCertificate) -> list[str]:
    return [each["record"] for each in certificate.content["records"] if each["whole"]]


def _fields(groups: Iterable[Sequence[Order]]) -> Counter[str]:
    return Counter(
        str(ending.action) for orders in groups for order in orders for ending in order.due.values()
    )


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(tlog.canonical_json(dict(content))).hexdigest()


def _groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
