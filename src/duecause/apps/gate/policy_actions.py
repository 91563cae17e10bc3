"""Propose access policies, put them into force, refuse them. Two persons: who proposed does not approve."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, transaction

from duecause.apps.gate import policies
from duecause.apps.gate.policy_models import PolicyRelease, PolicyVersion
from duecause.apps.ledger.actions import record
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.engine.policy import CedarPolicies
from duecause.engine.policy.differences import APPROVE, PROPOSE, refuse_what_no_policy_may
from duecause.engine.problems import Refused, gettext_noop

BLIND = ("administrator", "auditor")  # profiles that may never touch a person's data
SHORTEST_WHY = 15
LONGEST = 200_000  # characters


def keep_packaged(*, using: str = "default", **signal: Any) -> None:
    """After tables were made or changed: keep the shipped policies, so that they can be asked again."""
    if using == "default" and PolicyVersion._meta.db_table in connections[using].introspection.table_names():
        keep(policies.packaged(), now=datetime.now(UTC))


def keep(rules: CedarPolicies, *, now: datetime) -> PolicyVersion:
    """The row of a policy set. Again changes nothing."""
    texts = rules.loaded.texts
    kept, _ = PolicyVersion.objects.get_or_create(
        version=rules.version,
        defaults={
            "policies": texts.policies,
            "schema": texts.schema,
            "vocabulary": texts.vocabulary,
            "activated_at": now,
        },
    )
    return kept


def check(text: str) -> CedarPolicies:
    """The set that these lines would be, with the words of this version of the product. Raises Refused, with
    line and remedy, for what cannot be read, and in words for what no policy may do."""
    if len(text) > LONGEST:
        raise Refused("policy_long", TOO_LONG, length=len(text), most=LONGEST)
    rules = policies.candidate(text.replace("\r\n", "\n").strip() + "\n")
    refuse_what_no_policy_may(rules, policies.reach(rules), blind=BLIND)
    _refuse_idle(rules)
    return rules


def propose(*, actor: Actor, text: str, why: str, now: datetime) -> PolicyRelease:
    """Propose these lines instead of those in force. Raises NotPermitted, Refused."""
    actor.require(PROPOSE)
    why = " ".join(why.split())[:500]
    if len(why) < SHORTEST_WHY:
        raise Refused("policy_why", NO_WHY, shortest=SHORTEST_WHY)
    rules = check(text)
    policies.look(now=True)
    before = policies.running()
    if rules.version == before.version:
        raise Refused("policy_same", SAME)
    keep(before, now=now)
    newest = PolicyRelease.objects.order_by("-number").first()
    try:
        with transaction.atomic():
            release = PolicyRelease.objects.create(
                number=newest.number + 1 if newest else 1,
                version=keep(rules, now=now),
                before=before.version,
                state=PolicyRelease.State.PROPOSED,
                why=why,
                proposed_by=actor.ref,
                proposed_at=now,
            )
            _tell(actor, "gate.policy_proposed", release, now)
    except IntegrityError:
        raise Refused("policy_waiting", WAITING) from None
    return release


def approve(*, actor: Actor, release: PolicyRelease, now: datetime) -> PolicyRelease:
    """Put proposed lines into force: each process decides by them within a second. Raises NotPermitted,
    Refused if the same person proposed them, or others came into force since they were compared."""
    actor.require(APPROVE)
    if actor.ref == release.proposed_by:
        raise Refused("policy_same_person", SAME_PERSON)
    check(release.version.policies)
    policies.look(now=True)
    with transaction.atomic():
        locked = PolicyRelease.objects.select_for_update().select_related(None).get(pk=release.pk)
        if locked.state != PolicyRelease.State.PROPOSED:
            raise Refused("policy_decided", DECIDED, number=locked.number)
        if locked.before != policies.running().version:
            raise Refused("policy_overtaken", OVERTAKEN, number=locked.number)
        PolicyRelease.objects.filter(state=PolicyRelease.State.IN_FORCE).update(
            state=PolicyRelease.State.REPLACED
        )
        locked.state, locked.decided_by, locked.decided_at = PolicyRelease.State.IN_FORCE, actor.ref, now
        locked.save(update_fields=["state", "decided_by", "decided_at"])
        _tell(actor, "gate.policy_released", locked, now)
        transaction.on_commit(lambda: policies.look(now=True))
    return locked


def refuse(*, actor: Actor, release: PolicyRelease, now: datetime) -> None:
    """Refuse proposed lines, or take one's own back. Again changes nothing."""
    actor.require(PROPOSE)
    with transaction.atomic():
        refused = PolicyRelease.objects.filter(pk=release.pk, state=PolicyRelease.State.PROPOSED).update(
            state=PolicyRelease.State.REFUSED, decided_by=actor.ref, decided_at=now
        )
        if refused:
            _tell(actor, "gate.policy_refused", release, now)


def _refuse_idle(rules: CedarPolicies) -> None:
    """Who works here now must keep something to do, and two must be left to change the policies again (where
    there were two)."""
    staff = list(Employee.objects.filter(is_active=True).values_list("pk", "profile"))
    for profile in sorted({profile for _, profile in staff}):
        if not rules.functions_of(profile):
            people = sum(1 for _, each in staff if each == profile)
            raise Refused("policy_idle", IDLE, profile=profile, people=people)
    if _two_can_change(policies.running(), staff) and not _two_can_change(rules, staff):
        raise Refused("policy_two_persons", TWO_PERSONS)


def _two_can_change(rules: CedarPolicies, staff: list[tuple[UUID, str]]) -> bool:
    changers = {pk for pk, profile in staff if rules.may_use(profile=profile, function=PROPOSE)}
    approvers = {pk for pk, profile in staff if rules.may_use(profile=profile, function=APPROVE)}
    return bool(approvers) and len(changers | approvers) > 1


def _tell(actor: Actor, kind: str, release: PolicyRelease, now: datetime) -> None:
    payload = {"release": release.number, "policies": release.version.version, "before": release.before}
    record(actor=actor, kind=kind, now=now, payload=payload)


TOO_LONG = gettext_noop("The text has %(length)s characters; %(most)s are the most. Take out lines.")
NO_WHY = gettext_noop("Say why in at least %(shortest)s characters, so that the other person can judge.")
SAME = gettext_noop("These lines are in force already. Change something, or leave it.")
WAITING = gettext_noop("Other lines wait for approval. Approve, refuse or take them back first.")
SAME_PERSON = gettext_noop("You proposed these lines. Somebody else has to approve them.")
DECIDED = gettext_noop("Release %(number)s was decided already. Look at the list again.")
OVERTAKEN = gettext_noop(
    "Other lines came into force since release %(number)s was proposed, so its comparison no longer holds."
    " Refuse it and propose it again."
)
IDLE = gettext_noop(
    "With these lines %(people)s employees of the profile %(profile)s could do nothing at all. Permit the"
    " profile a function, or give these employees another profile first."
)
TWO_PERSONS = gettext_noop(
    "With these lines fewer than two employees could propose and approve the next change. Permit it to a"
    " profile that more people have."
)
