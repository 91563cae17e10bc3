from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "duecause.apps.staff"
    default_auto_field = "django.db.models.BigAutoField"
