"""Sends wrapped keys to the key database and everything else away from it."""

from typing import Any

from django.db import models

APART = "datakey"


class KeysApart:
    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return "keys" if _apart(model._meta.app_label, model._meta.model_name) else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        return (db == "keys") == _apart(app_label, model_name)


def _apart(app_label: str, model_name: str | None) -> bool:
    return app_label == "vault" and model_name == APART
