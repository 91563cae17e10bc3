"""Reads of parties: who holds a key, what is known of a partner, and what closes the gate to it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, QuerySet

from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import told
from duecause.apps.parties.models import ApiKey, Override, Partner, Source
from duecause.apps.parties.standing import party_facts, provides_overdue
from duecause.apps.statements import Statement
from duecause.engine.partyfacts import Block, PartyFacts
from duecause.engine.partygate import Ending, blocking_reasons, blocks, closes_after, endings
from duecause.engine.problems import Problem
from duecause.packs.law import party_rules

__all__ = ["party_facts", "provides_overdue"]


def prefix_of(clear: str) -> str:
    """The part of a key (dc_<prefix>_<secret>) by which its row is found; empty for another form."""
    kind, _, rest = clear.partition("_")
    prefix, _, secret = rest.partition("_")
    return prefix if kind == "dc" and secret and prefix.isprintable() else ""


def new_key() -> tuple[str, str]:
    """(prefix, the key in clear): dc_<prefix>_<secret>. The secret has 256 random bits, so that a slow hash
    would add nothing."""
    prefix = secrets.token_hex(4)
    return prefix, f"dc_{prefix}_{secrets.token_urlsafe(32)}"


def holder_of(keepers: QuerySet[Any], clear: str) -> Any:
    """Who of `keepers` (rows with `key_prefix`, `key_hash`, `ended_at`) holds this key; None for an unknown
    key and for one who has ended."""
    prefix = prefix_of(clear)
    found = keepers.filter(key_prefix=prefix, ended_at=None).first() if prefix else None
    # Compared in every case, so that the time taken does not tell which prefixes exist.
    same = hmac.compare_digest(hash_of(clear), found.key_hash if found else hash_of(""))
    return found if found and same else None


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


_KEYS = Statement(_key)  # a call waits for it


def hash_of(clear: str) -> str:
    return hashlib.sha256(clear.encode()).hexdigest()


def blocking_reasons_of(partner: Partner, on: date, *, now: datetime | None = None) -> tuple[Problem, ...]:
    """Every reason why nothing may be released to this partner on a day; empty when the gate is open."""
    return blocking_reasons(party_facts(partner, on, now=now), on=on, rules=party_rules())


def open_until(partner: Partner, on: date, *, now: datetime | None = None) -> date | None:
    """The last day on which the gate is open by what is known now; None: none closes it or it is closed."""
    return closes_after(party_facts(partner, on, now=now), on=on, rules=party_rules())


@dataclass(frozen=True, slots=True)
class PartyState:
    """A partner on a day. `closes_after`: last day on which the gate is open by what is known now."""

    partner: Partner
    facts: PartyFacts
    blocks: tuple[Block, ...]
    closes_after: date | None

    @property
    def reasons(self) -> tuple[Problem, ...]:
        return tuple(block.problem for block in self.blocks if block.stops)

    @property
    def overridden(self) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if not block.stops)

    @property
    def open(self) -> bool:
        return not self.reasons


def gate_of(partner: Partner, on: date, *, now: datetime | None = None) -> PartyState:
    facts, rules = party_facts(partner, on, now=now), party_rules()
    return PartyState(
        partner=partner,
        facts=facts,
        blocks=blocks(facts, on=on, rules=rules),
        closes_after=closes_after(facts, on=on, rules=rules),
    )


def endings_of(partner: Partner, on: date, until: date) -> tuple[Ending, ...]:
    """What comes to stand in the way of this partner by itself, after a day from `on` to `until`."""
    return endings(party_facts(partner, on), on=on, until=until, rules=party_rules())


def partners() -> list[Partner]:
    """Call centres first, then whom else data reach, then sellers of lists."""
    order = list(Partner.Kind.values)
    return sorted(Partner.objects.all(), key=lambda partner: (order.index(partner.kind), partner.name))


def history_of(partner: Partner, most: int = 30) -> list[tuple[Event, Mapping[str, Any]]]:
    """The newest events of this room that are about a partner, with what they say."""

    def about(payload: Mapping[str, Any]) -> bool:
        named = str(payload.get("key") or payload.get("partner") or "")
        return named.split(" ")[0] == partner.code

    return told("parties.", about, most=most)


def waiting_overrides(on: date) -> list[Override]:
    """Asked for, not over, and neither approved nor refused."""
    rows = Override.objects.filter(approved_at=None, ended_at=None, until__gte=on).select_related("partner")
    return list(rows.order_by("asked_at"))


def call_centres() -> list[Partner]:
    return list(Partner.objects.filter(kind=Partner.Kind.CALL_CENTRE).order_by("name"))


def keys_of(partner: Partner) -> list[ApiKey]:
    """Valid ones first, the newest on top."""
    return list(partner.api_keys.order_by(F("revoked_at").desc(nulls_first=True), "-created_at"))


def sources() -> list[Source]:
    """With their party, controller and wordings."""
    rows = Source.objects.select_related("party", "controller").prefetch_related("wordings")
    return list(rows.order_by("name"))
