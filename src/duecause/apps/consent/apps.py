from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "duecause.apps.consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.consent import jobs, lives, providers  # noqa: F401 - what others ask
