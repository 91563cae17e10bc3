"""Record why people of a source need not be told (GDPR Art. 14(5)), and end that."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.notices.models import NoticeExemption
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Person
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.packs.law import notice_policy

SHORTEST = 15


def exempt(
    *,
    actor: Actor,
    source: Source,
    ground: str,
    because: str,
    proof: str,
    now: datetime,
    received_to: date | None = None,
    customers: bool = False,
    person: Person | None = None,
) -> NoticeExemption:
    """`ground`: of packs/law/notices.yaml. `because` and `proof` are the organisation's own words about the
    case, and where the proof lies; never about what a person said. Raises NotPermitted, Refused."""
    actor.require("notices.exempt")
    known = notice_policy().ground(ground)
    if known is None:
        raise Refused(
            "unknown_ground",
            "“%(ground)s” is no ground of Art. 14(5). Known are: %(known)s.",
            ground=ground[:40],
            known=", ".join(each.code for each in notice_policy().grounds),
        )
    if source.kind not in notice_policy().on(now.date()).kinds:
        raise Refused(
            "exempt_own_source",
            "Data of %(source)s come from the people or from the company itself: no such notice is due.",
            source=source.name,
        )
    if len(because.strip()) < SHORTEST or (known.proof and not proof.strip()):
        raise Refused(
            "exempt_reason",
            "Say in a sentence why nobody need be told, and where the proof lies (a document of your"
            " archive, an address). Without both nobody could show it later (GDPR Art. 5(2)).",
        )
    with transaction.atomic():
        made = NoticeExemption.objects.create(
            source=source,
            person=person,
            ground=ground,
            because=because.strip()[:1000],
            proof=proof.strip()[:300],
            received_to=received_to,
            customers=customers,
            made_at=now,
            made_by=actor.ref,
        )
        payload = {
            "exemption": str(made.pk),
            "source": source.code,
            "ground": ground,
            "because": made.because,
            "proof": made.proof,
            "received_to": received_to.isoformat() if received_to else None,
            "customers": customers,
        }
        record(
            actor=actor,
            kind="notices.exempted",
            now=now,
            payload=payload,
            person=person.pk if person else None,
        )
    return made


def end_exemption(*, actor: Actor, exemption: NoticeExemption, now: datetime) -> bool:
    """From now on the clock of these people runs again, from when the data were received. False: it had
    ended."""
    actor.require("notices.exempt")
    with transaction.atomic():
        ended = NoticeExemption.objects.filter(pk=exemption.pk, ended_at=None).update(
            ended_at=now, ended_by=actor.ref
        )
        if ended:
            payload = {"exemption": str(exemption.pk), "source": exemption.source.code}
            record(
                actor=actor,
                kind="notices.exemption_ended",
                now=now,
                payload=payload,
                person=exemption.person_id,
            )
    return bool(ended)
