from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "duecause.apps.register"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.register import hold_queries, jobs, providers  # noqa: F401
