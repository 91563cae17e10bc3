"""What a person asks for during a call: an objection in three keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.consent import actions as consent
from duecause.apps.consent.models import Objection
from duecause.apps.consent.reach import Reach, reach_of
from duecause.apps.consent.telling import told_of
from duecause.apps.desk import contact
from duecause.apps.desk.views import denied, not_here, page
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Person
from duecause.engine.actor import Actor
from duecause.engine.phone import parse_e164
from duecause.web.access import needs
from duecause.web.http import PageRequest

CHANNEL = "call"
LIVE = timedelta(minutes=10)  # a receipt left open stops asking


class _About(TypedDict):
    actor: Actor
    person: Person
    controller: Controller
    taking: consent.Taking


@require_http_methods(["GET", "POST"])
@needs("consent.object")
def objection(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Ask how far it reaches (everything unless the person asks for less), then record it."""
    now = datetime.now(UTC)
    known = Person.objects.filter(pk=person_id, records__isnull=False).first()
    if known is None or denied(request, person_id, action="record_objection", resource="objections", now=now):
        return not_here(request)
    campaigns = _campaigns(request, known, now)
    if request.method == "GET":
        context = {"person_id": person_id, "scopes": _scope_choices(controller_of(known), campaigns)}
        return render(request, page(request, "desk/_objection.html"), context)
    about = _About(
        actor=request.actor,
        person=known,
        controller=controller_of(known),
        taking=consent.Taking(how="call", language=known.language),
    )
    choice, _dot, campaign = request.POST.get("scope", "all_marketing").partition(".")
    if choice == "erase_me":
        taken, obligation = consent.request_erasure(**about, now=now)
    else:
        scope = _scope(choice, campaign, campaigns)
        taken, obligation = consent.record_objection(**about, scope=scope, now=now), None
    return _receipt(request, taken, reach=reach_of(known.pk, now), obligation=obligation)


@require_POST
@needs("consent.object")
def number_objection(request: PageRequest) -> HttpResponse:
    """A caller nobody knows objects: it follows the number, which carries its country here. A national
    number may belong to somebody in each of our countries, and one of them did not object."""
    number = parse_e164(request.POST.get("number", ""))
    controllers = list(Controller.objects.filter(sources__isnull=False).distinct())
    if number is None or not controllers:
        return render(request, page(request, "desk/_not_here.html"), status=400)
    taking = consent.Taking(how="call")
    now = datetime.now(UTC)
    for controller in controllers:
        taken = consent.record_number_objection(
            actor=request.actor, numbers=[number.e164], controller=controller, taking=taking, now=now
        )
    return _receipt(request, taken, reach=[], obligation=None)


@require_POST
@needs("consent.object")
def undo(request: PageRequest, objection_id: UUID) -> HttpResponse:
    taken = get_object_or_404(Objection, pk=objection_id, taken_by=request.actor.ref)
    undone = consent.undo_objection(actor=request.actor, objection=taken, now=datetime.now(UTC))
    context = {"undone": undone, "person_id": taken.person_id}
    return render(request, page(request, "desk/_undone.html"), context)


@require_GET
@needs("consent.object")
def objection_state(request: PageRequest, objection_id: UUID) -> HttpResponse:
    """The receipt again, for who took it: where the objection holds by now."""
    taken = get_object_or_404(Objection, pk=objection_id, taken_by=request.actor.ref)
    reach = reach_of(taken.person_id, datetime.now(UTC)) if taken.person_id else []
    return _receipt(request, taken, reach=reach, obligation=None)


def _receipt(
    request: PageRequest, taken: Objection, *, reach: list[Reach], obligation: object
) -> HttpResponse:
    told = told_of(taken.pk)
    waits = any(each.acknowledged_at is None for each in told)
    context = {
        "told": told,
        "live": waits and bool(told) and datetime.now(UTC) - told[0].told_at < LIVE,
        "objection": taken,
        "numbers": taken.suppressions.count(),
        "reach": reach,
        "obligation": obligation,
        "person_id": taken.person_id,
    }
    return render(request, page(request, "desk/_receipt.html"), context)


def controller_of(person: Person) -> Controller:
    return Controller.objects.filter(sources__records__person=person).order_by(
        "sources__records__recorded_at"
    )[0]


def _campaigns(request: PageRequest, person: Person, now: datetime) -> list[tuple[str, str]]:
    """Campaigns the person may be called for now: what "only this campaign" can mean."""
    found = {reach.campaign_code: reach.campaign_name for reach in reach_of(person.pk, now)}
    reference = contact.current(request, person.pk, now).reference
    if reference and reference not in found:
        found[reference] = reference
    return list(found.items())


def _scope(choice: str, campaign: str, campaigns: list[tuple[str, str]]) -> consent.Scope:
    if choice == "campaign" and campaign in dict(campaigns):
        return consent.Scope(kind=Objection.Scope.CAMPAIGN, campaign=campaign)
    if choice == "channel":
        return consent.Scope(kind=Objection.Scope.CHANNEL, channel=CHANNEL)
    return consent.ALL_MARKETING


def _scope_choices(controller: Controller, campaigns: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Everything first: it is the default, and Enter takes it."""
    name = controller.spoken.get(get_language() or "en") or controller.legal_name
    choices = [
        ("all_marketing", _("All marketing of %(company)s") % {"company": name}, _("The default")),
        ("channel", _("Telephone marketing only"), _("Only if the person asks for less")),
    ]
    choices += [
        (f"campaign.{code}", _("Only the campaign “%(campaign)s”") % {"campaign": label}, "")
        for code, label in campaigns[:3]
    ]
    choices.append(("erase_me", _("“Erase me”"), _("Objection now, and a request is opened")))
    return [
        {"key": str(key), "value": value, "label": label, "detail": detail}
        for key, (value, label, detail) in enumerate(choices, start=1)
    ]
