from datetime import UTC, datetime

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from duecause.engine.actor import Actor


class GateConfig(AppConfig):
    name = "duecause.apps.gate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.gate import (
            delivery_jobs,  # noqa: F401 - it registers its handlers
            jobs,  # noqa: F401 - it registers what the worker does
        )
        from duecause.apps.gate.actions import deny_function
        from duecause.apps.gate.notice_texts import told_of
        from duecause.apps.gate.policy_actions import keep_packaged
        from duecause.apps.gate.queries import open_alarms_for
        from duecause.apps.gate.watch_actions import LateAlarm
        from duecause.apps.ledger.watching import register_late
        from duecause.web.access import register_denial
        from duecause.web.context import register_due, register_told

        def deny(actor: Actor, function: str) -> None:
            deny_function(actor=actor, function=function, now=datetime.now(UTC))

        post_migrate.connect(keep_packaged, sender=self, dispatch_uid="keep_packaged")
        register_denial(deny)
        register_late(LateAlarm())
        register_due(open_alarms_for)
        register_told(told_of)
