"""Calls that our own agents make from a list that runs: what they read out, and how the calls ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from duecause.apps.consent.queries import objecting_people
from duecause.apps.desk.spoken import Spoken, provides_scripts
from duecause.apps.dialling import attempt_actions
from duecause.apps.dialling.models import Attempt, Campaign, ReleaseRow
from duecause.apps.dialling.scripts import PARTS, in_force, named
from duecause.apps.register.models import Person
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused

CALL = "dialling.call"
REFUSED = "refused"  # answered, and the person said no
ENDINGS = {
    Attempt.Outcome.ANSWERED: _("Spoke with the person"),
    REFUSED: _("The person does not want this call"),
    Attempt.Outcome.NO_ANSWER: _("Nobody answered"),
    Attempt.Outcome.BUSY: _("Busy"),
    Attempt.Outcome.VOICEMAIL: _("Voicemail"),
    Attempt.Outcome.WRONG_NUMBER: _("Wrong number"),
}


def endings() -> list[dict[str, str]]:
    """The ways a call ends, one key each."""
    return [
        {"key": str(key), "value": value, "label": str(label)}
        for key, (value, label) in enumerate(ENDINGS.items(), 1)
    ]


@dataclass(frozen=True, slots=True)
class Ended:
    """`at` names the call: told twice with the same moment it counts once. `ending`: one of ENDINGS;
    `script`: the name of what was read, as nl-3."""

    at: datetime
    ending: str
    script: str = ""


def rows_of(person: Person, now: datetime, campaign: str = "") -> QuerySet[ReleaseRow]:
    """Rows of lists that run with this person on them, the newest list last."""
    rows = ReleaseRow.objects.filter(
        person=person, release__recalled_at=None, release__expires_at__gt=now
    ).select_related("release__campaign__controller", "release__centre")
    if campaign:
        rows = rows.filter(release__campaign__code=campaign)
    return rows.order_by("release__released_at", "pk")


@provides_scripts
def scripts_for(person: Person, now: datetime) -> list[Spoken]:
    """Per campaign that may call this person now: what is said in the person's language. Nothing where the
    person objected to it."""
    campaigns = {row.release.campaign_id: row.release.campaign for row in rows_of(person, now)}
    return [
        _spoken(campaign, person, now)
        for campaign in campaigns.values()
        if not _objected(campaign, person, now)
    ]


def _objected(campaign: Campaign, person: Person, now: datetime) -> bool:
    reach: dict[str, Any] = {
        "controller": campaign.controller, "channel": campaign.channel, "campaign": campaign.code,
    }  # fmt: skip
    return objecting_people(**reach, now=now).filter(person=person).exists()


def _spoken(campaign: Campaign, person: Person, now: datetime) -> Spoken:
    today = local_day(now, campaign.controller.country)
    name = in_force(campaign.dated_scripts, today).get(person.language, "")
    script = named(campaign, name)
    return Spoken(
        campaign=campaign.code,
        campaign_name=campaign.name,
        language=person.language,
        name=name,
        parts=[words for part in PARTS if (words := getattr(script, part, ""))],
        report=reverse("dialling:own-call", args=[person.pk]),
        endings=endings(),
    )


def report_own_call(
    *, actor: Actor, person: Person, campaign: str, ended: Ended, now: datetime
) -> ReleaseRow | None:
    """Keep how a call of our own agent to this person ended, on the newest list of the campaign that runs; it
    counts with the calls of every centre. None where no such list has the person.

    Raises NotPermitted, Refused for what cannot be kept, with the reason."""
    actor.require(CALL)
    with transaction.atomic():
        row = rows_of(person, now, campaign).last() if campaign else None
        if row is None:
            return None
        refused = ended.ending == REFUSED
        outcome = Attempt.Outcome.ANSWERED if refused else ended.ending
        call = attempt_actions.Call(row.reference, ended.at, outcome, refused, ended.script)
        done = attempt_actions.keep_calls(actor=actor, partner=row.release.centre, calls=[call], now=now)
        for problem in done.refused.values():
            raise Refused(problem.code, problem.template, **problem.params)
        return row
