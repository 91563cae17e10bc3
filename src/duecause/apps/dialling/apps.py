from django.apps import AppConfig


class DiallingConfig(AppConfig):
    name = "duecause.apps.dialling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from duecause.apps.dialling import feed_actions, feed_jobs, feed_queries, jobs, queries  # noqa: F401 - they register what they provide
