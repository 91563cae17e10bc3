"""Verbs of links: a person says whether two records are one human, and takes it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from duecause.apps.ledger.actions import record
from duecause.apps.register import grouping, link_rows, queries
from duecause.apps.register.models import LinkOpinion, Record, RecordLink
from duecause.engine.actor import Actor


def decide_link(*, actor: Actor, link: RecordLink, same: bool, now: datetime) -> bool:
    """Say that the two records are one human, or that they are not. Reversible by `split`.

    True: it is settled. False: nothing has changed yet, because a controller of the two wants more people to
    say the same (`Controller.link_deciders`). Raises NotPermitted; Refused where an earlier decision is
    contradicted."""
    actor.require("register.link")
    state = RecordLink.State.LINKED if same else RecordLink.State.REJECTED
    with transaction.atomic():
        if not _enough_agree(actor, link, same, now):
            return False
        settled = (
            RecordLink.objects.filter(pk=link.pk)
            .exclude(state=state)
            .update(state=state, decided_by=actor.ref, decided_at=now)
        )
        if not settled:
            return True
        if same:
            people = _people_of(link)
            grouping.refuse_contradiction(people)
            grouping.merge_people(people)
        else:
            grouping.regroup([link.a_id, link.b_id], now=now)
        _record_link(actor, link, "register.linked" if same else "register.link_rejected", now)
    link.refresh_from_db()
    return True


def _enough_agree(actor: Actor, link: RecordLink, same: bool, now: datetime) -> bool:
    """Note what this person says, and whether it settles the link. Nobody counts twice."""
    locked = RecordLink.objects.select_for_update().get(pk=link.pk)
    needed = queries.deciders_of(locked)
    if needed == 1:
        return True
    LinkOpinion.objects.update_or_create(
        link=locked, given_by=actor.ref, defaults={"same": same, "given_at": now}
    )
    _record_link(actor, link, "register.link_judged", now, same=same)
    if LinkOpinion.objects.filter(link=locked, same=same).count() < needed:
        return False
    LinkOpinion.objects.filter(link=locked).delete()
    return True


def split(*, actor: Actor, link: RecordLink, now: datetime) -> None:
    """Undo a link: the records are two humans. Each group of records that stays linked becomes one person.

    Raises NotPermitted, and Refused while a request of the person is open."""
    actor.require("register.link")
    with transaction.atomic():
        grouping.refuse_open_request(_people_of(link))
        ended = RecordLink.objects.filter(pk=link.pk, state=RecordLink.State.LINKED).update(
            state=RecordLink.State.ENDED, decided_by=actor.ref, decided_at=now
        )
        if not ended:
            return
        grouping.regroup([link.a_id, link.b_id], now=now)
        _record_link(actor, link, "register.unlinked", now)
    link.refresh_from_db()


def reopen_link(*, actor: Actor, link: RecordLink, now: datetime) -> None:
    """Take a person's decision back: the link is a suggestion again, or who waits for a second person has
    said nothing. A link of the rule is ended by `split`."""
    actor.require("register.link")
    settled = (RecordLink.State.LINKED, RecordLink.State.REJECTED)
    with transaction.atomic():
        if LinkOpinion.objects.filter(link=link, given_by=actor.ref).delete()[0]:
            _record_link(actor, link, "register.link_judgement_withdrawn", now)
            return
        if RecordLink.objects.filter(pk=link.pk, state=RecordLink.State.LINKED).exists():
            grouping.refuse_open_request(_people_of(link))
        reopened = RecordLink.objects.filter(
            pk=link.pk, state__in=settled, decided_by__startswith="employee:"
        ).update(state=RecordLink.State.SUGGESTED, decided_by=link_rows.BY_RULE, decided_at=now)
        if not reopened:
            return
        grouping.regroup([link.a_id, link.b_id], now=now)
        _record_link(actor, link, "register.link_reopened", now)
    link.refresh_from_db()


def _people_of(link: RecordLink) -> set[UUID]:
    return set(Record.objects.filter(pk__in=[link.a_id, link.b_id]).values_list("person_id", flat=True))


def _record_link(actor: Actor, link: RecordLink, kind: str, now: datetime, **more: bool) -> None:
    person = Record.objects.values_list("person_id", flat=True).get(pk=link.a_id)
    payload = {"link": link.pk, "a": str(link.a_id), "b": str(link.b_id), "rule": link.rule, **more}
    record(actor=actor, kind=kind, now=now, person=person, payload=payload)
