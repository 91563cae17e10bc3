from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "duecause.apps.home"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.home.due import registers_and_partners
        from duecause.web.context import register_due

        register_due(registers_and_partners)
