"""Verbs of parties: bring controllers, brands, partners and sources to what the organisation file says,
suspend a partner, and hand out or revoke its API keys. Contracts, transfers and overrides have verbs of
their own."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.ledger.upserts import Noun, put, require_one_of
from duecause.apps.parties.models import ApiKey, Brand, Controller, Partner, Source
from duecause.apps.parties.queries import hash_of, new_key
from duecause.apps.vault.actions import seal_bytes
from duecause.apps.vault.models import Compartment
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.web.templatetags.formats import shown_day

# A canary works only as long as nobody who sees plans or the ledger knows its number.
CONTROLLER = Noun(
    name="controller",
    model=Controller,
    event="parties.controller_changed",
    private=frozenset({"canary_numbers"}),
)
BRAND = Noun(name="brand", model=Brand, event="parties.brand_changed")
PARTNER = Noun(name="partner", model=Partner, event="parties.partner_changed")
SOURCE = Noun(name="source", model=Source, event="parties.source_changed")

SCOPES = frozenset({"feed", "precall"})
SECRET_BYTES = 32
WEBHOOK_USE = "parties.webhook"
WEBHOOK_COMPARTMENT = Compartment.CONTENT


def _require(actor: Actor) -> None:
    require_one_of(actor, "organisation.apply", "parties.manage")


def apply_controller(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    legal_name: str,
    spoken: Mapping[str, str],
    country: str,
    privacy_url: str,
    canary_numbers: Sequence[str],
    link_deciders: int = 1,
    address: str = "",
    contact: str = "",
    dpo: str = "",
) -> Change | None:
    """`spoken`: language → name as a caller hears it. `canary_numbers`: E.164, owned by the company.
    `link_deciders`: how many people have to agree that two records are one human. `address`, `contact`,
    `dpo`: where the company and its data protection officer are reached, as notices say it."""
    _require(actor)
    wanted = {
        "code": code,
        "legal_name": legal_name,
        "spoken": dict(spoken),
        "country": country,
        "privacy_url": privacy_url,
        "address": address,
        "contact": contact,
        "dpo": dpo,
        "canary_numbers": canary_numbers,
        "link_deciders": link_deciders,
    }
    return put(CONTROLLER, wanted, actor=actor, now=now)


def apply_brand(*, actor: Actor, now: datetime, code: str, name: str, controller: str) -> Change | None:
    """`controller` is a code."""
    _require(actor)
    return put(BRAND, {"code": code, "name": name, "controller": controller}, actor=actor, now=now)


def apply_partner(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    name: str,
    kind: str,
    country: str,
    suspended_on: date | None,
    role: str = "processor",
    our_role: str = "controller",
    accesses: Sequence[Mapping[str, Any]] | None = None,
    webhook_url: str = "",
    witness_key: str = "",
) -> Change | None:
    """`role`, `our_role`: who decides and who processes, between the two of us. `accesses`: other countries
    from which it reaches data, {"country", "ways"}; None leaves them as they are. `webhook_url`: called
    when the partner's feed grows. `witness_key`: verifier key (name+id+key) of the cosignatures that it
    gives to checkpoints of the ledger."""
    _require(actor)
    if witness_key and not tlog.Verifier.parse(witness_key).is_witness:
        raise Refused(
            "witness_key_kind",
            "The witness key of %(partner)s is the key of a log. Ask for its cosignature key.",
            partner=name,
        )
    wanted: dict[str, Any] = {
        "code": code,
        "name": name,
        "kind": kind,
        "country": country,
        "suspended_on": suspended_on,
        "role": role,
        "our_role": our_role,
        "webhook_url": webhook_url,
        "witness_key": witness_key,
    }
    if accesses is not None:
        wanted["accesses"] = ordered(accesses)
    return put(PARTNER, wanted, actor=actor, now=now)


def add_partner(
    *, actor: Actor, code: str, name: str, kind: str, country: str, role: str, our_role: str, now: datetime
) -> Partner:
    """Take up a partner that nobody has noted yet: its gate is closed until its contract says enough. Raises
    NotPermitted, and Refused where the code is taken."""
    require_one_of(actor, "parties.review", "parties.manage")
    with transaction.atomic():
        if Partner.objects.filter(code=code).exists():
            raise Refused(
                "partner_exists",
                "There is a partner with the code %(taken)s already. Choose another.",
                taken=code,
            )
        wanted = {"code": code, "name": name, "kind": kind, "country": country}
        put(PARTNER, {**wanted, "role": role, "our_role": our_role}, actor=actor, now=now)
    return Partner.objects.get(code=code)


def ordered(accesses: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each country once, in order, with its ways; so that the same facts are the same value."""
    ways: dict[str, set[str]] = {}
    for each in accesses:
        ways.setdefault(each["country"], set()).update(each["ways"])
    return [{"country": country, "ways": sorted(ways[country])} for country in sorted(ways)]


def suspend(*, actor: Actor, partner: Partner, on: date | None, now: datetime) -> Change | None:
    """Let nothing more go to a partner from a day on; None lifts it. Raises NotPermitted."""
    require_one_of(actor, "parties.review", "parties.manage")
    return put(PARTNER, {"code": partner.code, "suspended_on": on}, actor=actor, now=now)


def apply_source(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    name: str,
    kind: str,
    party: str | None,
    controller: str,
    contract_reference: str,
    default_country: str,
    default_language: str,
    claimed_basis: str,
    legal_persons: bool,
    say: Mapping[str, str],
    obtained_on: date | None,
) -> Change | None:
    """`say`: language → how an agent names this source when a person asks (GDPR Art. 14(2)(f), 15(1)(g)).

    Raises Refused for a day of obtaining that is still to come.
    """
    _require(actor)
    if obtained_on is not None and obtained_on > local_day(now, default_country):
        raise Refused(
            "obtained_in_future",
            "Source %(source)s: %(day)s is still to come, so nothing can have been obtained on it. Correct "
            "obtained_on, or leave it out where the day is not known.",
            source=code,
            day=obtained_on,
        )
    wanted: dict[str, Any] = {
        "code": code,
        "name": name,
        "kind": kind,
        "party": party,
        "controller": controller,
        "contract_reference": contract_reference,
        "default_country": default_country,
        "default_language": default_language,
        "claimed_basis": claimed_basis,
        "legal_persons": legal_persons,
        "say": dict(say),
        "obtained_on": obtained_on,
    }
    return put(SOURCE, wanted, actor=actor, now=now)


def create_api_key(*, actor: Actor, partner: Partner, scopes: Collection[str], now: datetime) -> str:
    """Make a key for a partner and return it in clear, this once: `dc_<prefix>_<secret>`.

    Only its SHA-256 is kept; the secret has 256 random bits, so a slow hash would add nothing.
    Raises NotPermitted, Refused for an unknown scope.
    """
    actor.require("apikeys.manage")
    unknown = sorted(set(scopes) - SCOPES)
    if unknown or not scopes:
        raise Refused(
            "unknown_scope",
            "A key needs one or more of these scopes: %(known)s.",
            known=", ".join(sorted(SCOPES)),
        )
    prefix, clear = new_key()
    with transaction.atomic():
        ApiKey.objects.create(
            partner=partner,
            prefix=prefix,
            key_hash=hash_of(clear),
            scopes=sorted(set(scopes)),
            created_at=now,
        )
        payload = {"partner": partner.code, "prefix": prefix, "scopes": sorted(set(scopes))}
        record(actor=actor, kind="parties.api_key_created", now=now, payload=payload)
    return clear


def revoke_api_key(*, actor: Actor, partner: Partner, prefix: str, now: datetime) -> bool:
    """End a key at once. False: it was revoked before. Raises NotPermitted, Refused for an unknown prefix."""
    actor.require("apikeys.manage")
    with transaction.atomic():
        keys = ApiKey.objects.filter(partner=partner, prefix=prefix)
        if not keys.exists():
            raise Refused(
                "unknown_api_key",
                "%(partner)s has no key dc_%(prefix)s_…. See: duecause apikey list %(partner)s",
                partner=partner.code,
                prefix=prefix,
            )
        # Two people may revoke at once: only the one whose update changes the row writes the event.
        if not keys.filter(revoked_at=None).update(revoked_at=now):
            return False
        payload = {"partner": partner.code, "prefix": prefix}
        record(actor=actor, kind="parties.api_key_revoked", now=now, payload=payload)
    return True


def secrets_owner(partner: Partner) -> UUID:
    """Under whose key a partner's secrets are sealed."""
    return uuid5(NAMESPACE_URL, f"duecause:partner:{partner.code}")


def give_webhook_secret(*, actor: Actor, partner: Partner, now: datetime) -> str:
    """Make the secret that signs the calls of a partner's webhook and return it in clear, this once. The one
    before ends at once."""
    actor.require("apikeys.manage")
    clear = secrets.token_urlsafe(SECRET_BYTES)
    blob = seal_bytes(secrets_owner(partner), WEBHOOK_COMPARTMENT, WEBHOOK_USE, clear.encode())
    with transaction.atomic():
        Partner.objects.filter(pk=partner.pk).update(webhook_secret=blob)
        record(actor=actor, kind="parties.webhook_secret_given", now=now, payload={"partner": partner.code})
    return clear


def note_key_use(*, prefix: str, now: datetime) -> None:
    """Remember the day a key was last used: at most one write per key and day in each process, since a call
    waits for it."""
    today = shown_day(now)
    if _noted.get(prefix) == today:
        return
    ApiKey.objects.filter(prefix=prefix).exclude(last_used_on=today).update(last_used_on=today)
    _noted[prefix] = today


_noted: dict[str, date] = {}
