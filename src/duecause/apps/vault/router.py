"""Sends the vault's table to the key database and everything else away from it."""

from typing import Any

from django.db import models


class KeysApart:
    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return "keys" if model._meta.app_label == "vault" else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == "keys") == (app_label == "vault")
