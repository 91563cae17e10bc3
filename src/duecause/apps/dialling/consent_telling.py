"""The end of a consent, told to the call centres that hold the person for that purpose. Not an objection of
all marketing: one entry per campaign of the purpose, with the references of its rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from duecause.apps.consent.proof import provides_last_use
from duecause.apps.consent.telling import Ended, Told, after_end, provides_told
from duecause.apps.dialling import feed_actions
from duecause.apps.dialling.feed_queries import given_back
from duecause.apps.dialling.models import Campaign, FeedEntry, ReleaseRow
from duecause.apps.obligations.models import Obligation, Step


@after_end
def tell_of_end(ended: Ended) -> None:
    """Every centre with rows of this person in a campaign of the purpose gets an entry and a step of one
    obligation per campaign."""
    for campaign, held in _held(ended).items():
        entries = [
            FeedEntry(
                partner_id=centre,
                kind=FeedEntry.Kind.OBJECTION,
                references=references,
                scope={"kind": "campaign", "channel": ended.event.channel, "campaign": campaign},
                at=ended.event.at,
            )
            for centre, references in held.items()
        ]
        facts = {"consent": str(ended.event.pk), "campaign": campaign}
        person = ended.event.person_id
        feed_actions.write(actor=ended.actor, entries=entries, facts=facts, now=ended.now, person=person)


def _held(ended: Ended) -> dict[str, dict[int, list[str]]]:
    """Campaign → partner id → references. A list that has run out is still in the centre's hands."""
    event = ended.event
    campaigns = Campaign.objects.filter(
        controller=event.controller, purpose=event.purpose, channel=event.channel
    )
    # A release that is being put in force holds this lock: either it sees the event, or we see its rows.
    found = list(campaigns.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    rows = ReleaseRow.objects.filter(
        Q(person=event.person_id) | Q(record__person=event.person_id),
        release__campaign__in=found,
        release__expires_at__gt=F("release__released_at"),
    ).exclude(release__in=given_back())
    held: dict[str, dict[int, list[str]]] = {}
    named = rows.order_by("reference").values_list("release__campaign__code", "release__centre", "reference")
    for campaign, centre, reference in named:
        held.setdefault(campaign, {}).setdefault(centre, []).append(reference)
    return held


@provides_last_use
def last_use(person: UUID) -> datetime | None:
    """When a list with this person's number was last put in a call centre's hands."""
    rows = ReleaseRow.objects.filter(
        Q(person=person) | Q(record__person=person), release__expires_at__gt=F("release__released_at")
    )
    return rows.order_by("-release__released_at").values_list("release__released_at", flat=True).first()


@provides_told
def told_of_end(word: UUID) -> list[Told]:
    """Every centre that must hear that this consent ended, and how far that is."""
    orders = Obligation.objects.filter(kind=feed_actions.TELL, facts__consent=str(word))
    steps = list(Step.objects.filter(obligation__in=orders).values_list("pk", flat=True))
    entries = FeedEntry.objects.filter(step__in=steps).select_related("partner")
    return [
        Told(
            centre_code=entry.partner.code,
            centre_name=entry.partner.name,
            told_at=entry.written_at,
            sent_at=entry.given_at,
            acknowledged_at=entry.acknowledged_at,
        )
        for entry in entries.order_by("partner__name", "cursor")
    ]
