from django.apps import AppConfig


class InteractionsConfig(AppConfig):
    name = "duecause.apps.interactions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.interactions import jobs  # noqa: F401 - it registers what the worker does
