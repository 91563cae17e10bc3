"""What a call centre reports: objections that it took. An answer never tells whether a number or reference is
known: what is not on a list of this centre is taken all the same. Its calls: attempt_actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from duecause.apps.consent import actions as consent
from duecause.apps.dialling import feed_queries, feed_wall
from duecause.apps.dialling.feed_actions import FEED
from duecause.apps.dialling.models import ReleaseRow, ReportedObjection
from duecause.apps.gate.actions import raise_alarm
from duecause.apps.parties.models import Controller, Partner
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.phone import PhoneNumber, parse_e164
from duecause.engine.problems import Refused

AHEAD = timedelta(minutes=5)  # clocks differ
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CHANNEL = "call"
SCOPES = ("all_marketing", "channel", "campaign")
WAYS = ("call", "letter", "mail", "portal")


@dataclass(frozen=True, slots=True)
class Reported:
    """An objection as a centre tells it: about the row `reference` or the `number` (+E.164)."""

    client_id: str
    at: datetime
    reference: str = ""
    number: str = ""
    scope: str = "all_marketing"
    how: str = "call"


def report_objection(*, actor: Actor, partner: Partner, reported: Reported, now: datetime) -> None:
    """Take an objection that a centre took. The same `client_id` again changes nothing.

    It holds for the person of the row, or of the rows with that number; a number that is on no list of this
    centre is stopped as a number. A reference that is none of this centre's raises an alarm: somebody's
    objection may hang on it. Raises NotPermitted, Refused for what cannot be read.
    """
    actor.require(FEED)
    number = _readable(reported, now)
    with transaction.atomic():
        rows = (
            feed_queries.rows_held(partner, token=indexes.dial_token(number.e164))
            if number
            else feed_queries.rows_held(partner, references=[reported.reference])
        )
        with feed_wall.walled(partner):
            _, fresh = ReportedObjection.objects.get_or_create(
                partner=partner,
                client_id=reported.client_id,
                defaults={"received_at": now, "matched": bool(rows)},
            )
        if not fresh:
            return
        if rows:
            _object_for_rows(actor, rows, reported, now)
        elif number:
            _object_for_number(actor, partner, number, reported, now)
        else:
            facts = {"partner": partner.code}
            raise_alarm(actor=actor, kind="report_unmatched", severity=2, facts=facts, now=now)


def _readable(reported: Reported, now: datetime) -> PhoneNumber | None:
    if bool(reported.reference) == bool(reported.number):
        raise Refused("report_about_what", "Give either the reference of the row or the number.")
    refuse_impossible(reported.at, now)
    if reported.scope not in SCOPES or reported.how not in WAYS:
        raise Refused(
            "report_unknown_word",
            "scope is one of %(scopes)s; how is one of %(ways)s.",
            scopes=", ".join(SCOPES),
            ways=", ".join(WAYS),
        )
    number = parse_e164(reported.number) if reported.number else None
    if reported.number and number is None:
        raise Refused("report_no_number", "The number is not international. Write it as +32470123456.")
    return number


def _object_for_rows(actor: Actor, rows: Sequence[ReleaseRow], reported: Reported, now: datetime) -> None:
    seen = set()
    for row in rows:
        campaign = row.release.campaign
        person = row.person or (row.record.person if row.record else None)
        scope = _scope(reported.scope, campaign.code)
        key = (person.pk if person else bytes(row.token), campaign.controller_id, scope)
        if key in seen:
            continue
        seen.add(key)
        taking = consent.Taking(how=reported.how, language=person.language if person else "en")
        at = min(reported.at, now)
        if person is not None:
            consent.record_objection(
                actor=actor,
                person=person,
                controller=campaign.controller,
                taking=taking,
                now=now,
                scope=scope,
                at=at,
            )
        else:  # erased since, or planted: the number is all there is
            consent.record_token_objection(
                actor=actor,
                tokens={bytes(row.token)},
                controller=campaign.controller,
                taking=taking,
                now=now,
                scope=scope,
                at=at,
            )


def _object_for_number(
    actor: Actor, partner: Partner, number: PhoneNumber, reported: Reported, now: datetime
) -> None:
    """For every controller that this centre calls for, else every one: too far is safe, too short is not."""
    called_for = Controller.objects.filter(campaigns__releases__centre=partner).distinct()
    for controller in called_for or Controller.objects.all():
        consent.record_number_objection(
            actor=actor,
            numbers=[number.e164],
            controller=controller,
            taking=consent.Taking(how=reported.how),
            now=now,
            scope=_scope(reported.scope, ""),
            at=min(reported.at, now),
        )


def _scope(kind: str, campaign: str) -> consent.Scope:
    if kind == "campaign" and campaign:
        return consent.Scope(kind=kind, campaign=campaign)
    if kind == "channel":
        return consent.Scope(kind=kind, channel=CHANNEL)
    return consent.ALL_MARKETING


def refuse_impossible(at: datetime, now: datetime) -> None:
    if at > now + AHEAD:
        raise Refused("report_in_future", "“at” lies in the future. Check the clock and its zone.")
    if at < EARLIEST:
        raise Refused("report_too_old", "“at” lies before the year 2000. Check the date.")
