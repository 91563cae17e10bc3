"""The agent's screen: search, reason, card, reveal, "where did you get my data?"."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.desk import acts, cards, contact, search
from duecause.apps.desk.sentences import where_from
from duecause.apps.desk.spoken import LINK
from duecause.apps.gate import actions as gate
from duecause.apps.gate.emergencies import EMERGENCY, banner, may_open
from duecause.apps.gate.explaining import found_reason
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.policies import engine, links_for
from duecause.apps.gate.queries import permitted_after
from duecause.apps.register.correct_actions import FUNCTION
from duecause.apps.register.models import Person
from duecause.apps.register.recipients import handed_out
from duecause.apps.staff.queries import employee_by_id
from duecause.apps.statements import Statement
from duecause.engine.phone import format_international
from duecause.web.access import needs
from duecause.web.http import PageRequest


@require_GET
@needs("desk.use")
def home(request: PageRequest) -> HttpResponse:
    return render(request, "desk/home.html")


@require_POST
@needs("desk.use")
def find(request: PageRequest) -> HttpResponse:
    """Search results: initials, town and why each was found. Nothing else before a reason is given."""
    text = request.POST.get("q", "")[:200]
    now = datetime.now(UTC)
    people, more = search.find_people(text)
    found = gate.hints(actor=request.actor, people=people, groups=search.shown_groups(), now=now)
    if isinstance(found, gate.Slowed):
        return slowed(request)
    results = search.results(found)
    numbers = search.numbers_in(text)
    return render(
        request,
        "desk/_results.html" if request.htmx else "desk/home.html",
        {
            "searched": True,
            "readable": bool(search.readings(text)),
            "results": results,
            "more": more,
            "numbers": [] if results else _choices(numbers),
        },
    )


def slowed(request: PageRequest) -> HttpResponse:
    """It is not this employee's turn yet: said in words, never as if nobody had been found."""
    return render(request, page(request, "desk/_slowed.html"))


@require_GET
@needs("desk.use")
def person(request: PageRequest, person_id: UUID) -> HttpResponse:
    """The person's page: the card at once where a call or other work shows why, else first the reason. Says
    nothing about whether the person exists. `ask`: the employee has a reason other than the one shown."""
    now = datetime.now(UTC)
    employee = employee_by_id(UUID(request.actor.id))
    reason = None if "ask" in request.GET else found_reason(employee, person_id, now)
    if reason is not None:
        return card_of(request, person_id, reason, now)
    return render(request, page(request, "desk/_reasons.html"), _reasons(request, person_id))


@require_POST
@needs("desk.use")
def look(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Give the reason, get the card."""
    now = datetime.now(UTC)
    reason = contact.reason_from(
        request.POST.get("link", ""),
        words=request.POST.get("words", ""),
        reference=request.POST.get("reference", ""),
    )
    if reason.link == "other" and not reason.sufficient:
        context = {**_reasons(request, person_id), "words": reason.words, "words_short": True}
        return render(request, page(request, "desk/_reasons.html"), context)
    return card_of(request, person_id, reason, now)


def card_of(request: PageRequest, person_id: UUID, reason: Reason, now: datetime) -> HttpResponse:
    """The card, if the gate shows it for this reason, and the contact that begins with it."""
    reason = contact.continued(request, person_id, reason, now)
    found = _KNOWN.objects(person=person_id)
    if not found:
        gate.deny_unknown(actor=request.actor, person=person_id, reason=reason, action="view", now=now)
        return not_here(request)

    def remember(event: UUID) -> None:
        contact.remember(request, person_id, reason, event=event, now=now)

    revealed = gate.reveal(actor=request.actor, person=person_id, reason=reason, now=now, along=remember)
    if isinstance(revealed, gate.Slowed):
        return slowed(request)
    if isinstance(revealed, gate.Denied):
        return not_here(request)
    calling = reason.link == LINK
    card = cards.build_card(found[0], revealed, language=get_language() or "en", now=now, calling=calling)
    may_correct = request.actor.may(FUNCTION) and bool(
        permitted_after(actor=request.actor, revealed=revealed, action="edit")
    )
    context = {
        "card": card,
        "person_id": person_id,
        "why": why(revealed),
        **(banner(request.actor, person_id, now) if reason.link == EMERGENCY else {}),
        "tells_looks": bool(permitted_after(actor=request.actor, revealed=revealed, action="see_history")),
        "acts": acts.buttons(
            request.actor, person_id, tells_origins=card.tells_origins, may_correct=may_correct
        ),
    }
    return render(request, page(request, "desk/_card.html"), context)


def why(revealed: gate.Revealed) -> dict[str, str]:
    """For which reason the card is shown, and what shows that by machine, if anything does."""
    reason = revealed.reason
    if reason is None:
        return {}
    shown = reason.explained
    return {"label": _(engine().vocabulary.labels["links"][reason.link]), "row": shown.row if shown else ""}


_KNOWN = Statement(lambda *, person: Person.objects.filter(pk=person, records__isnull=False)[:1])


@require_POST
@needs("desk.use")
def reveal(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Show one masked group; each reveal is an event of its own."""
    now = datetime.now(UTC)
    group = request.POST.get("group", "")
    if group not in engine().vocabulary.labels["groups"] or not Person.objects.filter(pk=person_id).exists():
        return not_here(request)
    revealed = gate.reveal(
        actor=request.actor,
        person=person_id,
        reason=contact.current(request, person_id, now),
        now=now,
        action="reveal",
        groups=[group],
    )
    if isinstance(revealed, gate.Denied):
        return not_here(request)
    lines = cards.revealed_lines(revealed, get_language() or "en")
    return render(request, page(request, "desk/_revealed.html"), {"lines": lines, "person_id": person_id})


@require_POST
@needs("desk.use")
def source(request: PageRequest, person_id: UUID) -> HttpResponse:
    """ "Where did you get my data?": what to read aloud, in the person's language."""
    now = datetime.now(UTC)
    known = Person.objects.filter(pk=person_id).first()
    if known is None or denied(request, person_id, action="say_source", resource="provenance", now=now):
        return not_here(request)
    records = cards.records_of(known)
    given = {(each.recipient_name, each.campaign_name) for each in handed_out([r.pk for r in records])}
    said = where_from(records, given, known.language, on=now.date())
    return render(request, page(request, "desk/_source.html"), {"said": said, "person_id": person_id})


def denied(request: PageRequest, person_id: UUID, *, action: str, resource: str, now: datetime) -> bool:
    """Ask the gate for an act that opens nothing, with the reason of this contact."""
    reason = contact.current(request, person_id, now)
    return bool(
        gate.permit(
            actor=request.actor, person=person_id, reason=reason, action=action, resource=resource, now=now
        )
    )


def not_here(request: PageRequest) -> HttpResponse:
    """One answer for an unknown person and one this profile may not see."""
    return render(request, page(request, "desk/_not_here.html"), status=200 if request.htmx else 404)


def page(request: PageRequest, fragment: str) -> str:
    """The fragment for htmx; without script the same inside the whole page."""
    if request.htmx:
        return fragment
    request.META["desk_fragment"] = fragment
    return "desk/person.html"


def _choices(numbers: list[int]) -> list[dict[str, str]]:
    """The readings of a typed number, one key each: without a country code the caller says which it is."""
    texts = [format_international(number) for number in numbers]
    return [{"key": str(key), "value": text, "label": text} for key, text in enumerate(texts, 1)]


def _reasons(request: PageRequest, person_id: UUID) -> dict[str, object]:
    labels = engine().vocabulary.labels["links"]
    links = links_for(request.actor.profile)
    keyed = [{"key": str(key), "value": link, "label": _(labels[link])} for key, link in enumerate(links, 1)]
    return {
        "person_id": person_id,
        "reasons": [entry for entry in keyed if entry["value"] != "other"],
        "may_emergency": may_open(request.actor),
        "other": next((entry for entry in keyed if entry["value"] == "other"), None),
    }
