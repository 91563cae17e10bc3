"""Write the script of a campaign, and put it into force. A version in force is never edited: calls refer to
it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from duecause.apps.dialling.models import CallScript, Campaign
from duecause.apps.dialling.scripts import OPTIONAL, Text, name_of, text_of
from duecause.apps.ledger.actions import record
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused

WRITE = "dialling.script"
LONGEST = 2_000


def draft_script(*, actor: Actor, campaign: Campaign, language: str, text: Text, now: datetime) -> CallScript:
    """Write the next version in a language, or write the draft that waits anew. Nobody reads it out yet.

    Raises NotPermitted, Refused for a language that is not spoken here, a part missing or too long."""
    actor.require(WRITE)
    _refuse_incomplete(language, text)
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        own = CallScript.objects.filter(campaign=campaign, language=language)
        draft = own.filter(in_force_from=None).first()
        newest = own.aggregate(newest=Max("version"))["newest"] or 0
        script = draft or CallScript(campaign=campaign, language=language, version=newest + 1)
        for part, words in asdict(text).items():
            setattr(script, part, words)
        script.drafted_by, script.drafted_at = actor.ref, now
        script.save()
        record(actor=actor, kind="dialling.script_drafted", now=now, payload=_told(script))
    return script


def put_in_force(*, actor: Actor, script: CallScript, first_day: date, now: datetime) -> CallScript:
    """From a day on, today at the earliest, this version is what is said. Raises NotPermitted, Refused."""
    actor.require(WRITE)
    today = local_day(now, script.campaign.controller.country)
    if first_day < today:
        raise Refused(
            "script_in_the_past",
            "%(day)s is over: what was said then cannot be changed. Choose %(today)s or later.",
            day=first_day,
            today=today,
        )
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=script.campaign_id)
        changed = CallScript.objects.filter(pk=script.pk, in_force_from=None).update(
            in_force_from=first_day, in_force_by=actor.ref
        )
        if not changed:
            raise Refused(
                "script_in_force",
                "%(script)s was put into force before and stays as it is. Draft the next version.",
                script=name_of(script.language, script.version),
            )
        script.refresh_from_db()
        campaign.dated_scripts = [
            *campaign.dated_scripts,
            [script.language, script.version, first_day.isoformat()],
        ]
        campaign.save(update_fields=["dated_scripts"])
        told = _told(script) | {"in_force_from": first_day.isoformat()}
        record(actor=actor, kind="dialling.script_in_force", now=now, payload=told)
    return script


def sha256_of(script: CallScript) -> str:
    """Of the text, so that the ledger proves which words a version had."""
    text = json.dumps(asdict(text_of(script)), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _told(script: CallScript) -> dict[str, str]:
    name = name_of(script.language, script.version)
    return {"campaign": script.campaign.code, "script": name, "sha256": sha256_of(script)}


def _refuse_incomplete(language: str, text: Text) -> None:
    spoken = [code for code, _ in settings.LANGUAGES]
    if language not in spoken:
        raise Refused(
            "script_language",
            "“%(language)s” is none of %(known)s.",
            language=language,
            known=", ".join(spoken),
        )
    for part, words in asdict(text).items():
        if not words.strip() and part not in OPTIONAL:
            raise Refused(
                "script_incomplete",
                "The script in %(language)s does not say “%(part)s”. Write who calls, for whom, why, where"
                " the privacy policy is, and how to object.",
                language=language,
                part=part,
            )
        if len(words) > LONGEST:
            raise Refused(
                "script_too_long",
                "“%(part)s” has more than %(most)s characters. Nobody listens that long: shorten it.",
                part=part,
                most=LONGEST,
            )
