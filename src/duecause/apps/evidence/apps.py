from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "duecause.apps.evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.evidence import jobs  # noqa: F401 - it registers what it runs
        from duecause.apps.evidence.queries import due_for
        from duecause.web.context import register_due

        register_due(due_for)
