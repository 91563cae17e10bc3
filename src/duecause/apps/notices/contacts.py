"""First contacts that did not say where the data came from. The dialling room knows of calls; it registers
here."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import DateTimeField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

Unheard = Callable[[], Combinable]
_providers: list[Unheard] = []


def provides_contacts(provider: Unheard) -> Unheard:
    """Register an expression on a record: the moment of the first contact without a short notice, or null."""
    _providers[:] = [provider]
    return provider


def unheard_contact() -> Combinable:
    for provider in _providers:
        return provider()
    return Cast(Value(None), DateTimeField())
