"""The one place where personal data leave their seal, and where an attempt that is not permitted ends.

`reveal` serves people: one decision, then only permitted fields are opened, then the event. A denial writes
event and alarm in the same transaction and returns; nothing is raised, because a rollback would lose both.
`open_for_job` serves jobs. `deny_function` stops a page or API call that is not for this profile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from duecause.apps.gate import ladder
from duecause.apps.gate.access_actions import note
from duecause.apps.gate.alarm_actions import note_alarm
from duecause.apps.gate.explaining import checked
from duecause.apps.gate.facts import Asking, Reason, facts_for
from duecause.apps.gate.holdings import Holding, holdings_of
from duecause.apps.gate.models import Alarm
from duecause.apps.gate.outbox import CLOSED, put_alarm
from duecause.apps.gate.outcomes import Denied as Denied
from duecause.apps.gate.outcomes import Slowed as Slowed
from duecause.apps.gate.policies import engine
from duecause.apps.ledger.actions import record
from duecause.apps.staff.models import Employee
from duecause.apps.staff.queries import employee_by_id
from duecause.apps.vault.opening import Sealed, open_bytes, open_many
from duecause.engine.actor import Actor
from duecause.engine.policy import Facts

SENSITIVE_GROUPS = frozenset({"bank", "national_id", "special"})


@dataclass(frozen=True, slots=True)
class Revealed:
    """`values`: per record {field: value}, only permitted groups. `masked` groups may be revealed one at a
    time; `withheld` groups are not for this profile. `reason`: with what shows it, if anything does."""

    values: Mapping[UUID, Mapping[str, Any]]
    groups: frozenset[str]
    masked: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    event: UUID | None = None
    facts: Facts | None = field(default=None, repr=False)
    reason: Reason | None = field(default=None, repr=False)


def reveal(
    *,
    actor: Actor,
    person: UUID,
    reason: Reason,
    now: datetime,
    action: str = "view",
    groups: Collection[str] | None = None,
    holding: str = "person",
    along: Callable[[UUID], None] | None = None,
) -> Revealed | Denied:
    """Show an employee what the profile and the reason allow of one person. `holding`: which of the sealed
    holdings of the person are opened.

    `groups` limits the question to some field groups: asking for one that is not allowed is a denial.
    Without it the whole card is asked: what is allowed is shown, and nothing allowed at all is a denial.
    `along` is called with the id of the event in its transaction, for what must not stand without it.
    An account that was slowed down waits for its turn with what it may see (`Slowed`).
    """
    actor.require("desk.use")
    employee = employee_by_id(UUID(actor.id))
    if action == "view" and _is_new(reason):
        reason = checked(employee, person, reason, now)
    facts = facts_for(Asking(actor=actor, person=person, reason=reason, now=now), employee)
    allowed = engine().allow_set(profile=actor.profile, action=action, facts=facts).groups
    refused = frozenset(groups or ()) - allowed
    if refused or not allowed:
        return _deny_look_up(
            actor=actor,
            employee=employee,
            person=person,
            reason=reason,
            facts=facts,
            action=action,
            groups=refused or frozenset(groups or ("name",)),
            now=now,
        )
    wait = ladder.slowed(actor=actor, employee=employee, action=action, now=now, person=person, reason=reason)
    if wait is not None:
        return wait
    shown = allowed if groups is None else frozenset(groups)
    values, present = _opened(holding, [person], shown)
    maskable = engine().allow_set(profile=actor.profile, action="reveal", facts=facts).groups - allowed
    with transaction.atomic():
        event = record(
            actor=actor,
            kind=f"gate.{action}",
            now=now,
            person=person,
            payload=_decision(
                profile=actor.profile,
                reason=reason,
                facts=facts,
                action=action,
                groups=_told_groups(shown, present, groups),
            ),
            person_payload=_told(reason),
        )
        note(employee=employee, person=person, reason=reason, action=action, event=event.uid, now=now)
        if along is not None:
            along(event.uid)
    return Revealed(
        values=values,
        groups=shown,
        masked=maskable & present,
        withheld=present - allowed - maskable,
        event=event.uid,
        facts=facts,
        reason=reason,
    )


def deny_unknown(*, actor: Actor, person: UUID, reason: Reason, action: str, now: datetime) -> Denied:
    """Somebody asked for a person whom nobody knows. All that a denial does is done, so that neither the
    answer nor its time tells whether the person exists."""
    actor.require("desk.use")
    employee = employee_by_id(UUID(actor.id))
    reason = replace(reason, words="", reference="")  # nobody's key would seal them
    if action == "view" and _is_new(reason):
        reason = checked(employee, person, reason, now)
    facts = facts_for(Asking(actor=actor, person=person, reason=reason, now=now), employee)
    return _deny_look_up(
        actor=actor,
        employee=employee,
        person=person,
        reason=reason,
        facts=facts,
        action=action,
        groups=frozenset({"name"}),
        now=now,
    )


def _is_new(reason: Reason) -> bool:
    """Given just now by an employee, and nothing shows it."""
    return reason.explained is None and not reason.earlier and reason.link != "none"


def _told_groups(
    shown: frozenset[str], present: frozenset[str], asked: Collection[str] | None
) -> frozenset[str]:
    """What an event says was shown: of a card what there was, of a question for groups that are not sealed
    (origins, consents) the question."""
    return shown & present or (shown if asked is not None else frozenset())


def permit(
    *, actor: Actor, person: UUID, reason: Reason, action: str, resource: str, now: datetime
) -> Denied | None:
    """Ask for something that opens nothing (record an objection, say the source). None: permitted."""
    employee = employee_by_id(UUID(actor.id))
    facts = facts_for(Asking(actor=actor, person=person, reason=reason, now=now), employee)
    if resource in engine().allow_set(profile=actor.profile, action=action, facts=facts).groups:
        return None
    return _deny_look_up(
        actor=actor,
        employee=employee,
        person=person,
        reason=reason,
        facts=facts,
        action=action,
        groups=frozenset({resource}),
        now=now,
    )


def hints(
    *,
    actor: Actor,
    people: Sequence[UUID],
    groups: Collection[str],
    now: datetime,
    records: Mapping[UUID, UUID] | None = None,
) -> dict[UUID, dict[str, Any]] | Slowed:
    """What search results may show before a reason is given, by the policies on `find`: for the caller to
    shorten (initials, town). One event for the whole search. Who may not be found is left out, as if unknown,
    and the attempt is alarmed.

    `records`: per person one record that alone is opened, where two are compared."""
    actor.require("desk.use")
    employee = employee_by_id(UUID(actor.id))
    wait = ladder.slowed_search(actor=actor, employee=employee, now=now)
    if wait is not None:
        return wait
    reason = Reason(link="none", purpose="customer_care")
    found: dict[UUID, dict[str, Any]] = {}
    for person in people:
        facts = facts_for(Asking(actor=actor, person=person, reason=reason, now=now), employee)
        allowed = engine().allow_set(profile=actor.profile, action="find", facts=facts).groups
        if not allowed:
            _deny_look_up(
                actor=actor,
                employee=employee,
                person=person,
                reason=reason,
                facts=facts,
                action="find",
                groups=frozenset({"name"}),
                now=now,
            )
            continue
        kind, one = ("person", person) if records is None else ("record", records[person])
        values, _ = _opened(kind, [one], allowed & frozenset(groups))
        merged: dict[str, Any] = {}
        for per_record in values.values():
            for name, value in per_record.items():
                merged.setdefault(name, value)
        found[person] = merged
    with transaction.atomic():
        record(
            actor=actor,
            kind="gate.search",
            now=now,
            payload={"results": len(found), "policies": engine().version},
        )
    return found


def open_for_job(
    *,
    actor: Actor,
    kind: str,
    ids: Sequence[UUID],
    fields: Collection[str],
    why: str,
    now: datetime,
    stored_only: bool = False,
) -> dict[UUID, dict[str, Any]]:
    """Open named fields of many records (`kind` "record") or people ("person") for a job step, with one
    event for all. `why` is the code of the job. The result lives in memory only. `stored_only`: also fields
    that may only be stored any more, which is for who ends or proves their storing.

    Raises NotPermitted unless the actor carries the function `open:<why>`.
    """
    actor.require(f"open:{why}")
    opened: dict[UUID, dict[str, Any]] = {}
    holdings = holdings_of(kind, ids)
    for holding, content in zip(holdings, open_many([h.sealed for h in holdings]), strict=True):
        if content is not None:
            kept = {
                name: value
                for name, value in content.items()
                if name in fields and (stored_only or name in holding.groups)
            }
            opened.setdefault(holding.record, {}).update(kept)
    with transaction.atomic():
        record(
            actor=actor,
            kind="gate.job",
            now=now,
            payload={"why": why, "fields": sorted(fields), "records": len(opened)},
        )
    return opened


def open_spool(*, actor: Actor, sealed: Sealed, why: str, now: datetime) -> bytes | None:
    """Open a file that was sealed until a job could read it; None once its key is gone.

    Raises NotPermitted unless the actor carries the function `open:<why>`.
    """
    actor.require(f"open:{why}")
    content = open_bytes(sealed)
    with transaction.atomic():
        record(
            actor=actor,
            kind="gate.spool",
            now=now,
            payload={"why": why, "spool": str(sealed.owner), "found": content is not None},
        )
    return content


def deny_function(*, actor: Actor, function: str, now: datetime) -> Denied:
    """An employee or partner tried a function that is not theirs: event and alarm, in one transaction."""
    with transaction.atomic():
        event = record(actor=actor, kind="gate.function_denied", now=now, payload={"function": function})
        alarm = note_alarm(
            actor=actor,
            kind="function",
            severity=ladder.severity_of("function", now),
            person=None,
            event=event.uid,
            facts={"function": function},
            now=now,
        )
    return Denied(alarm=alarm.pk, policies=())


def deny_session(*, actor: Actor, now: datetime) -> Denied:
    """Somebody used an open session of a leaver or a locked account: event and alarm, in one transaction."""
    with transaction.atomic():
        event = record(actor=actor, kind="gate.session_denied", now=now, payload={})
        alarm = note_alarm(
            actor=actor,
            kind="account",
            severity=ladder.severity_of("account", now),
            person=None,
            event=event.uid,
            facts={},
            now=now,
        )
    return Denied(alarm=alarm.pk, policies=())


def raise_alarm(*, actor: Actor, kind: str, severity: int, facts: Mapping[str, Any], now: datetime) -> Alarm:
    """An alarm of a room above the gate, about no person: event and alarm, in one transaction. `facts`: codes
    and counts only."""
    with transaction.atomic():
        event = record(actor=actor, kind="gate.alarm_raised", now=now, payload={"alarm": kind, **facts})
        return note_alarm(
            actor=actor,
            kind=kind,
            severity=severity,
            person=None,
            event=event.uid,
            facts=facts,
            now=now,
        )


def close_alarm(*, actor: Actor, alarm: Alarm, outcome: str, now: datetime) -> None:
    """Close an alarm with its outcome (`explained`, `mistake`, `unjustified`). Again changes nothing."""
    actor.require("alarms.handle")
    with transaction.atomic():
        closed = (
            Alarm.objects.filter(pk=alarm.pk)
            .exclude(state=Alarm.State.CLOSED)
            .update(
                state=Alarm.State.CLOSED,
                outcome=outcome,
                closed_at=now,
                closed_by_id=actor.id if actor.kind == "employee" else None,
            )
        )
        if closed:
            record(
                actor=actor,
                kind="gate.alarm_closed",
                now=now,
                person=alarm.person,
                payload={"alarm": str(alarm.pk), "outcome": outcome},
            )
            alarm.outcome = outcome
            put_alarm(alarm, now=now, what=CLOSED)


def _opened(
    kind: str, ids: Sequence[UUID], groups: Iterable[str]
) -> tuple[dict[UUID, dict[str, Any]], frozenset[str]]:
    """Open only holdings with a permitted group inside; drop every other field before anybody sees it."""
    wanted = frozenset(groups)
    holdings = holdings_of(kind, ids)
    present = frozenset(group for holding in holdings for group in holding.groups.values())
    needed: list[Holding] = [h for h in holdings if wanted & frozenset(h.groups.values())]
    values: dict[UUID, dict[str, Any]] = {}
    for holding, content in zip(needed, open_many([h.sealed for h in needed]), strict=True):
        if content is None:
            continue
        kept = {name: v for name, v in content.items() if holding.groups.get(name) in wanted}
        values.setdefault(holding.record, {}).update(kept)
    return values, present


def _decision(
    *, profile: str, reason: Reason, facts: Facts, action: str, groups: Iterable[str]
) -> dict[str, Any]:
    shown = reason.explained
    return {
        "action": action,
        "profile": profile,
        "purpose": reason.purpose,
        "link": reason.link,
        "verified": {"row": shown.row, "template": shown.template, "strength": shown.strength}
        if shown
        else None,
        "groups": sorted(groups),
        "policies": engine().version,
        "facts": {name: getattr(facts, name) for name in Facts.__dataclass_fields__},
    }


def _told(reason: Reason) -> dict[str, str] | None:
    """What an employee wrote or referred to; None for a bare link, which needs no seal of the person."""
    told = {"words": reason.words, "reference": reason.reference, "earlier": reason.earlier}
    return told if any(told.values()) else None


def _deny_look_up(
    *,
    actor: Actor,
    employee: Employee,
    person: UUID,
    reason: Reason,
    facts: Facts,
    action: str,
    groups: frozenset[str],
    now: datetime,
) -> Denied:
    policies: set[str] = set()
    for group in sorted(groups):
        why = engine().explain(profile=actor.profile, action=action, resource=group, facts=facts)
        policies.update(why.policy_ids)
    kind = _kind_of_attempt(facts, action, groups, now)
    decision = _decision(profile=actor.profile, reason=reason, facts=facts, action=action, groups=groups)
    decision["decided_by"] = sorted(policies)
    with transaction.atomic():
        event = record(
            actor=actor,
            kind="gate.denied",
            now=now,
            person=person,
            payload=decision,
            person_payload=_told(reason),
        )
        alarm = note_alarm(
            actor=actor,
            kind=kind,
            severity=ladder.severity_of(kind, now),
            person=person,
            event=event.uid,
            now=now,
            facts={
                "action": action,
                "groups": sorted(groups),
                "link": reason.link,
                "purpose": reason.purpose,
                "policies": sorted(policies),
            },
        )
    return Denied(alarm=alarm.pk, policies=tuple(sorted(policies)))


def _kind_of_attempt(facts: Facts, action: str, groups: frozenset[str], now: datetime) -> str:
    """The gravest thing that can be said of it."""
    sensitive, export = bool(groups & SENSITIVE_GROUPS), action == "export"
    said = {
        facts.relation: facts.relation != "none",
        "sensitive_export": sensitive and export,
        "export": export,
        "sensitive": sensitive,
        "leaver": facts.status == "leaver",
        "look_up": True,
    }
    return max((kind for kind, so in said.items() if so), key=lambda kind: ladder.severity_of(kind, now))
