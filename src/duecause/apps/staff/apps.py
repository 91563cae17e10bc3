from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "duecause.apps.staff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.ledger.naming import register_names
        from duecause.apps.staff.middleware import keep_language
        from duecause.apps.staff.queries import display_names
        from duecause.web.context import register_language

        register_names("employee", display_names)
        register_language(keep_language)
