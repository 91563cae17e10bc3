"""Find the stored records that may be the same human as new or changed ones, and weigh the evidence.

Candidates share a look-up token. Their names and birth dates are opened through the gate, in one event per
chunk; what the new rows say is in memory already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from duecause.apps.bulk import rows_among
from duecause.apps.gate.actions import open_for_job
from duecause.apps.register.fields import IDENTITY
from duecause.apps.register.identifiers import CUSTOMER_NO, PERSONAL
from duecause.apps.register.models import Lookup, Record
from duecause.apps.register.planning import Plan, Setting, slices
from duecause.engine.actor import Actor
from duecause.engine.matching import Evidence, Identity
from duecause.engine.matching.linking import weigh
from duecause.engine.matching.surroundings import MOST_SHARING, Surroundings

WHY = "matching"

Shared = tuple[str, bytes, int | None]
"""Kind, token and, for a customer number, the controller whose number it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """Two records, the smaller id first, and what speaks for them being one human."""

    a: UUID
    b: UUID
    evidence: Evidence


def shared_of(tokens: Sequence[tuple[str, bytes]], controller: int) -> set[Shared]:
    return {
        (kind, token, controller if kind == CUSTOMER_NO else None)
        for kind, token in tokens
        if kind in PERSONAL
    }


def identity_of(values: Mapping[str, Any], shared: Collection[Shared]) -> Identity:
    kinds: dict[str, set[object]] = defaultdict(set)
    for kind, token, controller in shared:
        kinds[kind].add((token, controller))
    birth = values.get("birth_date")
    return Identity(
        first=values.get("first_name") or values.get("initials", ""),
        last=values.get("last_name", ""),
        company=values.get("company", ""),
        birth=date.fromisoformat(birth) if birth else None,
        phones=frozenset(kinds["phone"]),
        emails=frozenset(kinds["email"]),
        customer_nos=frozenset(kinds["customer_no"]),
        postcode=values.get("postcode", ""),
        street=f"{values.get('street', '')} {values.get('house_number', '')}".strip(),
    )


def find_links(*, setting: Setting, plans: Sequence[Plan], now: datetime) -> list[Found]:
    """Pairs worth a link or a suggestion among the chunk's written records and all stored ones."""
    written = [plan for plan in plans if plan.writes_record and plan.record]
    shared = _met_again(token for plan in written for kind, token in plan.tokens if kind in PERSONAL)
    own: dict[UUID, set[Shared]] = {}
    values: dict[UUID, Mapping[str, Any]] = {}
    for plan in written:
        if any(token in shared for _, token in plan.tokens):
            own[plan.record_id] = shared_of(plan.tokens, setting.source.controller_id)
            values[plan.record_id] = plan.parsed.values
    if not own:
        return []
    return _weigh(own, values, actor=Actor.job(str(setting.batch.pk), f"open:{WHY}"), now=now)


def _met_again(tokens: Iterable[bytes]) -> set[bytes]:
    """Those that come twice, or that a stored record has: the other rows, nearly all, have no pair."""
    once: set[bytes] = set()
    again: set[bytes] = set()
    for token in tokens:
        (again if token in once else once).add(token)
    again.update(bytes(token) for (token,) in rows_among(Lookup, ("token",), column="token", values=once))
    return again


def find_links_of_records(*, records: Sequence[UUID], job: str, now: datetime) -> list[Found]:
    """The same for stored records, when others were stored at the same time elsewhere."""
    own = shared_by_record(records)
    return _weigh(own, {}, actor=Actor.job(job, f"open:{WHY}"), now=now)


def opened_identities(*, records: Sequence[UUID], actor: Actor, now: datetime) -> dict[UUID, Identity]:
    """What stored records say about their humans, opened by a job in one event; erased ones are left out."""
    values = open_for_job(actor=actor, kind="record", ids=records, fields=IDENTITY, why=WHY, now=now)
    shared = shared_by_record(records)
    return {record: identity_of(values[record], shared[record]) for record in records if record in values}


def _weigh(
    own: dict[UUID, set[Shared]], values: dict[UUID, Mapping[str, Any]], *, actor: Actor, now: datetime
) -> list[Found]:
    first: dict[Shared, UUID] = {}
    holders: dict[Shared, set[UUID]] = {}  # of what two or more records share
    for record, shared in own.items():
        for item in shared:
            holder = first.setdefault(item, record)
            if holder != record:
                holders.setdefault(item, {holder}).add(record)
    for item, record in _stored_holders(first):
        if first[item] != record:
            holders.setdefault(item, {first[item]}).add(record)
    pairs = {
        (min(record, other), max(record, other))
        for sharing in holders.values()
        if len(sharing) <= MOST_SHARING
        for record in sharing
        if record in own
        for other in sharing
        if other != record
    }
    if not pairs:
        return []
    involved = {record for pair in pairs for record in pair}
    unopened = sorted(involved - values.keys())
    if unopened:
        opened = open_for_job(actor=actor, kind="record", ids=unopened, fields=IDENTITY, why=WHY, now=now)
        values = {**values, **opened}
    shared_by = {**shared_by_record([record for record in involved if record not in own]), **own}
    identities = {
        record: identity_of(values[record], shared_by.get(record, ()))
        for record in involved
        if record in values
    }
    # Who lives at the same address, or uses another number of a stored record, is not known here: the round
    # over the whole register (proposing) looks again.
    among = Surroundings(identities, complete=False)
    known = (pair for pair in sorted(pairs) if pair[0] in identities and pair[1] in identities)
    return [Found(one.a, one.b, one.evidence) for one in weigh(known, among)]


def _stored_holders(wanted: Mapping[Shared, object]) -> list[tuple[Shared, UUID]]:
    tokens = {token for _, token, _ in wanted}
    rows = list(rows_among(Lookup, ("kind", "token", "record_id"), column="token", values=tokens))
    numbered = {UUID(str(record)) for kind, _, record in rows if kind == CUSTOMER_NO}
    controllers: dict[UUID, int] = {}
    for part in slices(numbered):
        owned = Record.objects.filter(pk__in=part)
        controllers.update(owned.values_list("pk", "source__controller_id"))
    found = []
    for kind, token, record in rows:
        holder = UUID(str(record))
        controller = controllers[holder] if kind == CUSTOMER_NO else None
        item = (kind, bytes(token), controller)
        if item in wanted:
            found.append((item, holder))
    return found


def shared_by_record(records: Sequence[UUID]) -> dict[UUID, set[Shared]]:
    """The look-up tokens of stored records."""
    found: dict[UUID, set[Shared]] = {record: set() for record in records}
    for part in slices(records):
        controllers = dict(Record.objects.filter(pk__in=part).values_list("pk", "source__controller_id"))
        rows = Lookup.objects.filter(record__in=part, kind__in=PERSONAL)
        for record, kind, token in rows.values_list("record_id", "kind", "token"):
            found[record] |= shared_of([(kind, bytes(token))], controllers[record])
    return found
