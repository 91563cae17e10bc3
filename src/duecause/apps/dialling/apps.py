from django.apps import AppConfig


class DiallingConfig(AppConfig):
    name = "duecause.apps.dialling"
    default_auto_field = "django.db.models.BigAutoField"
