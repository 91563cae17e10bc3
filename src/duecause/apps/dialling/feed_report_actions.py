"""What a call centre reports: objections that it took, and its calls. An answer never tells whether a number
or reference is known: what is not on a list of this centre is taken all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from duecause.apps.consent import actions as consent
from duecause.apps.consent.models import Suppression
from duecause.apps.consent.quiet_actions import Quiet, keep_quiet
from duecause.apps.dialling import feed_queries, feed_wall, rules
from duecause.apps.dialling.facts import among
from duecause.apps.dialling.feed_actions import FEED, locked_stream
from duecause.apps.dialling.models import Attempt, ReleaseRow, ReportedObjection
from duecause.apps.gate.actions import raise_alarm
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller, Partner
from duecause.apps.register.models import DialFact
from duecause.apps.vault import indexes
from duecause.engine.actor import Actor
from duecause.engine.periods import end_of_day, local_day
from duecause.engine.phone import PhoneNumber, parse_e164
from duecause.engine.problems import Refused

MOST_ATTEMPTS = 1_000
AHEAD = timedelta(minutes=5)  # clocks differ
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CHANNEL = "call"
SCOPES = ("all_marketing", "channel", "campaign")
WRONG = Attempt.Outcome.WRONG_NUMBER
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


@dataclass(frozen=True, slots=True)
class Call:
    reference: str
    at: datetime
    outcome: str
    refusal: bool = False


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
    _refuse_impossible(reported.at, now)
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


def refuse_unreadable(call: Call, now: datetime) -> None:
    """Raise Refused for an outcome that does not exist or a call that lies in the future."""
    if call.outcome not in Attempt.Outcome.values:
        known = ", ".join(Attempt.Outcome.values)
        raise Refused("attempt_unknown_outcome", "outcome is one of %(known)s.", known=known)
    _refuse_impossible(call.at, now)


def _refuse_impossible(at: datetime, now: datetime) -> None:
    if at > now + AHEAD:
        raise Refused("report_in_future", "“at” lies in the future. Check the clock and its zone.")
    if at < EARLIEST:
        raise Refused("report_too_old", "“at” lies before the year 2000. Check the date.")


def return_attempts(*, actor: Actor, partner: Partner, calls: Sequence[Call], now: datetime) -> int:
    """Keep the calls to rows of this centre's lists; the same row and moment counts once. Gives how many were
    new, which the centre is not told.

    A refusal leaves the number in peace for as long as the dated rule of its country says, a wrong number for
    good: for the campaign's controller, at every centre. Raises NotPermitted, Refused for what cannot be
    read."""
    actor.require(FEED)
    for call in calls:
        refuse_unreadable(call, now)
    with transaction.atomic():
        rows = feed_queries.rows_held(partner, references={call.reference for call in calls})
        held = {row.reference: row for row in rows}  # the newest list, where a centre's own names repeat
        new = _keep(partner, held, calls, now)
        _leave_in_peace(actor, [(held[call.reference], call) for call in new], now)
        told = {
            "centre": partner.code,
            "attempts": len(calls),
            "new": len(new),
            "not_on_a_list": sum(call.reference not in held for call in calls),
            "outcomes": dict(Counter(call.outcome for call in calls)),
        }
        record(actor=actor, kind="dialling.attempts_returned", now=now, payload=told)
    return len(new)


def _keep(
    partner: Partner, held: Mapping[str, ReleaseRow], calls: Sequence[Call], now: datetime
) -> list[Call]:
    """Write the calls that are new, and give them."""
    with feed_wall.walled(partner):
        locked_stream(partner)  # the same calls sent twice at once count once
        own = feed_wall.own(Attempt.objects.all(), partner, "row__release__centre")
        known = set(own.filter(row__in=[row.pk for row in held.values()]).values_list("row_id", "at"))
        new: dict[tuple[int, datetime], Call] = {}
        for call in calls:
            row = held.get(call.reference)
            if row is not None and (row.pk, call.at) not in known:
                new.setdefault((row.pk, call.at), call)
        Attempt.objects.bulk_create(
            Attempt(row_id=row, at=at, outcome=call.outcome, refusal=call.refusal, reported_at=now)
            for (row, at), call in new.items()
        )
    return list(new.values())


def _leave_in_peace(actor: Actor, calls: Sequence[tuple[ReleaseRow, Call]], now: datetime) -> None:
    """What refusals and wrong numbers among these calls stop, per controller."""
    telling = [(row, call) for row, call in calls if call.refusal or call.outcome == WRONG]
    if not telling:
        return
    numbers = {bytes(row.token) for row, _ in telling}
    countries: dict[bytes, set[str]] = {}
    for token, country in among(DialFact.objects.all(), "token", numbers, "token", "country"):
        countries.setdefault(bytes(token), set()).add(country)
    quiet: dict[tuple[Controller, str], list[Quiet]] = {}
    for row, call in telling:
        campaign, token = row.release.campaign, bytes(row.token)
        own = countries.get(token) or set(campaign.countries)
        found = quiet.setdefault((campaign.controller, campaign.channel), [])
        if call.outcome == WRONG:
            found.append(Quiet(token, Suppression.Reason.WRONG_NUMBER, call.at, None))
        if call.refusal:
            found.append(_refused(token, own, campaign.controller.country, call.at))
    for (controller, channel), each in quiet.items():
        keep_quiet(actor=actor, quiet=each, controller=controller, channel=channel, now=now)


def _refused(token: bytes, countries: Collection[str], country: str, at: datetime) -> Quiet:
    """A refusal holds to the end of the last day that the rule of the day counts. `country`: whose days."""
    day = local_day(at, country)
    rule, days = rules.quiet_after_refusal(countries, day)
    until = end_of_day(day + timedelta(days=days), country)
    return Quiet(token, Suppression.Reason.REFUSAL_QUIET, at, until, rule)
