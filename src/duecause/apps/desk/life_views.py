"""The life of a datum: for one person, where each field came from and what became of it. Shows no value."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from duecause.apps.desk import contact, lives
from duecause.apps.desk.views import not_here, page
from duecause.apps.gate import actions as gate
from duecause.apps.gate.policies import engine
from duecause.apps.register.life import life_of
from duecause.apps.register.models import Person
from duecause.apps.register.provenance import provenance_of
from duecause.web.access import needs
from duecause.web.http import PageRequest

PROVENANCE = "provenance"


@require_POST
@needs("desk.use")
def life(request: PageRequest, person_id: UUID) -> HttpResponse:
    """With the reason of this contact. Looking is an event; who may not see origins is denied and alarmed."""
    now = datetime.now(UTC)
    if not Person.objects.filter(pk=person_id).exists():
        return not_here(request)
    seen = gate.reveal(
        actor=request.actor,
        person=person_id,
        reason=contact.current(request, person_id, now),
        now=now,
        groups=[PROVENANCE],
    )
    if isinstance(seen, gate.Denied):
        return not_here(request)
    context = {
        "life": lives.build(
            provenance_of(person_id, now=now),
            life_of(person_id, now=now),
            _known_groups(request, seen),
            get_language() or "en",
            now,
        ),
        "person_id": person_id,
    }
    return render(request, page(request, "desk/_life.html"), context)


def _known_groups(request: PageRequest, seen: gate.Revealed) -> frozenset[str]:
    """Groups that the card would show to this profile now, values or masks."""
    if seen.facts is None:
        return frozenset()
    profile = request.actor.profile
    return engine().allow_set(profile=profile, action="view", facts=seen.facts).groups | (
        engine().allow_set(profile=profile, action="reveal", facts=seen.facts).groups
    )
