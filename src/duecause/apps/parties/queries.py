"""Reads of parties: who holds a key, what is known of a partner, and what closes the gate to it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar

from django.db.models import F, QuerySet

from duecause.apps.parties.models import ApiKey, Contract, Partner, Source, TransferBasis
from duecause.apps.statements import Statement
from duecause.engine.problems import Problem
from duecause.engine.transfers import Decision, PartyFacts, blocking_reasons, gate_open_until
from duecause.packs.law import adequacy

FeedOverdue = Callable[[Partner, datetime], bool]
_feed_overdue: list[FeedOverdue] = []


def provides_feed_overdue(provider: FeedOverdue) -> FeedOverdue:
    """Register who knows whether a partner has not acknowledged in time what it must act on."""
    _feed_overdue.append(provider)
    return provider


def prefix_of(clear: str) -> str:
    """The part of a key (dc_<prefix>_<secret>) by which its row is found; empty for another form."""
    kind, _, rest = clear.partition("_")
    prefix, _, secret = rest.partition("_")
    return prefix if kind == "dc" and secret and prefix.isprintable() else ""


def partner_by_key(clear: str, *, scope: str) -> Partner | None:
    """The partner that holds this key for this scope. None for an unknown, revoked or other key: the caller
    answers all of them alike."""
    prefix = prefix_of(clear)
    found = _KEYS.rows(prefix=prefix) if prefix else []
    key_hash, revoked_at, scopes, *partner = found[0] if found else (hash_of(""), None, (), None)
    # Compared in every case, so that the time taken does not tell which prefixes exist.
    same = hmac.compare_digest(hash_of(clear), key_hash)
    if not found or not same or revoked_at is not None or scope not in scopes:
        return None
    return Partner.from_db("default", _PARTNER_COLUMNS, partner)


_PARTNER_COLUMNS = [field.attname for field in Partner._meta.concrete_fields]


def _key(*, prefix: str) -> QuerySet[ApiKey, Any]:
    of_partner = (f"partner__{name}" for name in _PARTNER_COLUMNS)
    return ApiKey.objects.filter(prefix=prefix).values_list("key_hash", "revoked_at", "scopes", *of_partner)


class _Terms(NamedTuple):
    """What of a contract the gate asks."""

    valid_from: date
    valid_to: date | None
    clauses_missing: list[str]


def _standing(*, partner: int) -> QuerySet[Partner, Any]:
    """One row per contract, the newest first, each with the transfer basis."""
    contract = ("contracts__valid_from", "contracts__valid_to", "contracts__clauses_missing")
    transfer = ("mechanism", "module", "assessed_on", "assessment_valid_to", "scope_listed")
    rows = Partner.objects.filter(pk=partner).order_by("-contracts__valid_from")
    return rows.values_list(*contract, *(f"transfer__{name}" for name in transfer))


Agreed = TypeVar("Agreed", Contract, _Terms)
# A call waits for these.
_KEYS, _STANDING = Statement(_key), Statement(_standing)


def hash_of(clear: str) -> str:
    return hashlib.sha256(clear.encode()).hexdigest()


def party_facts(partner: Partner, on: date | None = None, *, now: datetime | None = None) -> PartyFacts:
    """What is known of a partner. Of several contracts the one in force on the day `on`, else the newest."""
    moment = now or datetime.now(UTC)
    rows = _STANDING.rows(partner=partner.pk)
    contract = _in_force([_Terms(*row[:3]) for row in rows if row[0] is not None], on)
    mechanism, module, assessed_on, valid_to, scope_listed = rows[0][3:] if rows else (None,) * 5
    return PartyFacts(
        code=partner.code,
        name=partner.name,
        country=partner.country,
        contract_valid_from=contract.valid_from if contract else None,
        contract_valid_to=contract.valid_to if contract else None,
        contract_clauses_missing=tuple(contract.clauses_missing) if contract else (),
        mechanism=mechanism or "none",
        scc_module=module or "",
        tia_on=assessed_on,
        tia_valid_to=valid_to,
        scope_listed=bool(scope_listed),
        suspended=partner.suspended_on is not None and (on is None or partner.suspended_on <= on),
        feed_overdue=any(overdue(partner, moment) for overdue in _feed_overdue),
    )


def blocking_reasons_of(partner: Partner, on: date, *, now: datetime | None = None) -> tuple[Problem, ...]:
    """Every reason why nothing may be released to this partner on a day; empty when the gate is open."""
    return blocking_reasons(party_facts(partner, on, now=now), on=on, adequacy=adequacy())


def _contract(partner: Partner, on: date | None) -> Contract | None:
    return _in_force(list(Contract.objects.filter(partner=partner).order_by("-valid_from")), on)


def _in_force(contracts: Sequence[Agreed], on: date | None) -> Agreed | None:
    if on is not None:
        for contract in contracts:
            if contract.valid_from <= on and (contract.valid_to is None or on <= contract.valid_to):
                return contract
    return contracts[0] if contracts else None


@dataclass(frozen=True, slots=True)
class PartyState:
    """A partner on a day. `closes_after`: last day on which the gate is open by what is known now. `inside`:
    the country is part of the European Economic Area, so that no transfer basis is needed."""

    partner: Partner
    contract: Contract | None
    transfer: TransferBasis | None
    decision: Decision | None
    inside: bool
    reasons: tuple[Problem, ...]
    closes_after: date | None


def state_of(partner: Partner, on: date) -> PartyState:
    facts = party_facts(partner, on)
    return PartyState(
        partner=partner,
        contract=_contract(partner, on),
        transfer=TransferBasis.objects.filter(partner=partner).first(),
        decision=adequacy().decision(partner.country, on),
        inside=partner.country in adequacy().eea,
        reasons=blocking_reasons(facts, on=on, adequacy=adequacy()),
        closes_after=gate_open_until(facts, on=on, adequacy=adequacy()),
    )


def call_centres() -> list[Partner]:
    return list(Partner.objects.filter(kind=Partner.Kind.CALL_CENTRE).order_by("name"))


def keys_of(partner: Partner) -> list[ApiKey]:
    """Valid ones first, the newest on top."""
    return list(partner.api_keys.order_by(F("revoked_at").desc(nulls_first=True), "-created_at"))


def sources() -> list[Source]:
    """With their party, controller and wordings."""
    rows = Source.objects.select_related("party", "controller").prefetch_related("wordings")
    return list(rows.order_by("name"))
