"""A consent during a call: the exact words, yes, no or later; taken back in as few keys; receipts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.catalogue.models import Wording
from duecause.apps.catalogue.texts import CHANNELS
from duecause.apps.consent import consent_actions
from duecause.apps.consent.consent_event_actions import Saying
from duecause.apps.consent.evidence import RECORDING, Pointer
from duecause.apps.consent.histories import History, histories, history_of
from duecause.apps.consent.models import ConsentEvent
from duecause.apps.consent.receipt_actions import give_receipt
from duecause.apps.consent.sheets import receipt_page
from duecause.apps.consent.telling import told_of
from duecause.apps.desk.act_views import CHANNEL, LIVE, controller_of
from duecause.apps.desk.views import denied, not_here, page
from duecause.apps.register.models import Person
from duecause.engine.ids import uuid7
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import day
from duecause.web.words import own_words, spoken

ACTS = {"yes": consent_actions.SPOKEN_YES, "no": "spoken_no", "later": "asked"}
RECORDING_FAULTS = ("consent_without_recording", "evidence_reference")


@require_http_methods(["GET", "POST"])
@needs("consent.consent")
def record_consent(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Show the exact words to read, then record the answer: yes and no are both answers."""
    now = datetime.now(UTC)
    known = known_person(person_id)
    if known is None or denied(request, person_id, action="record_consent", resource="consents", now=now):
        return not_here(request)
    wordings = _wordings(known, now)
    context: dict[str, Any] = {"person_id": person_id, "wordings": wordings, "language": known.language}
    if request.method == "GET":
        return render(request, page(request, "desk/_consent.html"), {**context, "sent": uuid7()})
    # Only a text that could have been read to this person: another controller's text would bind that one.
    wording = next((w for w in wordings if str(w.pk) == request.POST.get("wording")), None)
    answer = request.POST.get("answer", "")
    if wording is None or answer not in ACTS:
        return not_here(request)
    try:
        events = _answered(request, known, wording, answer, now)
    except Refused as refused:
        if refused.code not in RECORDING_FAULTS:
            return _refusal(request, refused)
        # Still on the line: what was typed is mended in its place.
        context |= {"fault": spoken(refused.problem), "typed": _recording(request), "asked": wording}
        context["sent"] = _sent(request)[:36] or uuid7()
        return render(request, page(request, "desk/_consent.html"), context, status=422)
    context = {"events": events, "answer": answer, "wording": wording, "person_id": person_id}
    return render(request, page(request, "desk/_consent_receipt.html"), context)


def _answered(
    request: PageRequest, known: Person, wording: Wording, answer: str, now: datetime
) -> list[ConsentEvent]:
    reference = _recording(request)
    pointers = (Pointer(RECORDING, reference),) if reference and wording.recording else ()
    asked: dict[str, Any] = {
        "actor": request.actor,
        "person": known,
        "wording": wording,
        "channel": CHANNEL,
        # A key pressed twice, or a page sent again, is one answer.
        "saying": Saying(act=ACTS[answer], reference=_sent(request), evidence=pointers),
        "now": now,
    }
    if answer == "later":
        return consent_actions.request_consent(**asked)
    return consent_actions.record_consent(**asked, given=answer == "yes", controller=controller_of(known))


def _recording(request: PageRequest) -> str:
    return request.POST.get("recording", "").strip()[:200]


@require_http_methods(["GET", "POST"])
@needs("consent.object")
def withdraw(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Choose which consent ends; where there is one, Enter takes it: as many keys as a yes."""
    now = datetime.now(UTC)
    known = known_person(person_id)
    if known is None or denied(request, person_id, action="withdraw_consent", resource="consents", now=now):
        return not_here(request)
    running = [each for each in histories(known) if each.holds(now)]
    if request.method == "GET":
        context = {"person_id": person_id, "choices": _choices(running), "sent": uuid7()}
        return render(request, page(request, "desk/_withdraw.html"), context)
    found = chosen_consent(request, known.pk)
    if found is None:
        return not_here(request)
    try:
        event = consent_actions.withdraw_consent(
            actor=request.actor,
            person=known,
            topic=found.topic,
            language=known.language,
            saying=Saying(act="withdrawal_spoken", reference=_sent(request)),
            now=now,
        )
    except Refused as refused:
        return _refusal(request, refused)
    return _withdrawal(request, event)


@require_GET
@needs("consent.object")
def withdrawal_state(request: PageRequest, event_id: UUID) -> HttpResponse:
    """The receipt again, for who took it: which centres have acknowledged by now."""
    return _withdrawal(request, _own(request, event_id))


@require_POST
@needs("consent.object")
def undo_withdrawal(request: PageRequest, event_id: UUID) -> HttpResponse:
    event = _own(request, event_id)
    undone = consent_actions.undo_withdrawal(actor=request.actor, event=event, now=datetime.now(UTC))
    context = {"undone": undone is not None, "person_id": event.person_id}
    return render(request, page(request, "desk/_withdrawal_undone.html"), context)


@require_POST
@needs("consent.object")
def receipt(request: PageRequest, person_id: UUID) -> HttpResponse:
    """For the person: a page to print, or the same as JSON. In the person's language, nothing of others."""
    now = datetime.now(UTC)
    known = known_person(person_id)
    if known is None or denied(request, person_id, action="withdraw_consent", resource="consents", now=now):
        return not_here(request)
    found = chosen_consent(request, known.pk)
    if found is None:
        return not_here(request)
    made = give_receipt(actor=request.actor, known=found, now=now)
    if request.POST.get("as") == "json":
        content = json.dumps(made, ensure_ascii=False, indent=1)
        answer = HttpResponse(content, content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="receipt-{str(found.id)[-8:]}.json"'
        return answer
    return HttpResponse(receipt_page(made, found))


def known_person(person_id: UUID) -> Person | None:
    return Person.objects.filter(pk=person_id, records__isnull=False).first()


def _own(request: PageRequest, event_id: UUID) -> ConsentEvent:
    return get_object_or_404(
        ConsentEvent.objects.select_related("controller", "purpose", "wording", "person"),
        pk=event_id,
        state=ConsentEvent.State.WITHDRAWN,
        actor=request.actor.ref,
    )


def _withdrawal(request: PageRequest, event: ConsentEvent) -> HttpResponse:
    told = told_of(event.pk)
    waits = any(each.acknowledged_at is None for each in told)
    context = {
        "event": event,
        "what": own_words(event.purpose.name, event.purpose.code),
        "told": told,
        "live": waits and datetime.now(UTC) - event.recorded_at < LIVE,
        "person_id": event.person_id,
    }
    return render(request, page(request, "desk/_withdrawal.html"), context)


def _refusal(request: PageRequest, refused: Refused) -> HttpResponse:
    return render(request, page(request, "desk/_refused.html"), {"problem": refused.problem}, status=409)


def _choices(running: list[History]) -> list[dict[str, str]]:
    return [_choice(key, each) for key, each in enumerate(running, start=1)]


def _choice(key: int, known: History) -> dict[str, str]:
    purpose, channel = known.topic.purpose, known.topic.channel
    since = {"company": known.topic.controller.legal_name, "day": day(known.standing.since)}
    return {
        "key": str(key),
        "value": str(known.id),
        "label": f"{own_words(purpose.name, purpose.code)}, {CHANNELS.get(channel, channel)}",
        "detail": _("%(company)s, since %(day)s") % since,
    }


def _sent(request: PageRequest) -> str:
    """The number of the form: the same however often it is sent."""
    sent = request.POST.get("sent", "")
    return sent if re.fullmatch(r"[0-9a-f-]{36}(-\d{1,12})?", sent) else ""


def chosen_consent(request: PageRequest, person: UUID) -> History | None:
    """The consent that the form names; the one spoken of last where it names none."""
    text = request.POST.get("consent", "")
    if not text:
        return next(iter(histories(person)), None)
    try:
        return history_of(person, UUID(text))
    except ValueError:
        return None


def _wordings(person: Person, now: datetime) -> list[Wording]:
    """Consent wordings in force for calls of this person's controller, in the person's language if there is
    one; no machine translation of a legal text is ever offered."""
    controller = controller_of(person)
    today = local_day(now, controller.country)
    rows = Wording.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        kind=Wording.Kind.CONSENT,
        controllers=controller,
        purpose__isnull=False,
        valid_from__lte=today,
    ).select_related("purpose")
    usable = [wording for wording in rows if CHANNEL in wording.channels and wording.source_id is None]
    return [wording for wording in usable if wording.language == person.language] or usable
