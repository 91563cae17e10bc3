"""The last question before a call: were there enough? Asked only for numbers whose calls are capped, and only
where nothing else stops the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from duecause.apps.dialling import attempt_counts
from duecause.apps.dialling.models import AllowedCall, ReleaseRow
from duecause.apps.dialling.precall import VALID_SECONDS, Decision
from duecause.apps.dialling.precall_facts import Held
from duecause.apps.parties.models import Partner
from duecause.apps.vault import covers
from duecause.engine.attempts import Cap, Full, full
from duecause.engine.periods import local_day


@dataclass(frozen=True, slots=True)
class _Capped:
    """One campaign in which the number of a decision was released, and what limits its calls today."""

    place: int
    row: Held
    caps: tuple[Cap, ...]
    on: date


def within_caps(decisions: Sequence[Decision], *, centre: Partner, now: datetime) -> list[Decision]:
    """The decisions, with a no where enough calls were made. Changes nothing."""
    return _judged(decisions, _capped(decisions, now), centre, now)


def allow_within_caps(decisions: Sequence[Decision], *, centre: Partner, now: datetime) -> list[Decision]:
    """As `within_caps`, and what is allowed counts as a call from now on. Belongs into the transaction that
    answers: two centres that ask about one number at the same time wait for each other here."""
    capped = _capped(decisions, now)
    if not capped:
        return list(decisions)
    tokens, people = _about(capped)
    same = Q(token__in=covers.candidates(["dial"], tokens)) | Q(person__in=people)
    controllers = {each.row.campaign.controller for each in capped}
    rows = ReleaseRow.objects.filter(same, release__campaign__controller__in=controllers)
    list(rows.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    asked = {each.row.pk for each in capped}
    lately = AllowedCall.objects.filter(row__in=asked, at__gt=now - timedelta(seconds=VALID_SECONDS))
    answered = set(lately.values_list("row", flat=True))  # the answer of a minute ago still holds
    judged = _judged(decisions, [each for each in capped if each.row.pk not in answered], centre, now)
    going = {decision.rows[-1].pk for each in capped if (decision := judged[each.place]).allowed}
    AllowedCall.objects.bulk_create(AllowedCall(row_id=row, at=now) for row in sorted(going - answered))
    return judged


def _capped(decisions: Sequence[Decision], now: datetime) -> list[_Capped]:
    found = []
    for place, decision in enumerate(decisions):
        for row in decision.rows if decision.allowed else ():
            on = local_day(now, row.campaign.country)
            caps = attempt_counts.caps(row.campaign, decision.country, on)
            if caps:
                found.append(_Capped(place, row, caps, on))
    return found


def _judged(
    decisions: Sequence[Decision], capped: Sequence[_Capped], centre: Partner, now: datetime
) -> list[Decision]:
    judged = list(decisions)
    for found in reached(capped, centre, now):
        place, opens = found[0], found[1].opens
        again = max(opens, judged[place].again_on or opens)
        judged[place] = replace(judged[place], allowed=False, reason="too_often", again_on=again)
    return judged


def reached(capped: Sequence[_Capped], centre: Partner, now: datetime) -> list[tuple[int, Full]]:
    """Place and cap of the decisions that find their caps reached."""
    found = []
    for controller, country in {(each.row.campaign.controller, each.row.campaign.country) for each in capped}:
        own = [each for each in capped if each.row.campaign.controller == controller]
        tokens, people = _about(own)
        made = attempt_counts.calls(
            controller=controller,
            country=country,
            tokens=tokens,
            people=people,
            caps=[cap for each in own for cap in each.caps],
            on=own[0].on,
            now=now,
        )
        for each in own:
            calls = made.to(each.row.token, each.row.person)
            hit = full(calls, each.caps, on=each.on, campaign=each.row.campaign.pk, centre=centre.pk)
            if hit is not None:
                found.append((each.place, hit))
    return found


def _about(capped: Sequence[_Capped]) -> tuple[set[bytes], set[UUID]]:
    return {each.row.token for each in capped}, {each.row.person for each in capped if each.row.person}
