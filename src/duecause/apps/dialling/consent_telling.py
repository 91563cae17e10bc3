"""The end of a consent, and that it holds after all, told to the call centres that hold the person for that
purpose. Not an objection of
all marketing: one entry per campaign of the purpose, with the references of its rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.proof import provides_last_use
from duecause.apps.consent.telling import Ended, Said, Told, after_end, after_word, provides_told
from duecause.apps.dialling import feed_actions, feed_queries
from duecause.apps.dialling.feed_queries import given_back
from duecause.apps.dialling.models import Campaign, FeedEntry, ReleaseRow
from duecause.apps.obligations.models import Obligation, Step
from duecause.engine.consents import GIVING


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


@after_word
def tell_of_yes(said: Said) -> None:
    """The centres that were told that this consent ended hear that it holds, for those of its rows that no
    objection stops. Once for each end."""
    event = said.event
    if event.state not in GIVING:
        return
    ends = ConsentEvent.objects.filter(
        person=event.person, controller=event.controller, purpose=event.purpose, channel=event.channel
    ).exclude(pk=event.pk)
    known = {str(pk) for pk in ends.values_list("pk", flat=True)}
    told = Obligation.objects.filter(kind=feed_actions.TELL, person=event.person_id, facts__has_key="consent")
    lifted = {order.facts.get("lifted") for order in told}
    for order in told.order_by("opened_at", "pk"):
        if order.facts["consent"] not in known or "lifted" in order.facts or str(order.pk) in lifted:
            continue
        entries = _lifting(order, said)
        if entries:
            facts = {"consent": str(event.pk), "lifted": str(order.pk)}
            feed_actions.write(
                actor=said.actor, entries=entries, facts=facts, now=said.now, person=event.person_id
            )


def _lifting(order: Obligation, said: Said) -> list[FeedEntry]:
    steps = list(order.steps.values_list("pk", flat=True))
    entries = []
    for entry in FeedEntry.objects.filter(step__in=steps).order_by("partner", "cursor"):
        free = feed_queries.free_rows(
            entry.partner_id, entry.references, channel=said.event.channel, now=said.now
        )
        if free:
            entries.append(
                FeedEntry(
                    partner_id=entry.partner_id,
                    kind=FeedEntry.Kind.LIFTED,
                    references=sorted(free),
                    scope=entry.scope,
                    at=said.now,
                )
            )
    return entries


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
