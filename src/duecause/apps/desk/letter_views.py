"""Consents by post: a withdrawal that came in a letter, and what proves a consent for who must show it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from duecause.apps.catalogue.texts import CHANNELS
from duecause.apps.consent import consent_actions, consent_end_actions, evidence
from duecause.apps.consent.consent_event_actions import Saying
from duecause.apps.consent.evidence import Pointer
from duecause.apps.consent.histories import History, histories
from duecause.apps.consent.proof import proof_of
from duecause.apps.consent.receipt_actions import export_record
from duecause.apps.consent.texts import GROUNDS
from duecause.apps.desk import contact
from duecause.apps.desk.consent_views import chosen_consent, known_person
from duecause.apps.desk.search import find_people
from duecause.apps.desk.views import denied, not_here, page
from duecause.apps.gate import actions as gate
from duecause.apps.gate.facts import Reason
from duecause.apps.register.models import Person
from duecause.engine.periods import end_of_day
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import own_words


class Letter(forms.Form):
    """What a letter says, as far as it is needed to end consents."""

    who = forms.CharField(
        max_length=200,
        label=lazy("Number, e-mail or customer number in the letter"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )
    day = forms.DateField(
        label=lazy("Date of the letter"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    scan = forms.CharField(
        max_length=120,
        label=lazy("Identifier of the scan"),
        help_text=lazy("As in your archive, like letter-2026-114. Do not write down what the letter says."),
    )


@require_http_methods(["GET", "POST"])
@needs("consent.object")
def letter(request: PageRequest) -> HttpResponse:
    """End every consent of the person who wrote. Nothing of the person is shown, and nothing is opened."""
    now = datetime.now(UTC)
    form = Letter(request.POST or None, initial={"day": shown_day(now)})
    done: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            done = _end_all(request, form, now)
        except Refused as refused:
            form.add_error(None, refused.problem.text)
    context = {"form": form, "done": done}
    return render(request, "desk/letter.html", context, status=422 if form.errors else 200)


def _end_all(request: PageRequest, form: Letter, now: datetime) -> list[dict[str, Any]]:
    said = form.cleaned_data
    pointer = Pointer(evidence.LETTER, said["scan"])
    person = _writer(said["who"])
    reason = Reason(link="other", purpose="customer_care", words="A letter that withdraws consents")
    refused = gate.permit(
        actor=request.actor,
        person=person.pk,
        reason=reason,
        action="withdraw_consent",
        resource="consents",
        now=now,
    )
    if refused:
        raise _nobody()
    running = [each for each in histories(person) if each.holds(now)]
    if not running:
        raise Refused(
            "no_consent_runs",
            "No consent of this person is running, so there is none to end. If the person wants no offers,"
            " record an objection at the desk.",
        )
    done = []
    for each in running:
        # The letter counts from the end of its day: a yes of the same day came before it.
        at = min(now, end_of_day(said["day"], each.topic.controller.country) - timedelta(seconds=1))
        if said["day"] > each.today(now):
            at = end_of_day(said["day"], each.topic.controller.country)
        event = consent_actions.withdraw_consent(
            actor=request.actor,
            person=person,
            topic=each.topic,
            language=person.language,
            saying=Saying(act="letter", how="letter", at=at, evidence=(pointer,)),
            now=now,
        )
        done.append(
            {
                "event": event,
                "what": own_words(each.topic.purpose.name, each.topic.purpose.code),
                "channel": CHANNELS.get(each.topic.channel, each.topic.channel),
            }
        )
    return done


def _writer(text: str) -> Person:
    people, _more = find_people(text)
    if len(people) > 1:
        raise Refused(
            "letter_several_people",
            "Several persons are known by this. Write the customer number, or find the person at the desk.",
        )
    known = known_person(people[0]) if people else None
    if known is None:
        raise _nobody()
    return known


def _nobody() -> Refused:
    return Refused(
        "letter_nobody",
        "Nobody is known by this, or not to you. Check the digits with the letter; a number that nobody has"
        " can still object, at the desk.",
    )


@require_POST
@needs("consent.invalidate")
def proof(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Every consent of a person with all that was said, and where the evidence lies, for a given reason."""
    now = datetime.now(UTC)
    known = known_person(person_id)
    if known is None:
        return not_here(request)
    shown = gate.reveal(
        actor=request.actor,
        person=person_id,
        reason=_quality(contact.current(request, person_id, now)),
        now=now,
        action="see_proof",
        groups=["consents"],
        holding="proof",
    )
    if isinstance(shown, gate.Denied):
        return not_here(request)
    pointers = {event: evidence.read(sealed) for event, sealed in shown.values.items()}
    context = {
        "person_id": person_id,
        "kept": proof_of(person_id),
        "consents": [_shown(each, pointers, now) for each in histories(known)],
        "grounds": GROUNDS.items(),
    }
    return render(request, page(request, "desk/_proof.html"), context)


@require_POST
@needs("consent.invalidate")
def invalidate(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Declare a consent invalid: what it allowed is taken back at once."""
    now = datetime.now(UTC)
    known = known_person(person_id)
    found = chosen_consent(request, person_id)
    if known is None or found is None:
        return not_here(request)
    if denied(request, person_id, action="withdraw_consent", resource="consents", now=now):
        return not_here(request)
    try:
        event = consent_end_actions.invalidate_consent(
            actor=request.actor,
            person=known,
            topic=found.topic,
            ground=request.POST.get("ground", ""),
            now=now,
        )
    except Refused as refused:
        return render(request, page(request, "desk/_refused.html"), {"problem": refused.problem}, status=409)
    context = {"event": event, "ground": GROUNDS[event.ground], "person_id": person_id}
    return render(request, page(request, "desk/_invalidated.html"), context)


@require_POST
@needs("consent.read")
def record(request: PageRequest, person_id: UUID) -> HttpResponse:
    """The record of one consent as JSON, for an authority or an auditor."""
    now = datetime.now(UTC)
    found = chosen_consent(request, person_id)
    if found is None or denied(request, person_id, action="view", resource="consents", now=now):
        return not_here(request)
    made = export_record(actor=request.actor, known=found, now=now)
    answer = HttpResponse(json.dumps(made, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="consent-{str(found.id)[-8:]}.json"'
    return answer


def _quality(reason: Reason) -> Reason:
    """Who looks at proof checks it: the reason of the contact, for that purpose."""
    purpose = "rights" if reason.link == "request_case" else "quality"
    return Reason(reason.link, purpose, reason.reference, reason.words, reason.earlier)


def _shown(known: History, pointers: dict[UUID, tuple[Pointer, ...]], now: datetime) -> dict[str, Any]:
    return {
        "id": known.id,
        "what": own_words(known.topic.purpose.name, known.topic.purpose.code),
        "channel": CHANNELS.get(known.topic.channel, known.topic.channel),
        "company": known.topic.controller.legal_name,
        "state": known.standing.on(known.today(now)),
        "holds": known.holds(now),
        "given": known.given is not None,
        "words": [
            {
                "word": word,
                "ground": GROUNDS.get(word.event.ground, "") if word.event else "",
                "slip": bool(word.event and word.event.undoes_id),
                "pointers": pointers.get(word.id, ()),
                "row": f"{word.record.source.code} #{word.record.row}" if word.record else "",
            }
            for word in reversed(known.words)
        ],
    }
