from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "duecause.apps.staff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.ledger.naming import register_names
        from duecause.apps.staff.queries import display_names

        register_names("employee", display_names)
