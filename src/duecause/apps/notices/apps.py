from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "duecause.apps.notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.notices import jobs, lives  # noqa: F401 - what the worker does, what a life tells
