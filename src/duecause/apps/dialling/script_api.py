"""The scripts that a call centre reads out, with their versions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from duecause.apps.dialling import feed_wall
from duecause.apps.dialling.api import DENY, MISTAKES, SCOPE, CentreKey, Denied
from duecause.apps.dialling.models import CallScript, Release
from duecause.apps.dialling.scripts import PARTS, name_of
from duecause.apps.parties.models import Partner

router = Router(auth=CentreKey(SCOPE), tags=["pre-call"])


class Script(Schema):
    """`script` is its name, which the check before a call names and your report of the call repeats."""

    campaign: str
    script: str
    language: str
    in_force_from: date
    caller: str
    on_behalf_of: str
    why: str
    privacy_policy: str
    right_to_object: str
    short_notice: str


class Scripts(Schema):
    scripts: list[Script]


@router.get(
    "/scripts", response={200: Scripts, **MISTAKES, 503: Denied}, summary="What do we say on the telephone?"
)
def scripts(request: HttpRequest) -> Any:
    centre = request.auth  # type: ignore[attr-defined]
    if not isinstance(centre, Partner):
        return Status(503, DENY)
    return {"scripts": [_shown(script) for script in of_centre(centre, datetime.now(UTC))]}


def of_centre(centre: Partner, now: datetime) -> list[CallScript]:
    """Every version that was put into force, of campaigns for which the centre holds a list that runs."""
    running = Release.objects.filter(recalled_at=None, expires_at__gt=now)
    with feed_wall.walled(centre):
        campaigns = set(feed_wall.own(running, centre, "centre").values_list("campaign_id", flat=True))
    found = CallScript.objects.filter(campaign__in=campaigns, in_force_from__isnull=False)
    return list(found.select_related("campaign").order_by("campaign__code", "language", "version"))


def _shown(script: CallScript) -> dict[str, Any]:
    return {
        "campaign": script.campaign.code,
        "script": name_of(script.language, script.version),
        "language": script.language,
        "in_force_from": script.in_force_from,
        **{part: getattr(script, part) for part in PARTS},
    }
