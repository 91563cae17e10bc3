"""Who looked at a person's record: for the person who asks, in a language of theirs, to read out or print."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_POST

from duecause.apps.desk import contact
from duecause.apps.desk.views import not_here, page
from duecause.apps.gate import actions as gate
from duecause.apps.gate.looks import looked_at
from duecause.apps.register.models import Person
from duecause.web.access import needs
from duecause.web.http import PageRequest

ACTION, GROUP = "see_history", "accesses"  # packs/policies/vocabulary.yaml
LANGUAGES = (
    ("en", "English"),
    ("nl", "Nederlands"),
    ("fr", "Français"),
    ("pl", "Polski"),
    ("sv", "Svenska"),
    ("de", "Deutsch"),
)


@require_POST
@needs("desk.use")
def looked(request: PageRequest, person_id: UUID) -> HttpResponse:
    """With the reason of this contact; asking is an event and stands in the list from then on."""
    now = datetime.now(UTC)
    if not Person.objects.filter(pk=person_id).exists():
        return not_here(request)
    reason = contact.current(request, person_id, now)
    seen = gate.reveal(
        actor=request.actor, person=person_id, reason=reason, now=now, action=ACTION, groups=[GROUP]
    )
    if not isinstance(seen, gate.Revealed):
        return not_here(request)
    asked = request.POST.get("language", "")
    language = asked if asked in dict(LANGUAGES) else translation.get_language() or "en"
    with translation.override(language):
        context = {"looks": looked_at(person_id), "person_id": person_id, "languages": LANGUAGES}
        return render(request, page(request, "desk/_looked.html"), context)
