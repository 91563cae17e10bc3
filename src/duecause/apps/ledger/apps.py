from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "duecause.apps.ledger"
    default_auto_field = "django.db.models.BigAutoField"
