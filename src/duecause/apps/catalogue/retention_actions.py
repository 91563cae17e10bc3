"""Verbs of retention rules: propose, count, agree or refuse. What is in force changes by agreement alone, and
never by the one who proposed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from duecause.apps.catalogue import retention_impact
from duecause.apps.catalogue.models import Field, Purpose, RetentionRule, RetentionVersion
from duecause.apps.catalogue.retention_queries import (
    PlainRule,
    book_of,
    fingerprint,
    in_force,
    plain_rules,
    purposes_now,
    waiting,
)
from duecause.apps.ledger.actions import record
from duecause.apps.ledger.upserts import Noun
from duecause.engine.actor import Actor
from duecause.engine.changes import Change, differences
from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.retention import OF_RULES, Action, Trigger
from duecause.packs.law import retention

PROPOSE, APPROVE = "catalogue.retention", "catalogue.retention_approve"
COUNT = "catalogue.retention_count"
LONGEST_MONTHS, LONGEST_DAYS = 1200, 3660
State = RetentionVersion.State
RETENTION = Noun(name="retention rules", model=RetentionVersion, event="catalogue.retention_proposed", key=())

_SAME = gettext_noop("These rules are in force already. Change one of them, then propose again.")
_WAITING = gettext_noop("A change of the rules waits for approval. Have it approved or withdrawn first.")
_NOT_WAITING = gettext_noop("This change does not wait for approval any more. Load the page again.")
_OWN = gettext_noop("A change of the rules is approved by somebody else than who proposed it. Ask one.")
_UNCOUNTED = gettext_noop("What this change does to whom is not counted yet. Wait for the count.")
_CHANGED = gettext_noop("What this change does was counted anew. Read the new figures, then approve.")
_UNKNOWN = gettext_noop("The rule names “%(given)s”, which is not there. Choose one of the list.")
_STALE = gettext_noop("This rule is another one by now. Load the page again, then change it.")
_PERIOD = gettext_noop(
    "The period of the rule for %(purpose)s is %(given)s. Give either months (1 to %(months)s) or days (0 to"
    " %(days)s), not both."
)
_NOT_ANONYMOUS = gettext_noop(
    "Of the field %(field)s nothing stays that is no longer about a person. Fields that can be made anonymous"
    " are %(possible)s. Choose erase."
)
_NOT_OF_PURPOSE = gettext_noop(
    "The field %(field)s does not have the purpose %(purpose)s. Give it the purpose first, or choose another."
)
_TWICE = gettext_noop("There are two rules for %(purpose)s with the same field, event and action. Keep one.")
_MISSING = gettext_noop(
    "Nobody says how long data for the purpose %(purpose)s are kept. Give it “retention”: rules with trigger,"
    " months or days, and action."
)
_LAST = gettext_noop("The purpose %(purpose)s would be left without a rule. Give it another one first.")


def propose_rules(*, actor: Actor, rules: Sequence[PlainRule], now: datetime) -> RetentionVersion:
    """Propose all rules together, in the words of `engine.retention.as_plain`, with the purposes that fields
    have now. A proposal of the same actor that waits is replaced. Raises NotPermitted, Refused."""
    actor.require(PROPOSE)
    with transaction.atomic():
        return _propose(actor, rules, now)


def change_rule(
    *, actor: Actor, before: PlainRule | None, after: PlainRule | None, now: datetime
) -> RetentionVersion:
    """Propose one change: a rule more (`before` None), another instead, or one less (`after` None), on top of
    what waits or is in force. Raises NotPermitted, Refused."""
    actor.require(PROPOSE)
    with transaction.atomic():
        base = plain_rules(waiting() or in_force())
        _refuse_others_work(actor)
        if before is not None and before not in base:
            raise Refused("retention_stale", _STALE)
        kept = [rule for rule in base if rule != before]
        if after is None and before and not any(r["purpose"] == before["purpose"] for r in kept):
            raise Refused("retention_last", _LAST, purpose=before["purpose"])
        return _propose(actor, [*kept, *([after] if after else [])], now)


def count_impact(*, actor: Actor, version: RetentionVersion, now: datetime) -> RetentionVersion:
    """Count what a waiting version would do, for whoever is to agree. Reads every record."""
    actor.require(PROPOSE)
    after = book_of(version)
    assert after is not None
    counted = retention_impact.impact(book_of(in_force()), after, now)
    RetentionVersion.objects.filter(pk=version.pk, state=State.PROPOSED).update(
        impact=counted, counted_at=now
    )
    version.refresh_from_db()
    return version


def approve_rules(
    *, actor: Actor, version: RetentionVersion, counted_at: datetime | None, now: datetime
) -> RetentionVersion:
    """Bring a proposal into force, as another employee than its proposer, who has read what was counted at
    `counted_at`. Raises NotPermitted, Refused."""
    actor.require(APPROVE)
    with transaction.atomic():
        row = _locked(version)
        if actor.ref == row.proposed_by or actor.kind != "employee":
            raise Refused("retention_own", _OWN)
        if row.counted_at is None:
            raise Refused("retention_uncounted", _UNCOUNTED)
        if row.counted_at != counted_at:
            raise Refused("retention_recounted", _CHANGED)
        return _bring_into_force(actor, row, now)


def refuse_rules(*, actor: Actor, version: RetentionVersion, now: datetime) -> RetentionVersion:
    """Refuse a proposal, or take one's own back. Raises NotPermitted, Refused where it waits no more."""
    if not actor.may(APPROVE):
        actor.require(PROPOSE)
    with transaction.atomic():
        row = _locked(version)
        _end(row, State.REFUSED, actor, now)
        payload = {"version": row.number, "sha256": row.sha256, "own": row.proposed_by == actor.ref}
        record(actor=actor, kind="catalogue.retention_refused", now=now, payload=payload)
        return row


def retention_change(
    *, rules: Sequence[PlainRule], purposes: Sequence[str], fields: Mapping[str, Sequence[str]]
) -> Change | None:
    """What `apply_retention` would do. None: these rules are in force, or wait already."""
    missing = sorted(set(purposes) - {rule["purpose"] for rule in rules})
    if missing:
        raise Refused("retention_missing", _MISSING, purpose=missing[0])
    wanted, of_fields = _wanted(rules), {**purposes_now(), **{k: sorted(v) for k, v in fields.items()}}
    digest = fingerprint(wanted, of_fields)
    known = [version for version in (in_force(), waiting()) if version is not None]
    if not wanted or any(version.sha256 == digest for version in known):
        return None
    before = _shown(plain_rules(known[0]), known[0].purposes) if known else None
    key = "in force at once" if _founding() else "to be approved"
    return Change(RETENTION.name, key, before is None, differences(before, _shown(wanted, of_fields)))


def apply_retention(
    *,
    actor: Actor,
    now: datetime,
    rules: Sequence[PlainRule],
    purposes: Sequence[str],
    fields: Mapping[str, Sequence[str]],
) -> Change | None:
    """What the organisation file says: of the `purposes` it names all rules, of others those there are. The
    first rules of an empty register come into force with it; later ones wait for an employee."""
    actor.require("organisation.apply")
    changed = retention_change(rules=rules, purposes=purposes, fields=fields)
    if changed is None:
        return None
    with transaction.atomic():
        founding = _founding()
        row = _propose(actor, _wanted(rules), now)
        if founding:
            _bring_into_force(actor, row, now)
    return changed


def _wanted(rules: Sequence[PlainRule]) -> list[PlainRule]:
    named = {rule["purpose"] for rule in rules}
    return [*rules, *(r for r in plain_rules(in_force() or waiting()) if r["purpose"] not in named)]


def _founding() -> bool:
    """Nothing was ever kept, so that nothing goes by these rules that somebody might miss."""
    return in_force() is None and not retention_impact.records()


def _propose(actor: Actor, rules: Sequence[PlainRule], now: datetime) -> RetentionVersion:
    purposes = purposes_now()
    _refuse_others_work(actor)
    current = in_force()
    checked = [_checked(rule, purposes) for rule in rules]
    keys = [(r["purpose"], r["field"], r["trigger"], r["action"]) for r in checked]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise Refused("retention_twice", _TWICE, purpose=twice[0])
    digest = fingerprint(checked, purposes)
    if current is not None and current.sha256 == digest:
        raise Refused("retention_same", _SAME)
    _drop_waiting(actor, now)
    newest = RetentionVersion.objects.aggregate(number=Max("number"))["number"] or 0
    row = RetentionVersion.objects.create(
        number=newest + 1, state=State.PROPOSED, purposes=purposes, sha256=digest,
        proposed_by=actor.ref, proposed_at=now,
    )  # fmt: skip
    purpose_ids = dict(Purpose.objects.values_list("code", "pk"))
    field_ids = dict(Field.objects.values_list("code", "pk"))
    RetentionRule.objects.bulk_create(
        RetentionRule(
            version=row,
            purpose_id=purpose_ids[rule["purpose"]],
            field_id=field_ids[rule["field"]] if rule["field"] else None,
            **{name: rule[name] for name in ("trigger", "months", "days", "action")},
        )
        for rule in checked
    )
    payload = {"version": row.number, "sha256": digest, "rules": checked}
    record(actor=actor, kind="catalogue.retention_proposed", now=now, payload=payload)
    return row


def _refuse_others_work(actor: Actor) -> None:
    """What somebody else has proposed is not lost by proposing something."""
    before = waiting()
    if before is None or before.proposed_by == actor.ref:
        return
    if not (actor.kind == "system" and before.proposed_by.startswith("system:")):
        raise Refused("retention_waiting", _WAITING)


def _checked(rule: PlainRule, purposes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Raises Refused for a code, period or action that is not possible."""
    purpose, field, months, days = rule["purpose"], rule["field"], rule["months"], rule["days"]
    for given, known in (
        (purpose, set(Purpose.objects.values_list("code", flat=True))),
        (field, {"", *purposes}),
        (rule["trigger"], set(Trigger)),
        (rule["action"], set(OF_RULES)),
    ):
        if given not in known:
            raise Refused("retention_unknown", _UNKNOWN, given=given)
    if (months and days) or not 0 <= months <= LONGEST_MONTHS or not 0 <= days <= LONGEST_DAYS:
        raise Refused(
            "retention_period", _PERIOD, purpose=purpose, given=f"{months} + {days}",
            months=LONGEST_MONTHS, days=LONGEST_DAYS,
        )  # fmt: skip
    if field and purpose not in purposes[field]:
        raise Refused("retention_no_purpose", _NOT_OF_PURPOSE, field=field, purpose=purpose)
    possible = retention().anonymous
    if rule["action"] == Action.ANONYMISE and field and field not in possible:
        names = ", ".join(sorted(possible))
        raise Refused("retention_anonymous", _NOT_ANONYMOUS, field=field, possible=names)
    return {
        "purpose": purpose, "field": field, "trigger": str(rule["trigger"]), "months": months, "days": days,
        "action": str(rule["action"]),
    }  # fmt: skip


def _drop_waiting(actor: Actor, now: datetime) -> None:
    for row in RetentionVersion.objects.select_for_update().filter(state=State.PROPOSED):
        _end(row, State.REFUSED, actor, now)


def _locked(version: RetentionVersion) -> RetentionVersion:
    row = RetentionVersion.objects.select_for_update().get(pk=version.pk)
    if row.state != State.PROPOSED:
        raise Refused("retention_not_waiting", _NOT_WAITING)
    return row


def _end(row: RetentionVersion, state: str, actor: Actor, now: datetime) -> None:
    row.state, row.decided_by, row.decided_at = state, actor.ref, now
    row.save(update_fields=["state", "decided_by", "decided_at"])


def _bring_into_force(actor: Actor, row: RetentionVersion, now: datetime) -> RetentionVersion:
    current = RetentionVersion.objects.select_for_update().filter(state=State.IN_FORCE).first()
    if current is not None:
        current.state = State.REPLACED
        current.save(update_fields=["state"])
    _end(row, State.IN_FORCE, actor, now)
    payload = {
        "version": row.number,
        "sha256": row.sha256,
        "replaces": current.number if current else None,
        "proposed_by": row.proposed_by,
        "impact": row.impact,
    }
    row.event = record(actor=actor, kind="catalogue.retention_changed", now=now, payload=payload).uid
    row.save(update_fields=["event"])
    return row


def _shown(rules: Iterable[PlainRule], purposes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """In the words in which a plan shows a change, one key per purpose and field."""
    found: dict[str, Any] = {}
    for rule in rules:
        name = rule["purpose"] + (f".{rule['field']}" if rule["field"] else "")
        period = f"{rule['months']} months" if rule["months"] else f"{rule['days']} days"
        found.setdefault(name, []).append(f"{rule['action']} {period} after {rule['trigger']}")
    return {**found, **{f"purposes of {name}": list(codes) for name, codes in purposes.items()}}
