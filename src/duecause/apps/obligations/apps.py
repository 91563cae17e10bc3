from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "duecause.apps.obligations"
    default_auto_field = "django.db.models.BigAutoField"
