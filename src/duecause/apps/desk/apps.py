from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "duecause.apps.desk"
    default_auto_field = "django.db.models.BigAutoField"
