"""Verbs of the catalogue: bring purposes, fields and wordings to what the organisation file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from duecause.apps.catalogue.models import Field, Purpose, Wording
from duecause.apps.ledger.upserts import Noun, put
from duecause.engine.actor import Actor
from duecause.engine.changes import Change
from duecause.engine.problems import Refused
from duecause.packs.catalogue import classes

PURPOSE = Noun(name="purpose", model=Purpose, event="catalogue.purpose_changed")
FIELD = Noun(name="field", model=Field, event="catalogue.field_changed")
# What somebody agreed to must stay what it was: a consent points at its wording.
WORDING = Noun(
    name="wording",
    model=Wording,
    event="catalogue.wording_changed",
    key=("code", "version", "language"),
    frozen=frozenset(
        {"kind", "text", "controllers", "channels", "purpose", "source", "holds_months", "valid_from"}
    ),
)


def apply_purpose(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    name: Mapping[str, str],
    legal_basis: str,
    marketing: bool,
    special_condition: str = "",
    dpv: str = "",
    interest: Mapping[str, str] | None = None,
) -> Change | None:
    """`name`: language → text. `legal_basis`: a letter of GDPR Art. 6(1) in words. `special_condition`: the
    letter of Art. 9(2) under which special categories are used. `dpv`: of packs.catalogue.purposes.
    `interest`: language → what is pursued where the basis is a legitimate interest."""
    actor.require("organisation.apply")
    wanted = {
        "code": code,
        "name": dict(name),
        "legal_basis": legal_basis,
        "marketing": marketing,
        "special_condition": special_condition,
        "dpv": dpv,
        **({} if interest is None else {"interest": dict(interest)}),
    }
    return put(PURPOSE, wanted, actor=actor, now=now)


def apply_field(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    group: str,
    compartment: str,
    label: Mapping[str, str],
    law_class: str,
    perception: int,
    purposes: Sequence[str],
) -> Change | None:
    """`group` is a policy group, `compartment` the seal the field lies under, `purposes` are codes. Raises
    Refused for a level of perception below what the class asks for."""
    actor.require("organisation.apply")
    check_perception(field=code, law_class=law_class, perception=perception)
    wanted = {
        "code": code,
        "group": group,
        "compartment": compartment,
        "label": dict(label),
        "law_class": law_class,
        "perception": perception,
        "purposes": purposes,
    }
    return put(FIELD, wanted, actor=actor, now=now)


def check_perception(*, field: str, law_class: str, perception: int) -> None:
    """Raise Refused where a field is said to be felt as less private than its class by law."""
    least = classes()[law_class].least
    if perception < least:
        raise Refused(
            "perception_low",
            "The field %(field)s is of the class “%(law_class)s”: its perception must be at least %(least)s,"
            " not %(given)s. Raise it, or leave the key out.",
            field=field,
            law_class=law_class,
            least=least,
            given=perception,
        )


def apply_wording(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    version: str,
    language: str,
    kind: str,
    text: str,
    source: str | None,
    purpose: str | None,
    channels: Sequence[str],
    controllers: Sequence[str],
    holds_months: int | None,
    valid_from: date,
    valid_to: date | None,
    recording: str = "",
) -> Change | None:
    """A text persons see or hear. `holds_months`: how long a yes to it holds, None without end. `recording`:
    whether a spoken yes is shown by one.

    Of a version that exists only `valid_to` and `recording` may change; raises Refused otherwise."""
    actor.require("organisation.apply")
    wanted = {
        "code": code,
        "version": version,
        "language": language,
        "kind": kind,
        "text": text,
        "source": source,
        "purpose": purpose,
        "channels": channels,
        "controllers": controllers,
        "holds_months": holds_months,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "recording": recording,
    }
    return put(WORDING, wanted, actor=actor, now=now)
