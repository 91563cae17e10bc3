"""A processing activity of the test company, as its organisation file would say it."""

from __future__ import annotations

from typing import Any

from duecause.apps.catalogue.activity_actions import apply_activity
from duecause.apps.catalogue.models import Activity
from tests.support.world import NOW, OPERATOR, World


def make_activity(world: World, code: str = "selling", **differently: Any) -> Activity:
    wanted: dict[str, Any] = {
        "name": {"en": "Selling by telephone", "nl": "Telefonisch verkopen"},
        "role": "controller",
        "controller": world.controller.code,
        "purposes": [world.sales.code],
        "fields": [],
        "processors": [],
        "subjects": ["prospects"],
        "dpia": "not_needed",
        "dpia_reason": "Few people and plain data.",
        "dpia_on": None,
        "owner": "Head of sales",
        **differently,
    }
    apply_activity(actor=OPERATOR, now=NOW, code=code, **wanted)
    return Activity.objects.get(code=code)
