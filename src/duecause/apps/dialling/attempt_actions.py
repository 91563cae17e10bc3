"""Calls that were made, as centres report them: kept once, counted over all centres, and what refusals among
them stop.

A call is reported by the reference of a row, which only its centre knows: that one is on none of its lists
tells nothing about a person, so it is refused in plain words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from duecause.apps.consent.models import Suppression
from duecause.apps.consent.quiet_actions import Quiet, keep_quiet
from duecause.apps.dialling import feed_queries, feed_wall, rules
from duecause.apps.dialling.facts import among
from duecause.apps.dialling.feed_actions import FEED, locked_stream
from duecause.apps.dialling.feed_report_actions import AHEAD, refuse_impossible
from duecause.apps.dialling.models import AllowedCall, Attempt, Campaign, ReleaseRow
from duecause.apps.dialling.precall import VALID_SECONDS
from duecause.apps.dialling.scripts import known_names
from duecause.apps.ledger.actions import record
from duecause.apps.parties.models import Controller, Partner
from duecause.apps.register.models import DialFact
from duecause.engine.actor import Actor
from duecause.engine.periods import end_of_day, local_day
from duecause.engine.problems import Problem, Refused, gettext_noop
from duecause.packs.campaigns import thresholds

MOST_ATTEMPTS = 1_000
WRONG = Attempt.Outcome.WRONG_NUMBER
NEVER_GIVEN, BEFORE, OTHERWISE = "attempt_never_given", "attempt_before_list", "attempt_told_otherwise"
NO_SCRIPT = "attempt_unknown_script"
_TEMPLATES = {
    NEVER_GIVEN: gettext_noop(
        "The reference is on no list that was given to this centre. Send the reference of the row as its list"
        " has it; for a list of before, have it recorded first (duecause releases import)."
    ),
    BEFORE: gettext_noop(
        "The call lies before its list was handed out. Check the clock of the dialler and the zone of “at”."
    ),
    NO_SCRIPT: gettext_noop(
        "No such script was in force for this campaign at the time of the call. Send its name as the check"
        " before the call gave it, as nl-3, or leave it out."
    ),
    OTHERWISE: gettext_noop(
        "This call was reported before with another outcome. It stays as it was; report another call at its"
        " own moment."
    ),
}


@dataclass(frozen=True, slots=True)
class Call:
    reference: str
    at: datetime
    outcome: str
    refusal: bool = False
    script: str = ""  # which was read, as nl-3


@dataclass(frozen=True, slots=True)
class Returned:
    """Places among the calls given: of those that were `new`, and why others were `refused`. The rest was
    known."""

    new: frozenset[int]
    refused: Mapping[int, Problem]


def refuse_unreadable(call: Call, now: datetime) -> None:
    """Raise Refused for an outcome that does not exist or a call that lies in the future."""
    if call.outcome not in Attempt.Outcome.values:
        known = ", ".join(Attempt.Outcome.values)
        raise Refused("attempt_unknown_outcome", "outcome is one of %(known)s.", known=known)
    refuse_impossible(call.at, now)


def return_attempts(*, actor: Actor, partner: Partner, calls: Sequence[Call], now: datetime) -> Returned:
    """Keep the calls to rows of this centre's lists; the same row and moment counts once.

    Refused one by one: a reference that this centre was never given, a call before its list, a call that was
    reported with another outcome. A refusal leaves the person in peace for as long as the dated rule of the
    country or the campaign says, whichever is longer, a wrong number for good: for the campaign's controller,
    at every centre. Raises NotPermitted, Refused for what cannot be read."""
    actor.require(FEED)
    return keep_calls(actor=actor, partner=partner, calls=calls, now=now)


def keep_calls(*, actor: Actor, partner: Partner, calls: Sequence[Call], now: datetime) -> Returned:
    """`return_attempts`, for actions that have asked whether the actor may."""
    for call in calls:
        refuse_unreadable(call, now)
    with transaction.atomic():
        held = feed_queries.rows_held(partner, references={call.reference for call in calls})
        refused: dict[int, Problem] = {}
        placed = _placed(held, calls, refused)
        _refuse_unknown_scripts(placed, calls, refused)
        new = _keep(partner, placed, calls, refused, now)
        _no_longer_waiting(partner, [(placed[place], calls[place].at) for place in new], now)
        _leave_in_peace(actor, [(placed[place], calls[place]) for place in new], now)
        told = {
            "centre": partner.code,
            "attempts": len(calls),
            "new": len(new),
            "refused": dict(Counter(problem.code for problem in refused.values())),
            "outcomes": dict(Counter(call.outcome for call in calls)),
        }
        record(actor=actor, kind="dialling.attempts_returned", now=now, payload=told)
    return Returned(frozenset(new), dict(sorted(refused.items())))


def _placed(
    held: Iterable[ReleaseRow], calls: Sequence[Call], refused: dict[int, Problem]
) -> dict[int, ReleaseRow]:
    """Place of a call → its row: of the newest list before the call, where a centre's own names repeat."""
    rows: dict[str, list[ReleaseRow]] = {}
    for row in held:
        rows.setdefault(row.reference, []).append(row)
    placed = {}
    for place, call in enumerate(calls):
        own = rows.get(call.reference, [])
        before = [row for row in own if row.release.released_at <= call.at + AHEAD]
        if before:
            placed[place] = before[-1]
        else:
            refused[place] = _problem(BEFORE if own else NEVER_GIVEN)
    return placed


def _refuse_unknown_scripts(
    placed: dict[int, ReleaseRow], calls: Sequence[Call], refused: dict[int, Problem]
) -> None:
    """Evidence of a call names words that could be said in it."""
    told = [place for place in placed if calls[place].script]
    if not told:
        return
    known = known_names({placed[place].release.campaign for place in told})
    for place in told:
        campaign, call = placed[place].release.campaign, calls[place]
        day = local_day(call.at, campaign.controller.country)
        if not any(each[:2] == (campaign.pk, call.script) and each[2] <= day for each in known):
            del placed[place]
            refused[place] = _problem(NO_SCRIPT)


def _problem(code: str) -> Problem:
    return Problem(code, _TEMPLATES[code])


def _keep(
    partner: Partner,
    placed: Mapping[int, ReleaseRow],
    calls: Sequence[Call],
    refused: dict[int, Problem],
    now: datetime,
) -> list[int]:
    """Write the calls that are new, and give their places."""
    with feed_wall.walled(partner):
        locked_stream(partner)  # the same calls sent twice at once count once
        own = feed_wall.own(Attempt.objects.all(), partner, "row__release__centre")
        columns = own.filter(row__in={row.pk for row in placed.values()}).values_list(
            "row_id", "at", "outcome", "refusal"
        )
        stored = {(row, at): (outcome, refusal) for row, at, outcome, refusal in columns}
        told = dict(stored)
        new: dict[tuple[int, datetime], int] = {}
        for place, row in placed.items():
            call = calls[place]
            key, said = (row.pk, call.at), (call.outcome, call.refusal)
            if told.setdefault(key, said) != said:
                refused[place] = _problem(OTHERWISE)
            elif key not in stored:
                new.setdefault(key, place)
        Attempt.objects.bulk_create(
            Attempt(
                row_id=row,
                at=at,
                outcome=calls[place].outcome,
                refusal=calls[place].refusal,
                script=calls[place].script,
                reported_at=now,
            )
            for (row, at), place in new.items()
        )
    return list(new.values())


def _no_longer_waiting(partner: Partner, made: Sequence[tuple[ReleaseRow, datetime]], now: datetime) -> None:
    """What was allowed and is now told of no longer counts by itself; nor does what nobody told in time."""
    waiting = AllowedCall.objects.filter(row__release__centre=partner)
    waiting.filter(at__lt=now - thresholds(now.date()).unreported).delete()
    if not made:
        return
    numbers: dict[bytes, list[datetime]] = {}
    for row, at in made:
        numbers.setdefault(bytes(row.token), []).append(at)
    within = waiting.filter(
        at__gte=min(at for _, at in made) - _HOLDS, at__lte=max(at for _, at in made) + AHEAD
    )
    told = [
        pk
        for pk, token, allowed in within.values_list("pk", "row__token", "at")
        if any(allowed - AHEAD <= at <= allowed + _HOLDS for at in numbers.get(bytes(token), ()))
    ]
    for start in range(0, len(told), MOST_ATTEMPTS):
        AllowedCall.objects.filter(pk__in=told[start : start + MOST_ATTEMPTS]).delete()


_HOLDS = timedelta(seconds=VALID_SECONDS) + AHEAD  # from the answer to the call, by clocks that differ


def _leave_in_peace(actor: Actor, calls: Sequence[tuple[ReleaseRow, Call]], now: datetime) -> None:
    """What refusals and wrong numbers among these calls stop, per controller."""
    telling = [(row, call) for row, call in calls if call.refusal or call.outcome == WRONG]
    if not telling:
        return
    known = _numbers_of(row for row, call in telling if call.refusal)
    tokens = {token for own in known.values() for token in own} | {bytes(row.token) for row, _ in telling}
    countries: dict[bytes, set[str]] = {}
    for token, country in among(DialFact.objects.all(), "token", tokens, "token", "country"):
        countries.setdefault(bytes(token), set()).add(country)
    quiet: dict[tuple[Controller, str], list[Quiet]] = {}
    for row, call in telling:
        campaign, token = row.release.campaign, bytes(row.token)
        found = quiet.setdefault((campaign.controller, campaign.channel), [])
        if call.outcome == WRONG:
            found.append(Quiet(token, Suppression.Reason.WRONG_NUMBER, call.at, None))
        if call.refusal:
            # The person refused: each of their numbers is quiet, and that of the row for whoever shares it.
            for number in sorted({token} | known.get(row.person_id, set())):
                own = countries.get(number) or set(campaign.countries)
                found.append(_refused(number, own, campaign, call.at))
    for (controller, channel), each in quiet.items():
        keep_quiet(actor=actor, quiet=each, controller=controller, channel=channel, now=now)


def _numbers_of(rows: Iterable[ReleaseRow]) -> dict[UUID | None, set[bytes]]:
    """Person → dial tokens of all numbers known of them."""
    people = {row.person_id for row in rows if row.person_id}
    found: dict[UUID | None, set[bytes]] = {}
    for person, token in among(DialFact.objects.all(), "person", people, "person_id", "token"):
        found.setdefault(person, set()).add(bytes(token))
    return found


def _refused(token: bytes, countries: Collection[str], campaign: Campaign, at: datetime) -> Quiet:
    """A refusal holds to the end of the last day that the rule of the day counts, or the campaign where it
    asks for more. The controller's days count."""
    country = campaign.controller.country
    day = local_day(at, country)
    rule, days = rules.quiet_after_refusal(countries, day)
    if (campaign.quiet_days or 0) > days:
        rule, days = campaign.code, campaign.quiet_days or 0
    until = end_of_day(day + timedelta(days=days), country)
    return Quiet(token, Suppression.Reason.REFUSAL_QUIET, at, until, rule)
