from django.apps import AppConfig


class SystemsConfig(AppConfig):
    name = "duecause.apps.systems"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.systems import jobs, naming, telling  # noqa: F401 - they register what they provide
