from django.apps import AppConfig


class GateConfig(AppConfig):
    name = "duecause.apps.gate"
    default_auto_field = "django.db.models.BigAutoField"
