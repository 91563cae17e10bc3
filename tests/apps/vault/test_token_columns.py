"""A column that holds tokens is one that a change of their key reaches."""

from django.apps import apps
from django.db import models

from duecause.apps.vault import token_tables
from duecause.apps.vault.token_fields import TokenField

TOKENS = 16  # bytes that a column of tokens is declared with


def test_every_column_of_tokens_is_changed_with_its_key():
    columns = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    others = {
        str(field)
        for field in columns
        if isinstance(field, models.BinaryField) and not isinstance(field, TokenField)
        if "token" in field.name or field.max_length == TOKENS
    }
    assert others == set()


def test_every_table_of_tokens_belongs_to_a_change():
    of_changes = {
        table.model for family in ("lookup", "dial", "guard") for table in token_tables.tables(family)
    }
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    assert of_changes == {field.model for field in fields if isinstance(field, TokenField)}
    assert len(of_changes) >= 8
