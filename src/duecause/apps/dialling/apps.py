from django.apps import AppConfig


class DiallingConfig(AppConfig):
    name = "duecause.apps.dialling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.dialling import (  # noqa: F401 - they register what they provide
            assignment,
            consent_telling,
            correction_actions,
            correction_queries,
            custody_jobs,
            exchange_jobs,
            feed_actions,
            feed_jobs,
            feed_queries,
            feed_states,
            gate_jobs,
            handed,
            jobs,
            notices,
            own_calls,
            queries,
            snapshot_jobs,
        )
