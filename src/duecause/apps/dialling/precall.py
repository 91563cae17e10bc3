"""May this centre call this number now? Tokens and index look-ups only; any doubt is a no.

A partner learns one of a few reasons and nothing about a person: a number that is unknown, foreign or another
centre's is `not_on_your_list`; `too_often` tells of calls, and is said only of a number that the centre
itself may call otherwise (precall_caps); `outside_hours` and `zone_unknown` follow from the number and the
clock alone, and are said only of a number that might be called at another time. Staff see everything through
`checking.check`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from duecause.apps.dialling import precall_facts, rules
from duecause.apps.dialling.calling_times import hours_of
from duecause.apps.dialling.precall_facts import Asked, Held
from duecause.apps.dialling.scripts import in_force
from duecause.apps.notices.at_once import overdue as overdue_notices
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import blocking_reasons_of
from duecause.apps.vault import indexes
from duecause.engine.periods import local_day
from duecause.engine.phone import PhoneNumber, parse_e164

Reason = Literal["", "denied", "expired", "not_on_your_list", "too_often", "outside_hours", "zone_unknown"]
MOST_NUMBERS = 1_000
VALID_SECONDS = 60  # how long an answer holds


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is empty for allow. `again_on`: the day on which a number that was called too often may be
    called again; `not_before`: of a call outside the hours, when the next may be made. `reference` is that of
    the released row, for the event; never answered. `rows`: those of the running releases that an allow rests
    on, the newest last; `country`: that of the number."""

    allowed: bool
    reason: Reason
    reference: str = ""
    again_on: date | None = None
    rows: tuple[Held, ...] = field(default=(), compare=False, repr=False)
    country: str = field(default="", compare=False, repr=False)
    not_before: datetime | None = None


NOT_ON_LIST = Decision(False, "not_on_your_list")
DENIED = Decision(False, "denied")


def decide(*, centre: Partner, campaign: str, numbers: Sequence[str], now: datetime) -> list[Decision]:
    """One decision per number, in order. `campaign` is a code; empty: any campaign of this centre, and each
    one in which the number was released must allow it. How often it was called is not looked at:
    `precall_caps` does, last.

    A text that is no international number is denied. Raises whatever the database raises: the caller denies.
    """
    return precall_facts.with_keys_of_now(
        lambda keys_of: _decide(centre, campaign, numbers, now=now, keys_of=keys_of)
    )


def _decide(
    centre: Partner, campaign: str, numbers: Sequence[str], *, now: datetime, keys_of: datetime
) -> list[Decision]:
    parsed = [parse_e164(number) for number in numbers]
    known = sorted({number.e164: number for number in parsed if number is not None}.values(), key=_e164)
    tokens = {number.e164: indexes.dial_token(number.e164) for number in known}
    held = precall_facts.released(centre, campaign, set(tokens.values()))
    running = {row for rows in held.values() for row in rows if row.running(now)}
    regions = {tokens[number.e164]: number.region for number in known}
    stopped = stopped_rows(centre, running, regions, now, keys_of) if running else set()
    return [_decision(number, tokens, held, stopped, now) for number in parsed]


def _decision(
    number: PhoneNumber | None,
    tokens: dict[int, bytes],
    held: dict[bytes, list[Held]],
    stopped: set[Held],
    now: datetime,
) -> Decision:
    if number is None:
        return DENIED
    rows = held.get(tokens[number.e164], [])
    if not rows:
        return NOT_ON_LIST
    running = [row for row in rows if row.running(now)]
    reference = (running or rows)[-1].reference
    if not running:
        return Decision(False, "expired", reference)
    if any(row in stopped for row in running):
        return Decision(False, "denied", reference)
    hours = hours_of(number, now)
    if hours.zone_unknown:
        return Decision(False, "zone_unknown", reference)
    if not hours.open:
        return Decision(False, "outside_hours", reference, not_before=hours.next_open)
    return Decision(True, "", reference, rows=tuple(running), country=number.region)


def scripts_of(decision: Decision, now: datetime) -> dict[str, str]:
    """Language → script in force for the call that is allowed; empty where there is none."""
    if not decision.allowed or not decision.rows:
        return {}
    campaign = decision.rows[-1].campaign
    return in_force(campaign.scripts, _today(campaign, now)) if campaign.scripts else {}


def _e164(number: PhoneNumber) -> int:
    return number.e164


def stopped_rows(
    centre: Partner,
    rows: Collection[Held],
    regions: Mapping[bytes, str],
    now: datetime,
    keys_of: datetime,
) -> set[Held]:
    """Rows of running releases that must not be called now. `regions`: token → country of the number;
    `keys_of`: when token keys changed last, as known before the rows were looked for. Raises
    TokenKeysChanged."""
    campaigns = {row.campaign for row in rows}
    if any(blocking_reasons_of(centre, day, now=now) for day in {_today(each, now) for each in campaigns}):
        return set(rows)
    reachable, stopped = precall_facts.reachable(rows)
    for campaign in campaigns:
        own = [row for row in rows if row.campaign == campaign]
        everybody = {person for row in own for person in reachable[row]}
        found = precall_facts.stops(campaign, own, everybody, now, keys_of)
        banned = {country for country in campaign.countries if _ban(campaign, country, now)}
        # Without a notice when the list was released, with the short one in the script: its last day passes.
        overdue = overdue_notices(found.untold, now) if found.untold else set()
        stopped |= {
            row
            for row in own
            if row.token in found.tokens
            or reachable[row] & found.people
            or row.record in found.records
            or row.record in overdue
            or _newly(row, found.listed.get(row.token))
            or regions[row.token] in banned
        }
    return stopped


def _newly(row: Held, listed: datetime | None) -> bool:
    """In a national register version that was loaded after the release."""
    return listed is not None and listed > row.released_at


def _ban(campaign: Asked, country: str, now: datetime) -> bool:
    """A ban without exception. One that has an exception was judged at the screening."""
    day = _today(campaign, now)
    found = rules.rule_sets([country], day)[country].ban(campaign.sector)
    return found is not None and not found.text("unless")


def _today(campaign: Asked, now: datetime) -> date:
    return local_day(now, campaign.country)
