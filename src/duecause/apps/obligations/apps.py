from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "duecause.apps.obligations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.obligations import key_jobs, ledger_jobs, token_jobs
        from duecause.apps.obligations.queries import due_for
        from duecause.web.context import register_due

        register_due(due_for)
        ledger_jobs.install()
        key_jobs.install()
        token_jobs.install()
