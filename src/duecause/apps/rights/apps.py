from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "duecause.apps.rights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.rights import delivering, jobs, linking, lives  # noqa: F401 - they register what they provide
