from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "duecause.apps.parties"
    default_auto_field = "django.db.models.BigAutoField"
