"""Rows of the list of requests lead to their case. Imported once at start."""

from __future__ import annotations

from django.urls import reverse

from duecause.apps.consent.actions import ERASURE_REQUEST
from duecause.apps.obligations.linking import leads_to
from duecause.apps.obligations.models import Obligation
from duecause.engine.actor import Actor


@leads_to(ERASURE_REQUEST)
def case_page(obligation: Obligation, actor: Actor) -> str:
    return reverse("rights:case", args=[obligation.pk]) if actor.may("rights.read") else ""
