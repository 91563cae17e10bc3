from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "duecause.apps.directory"
    default_auto_field = "django.db.models.BigAutoField"
