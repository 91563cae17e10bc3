from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "duecause.apps.consent"
    default_auto_field = "django.db.models.BigAutoField"
