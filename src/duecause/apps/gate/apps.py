from django.apps import AppConfig


class GateConfig(AppConfig):
    name = "duecause.apps.gate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.gate.queries import open_alarms_for
        from duecause.web.context import register_due

        register_due(open_alarms_for)
