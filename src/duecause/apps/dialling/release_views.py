"""Hand a list to its centre, fetch its certificate, take it back."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.dialling import exchange_actions, list_queries, packages, release_actions, showing, views
from duecause.apps.dialling.custody_actions import say
from duecause.apps.dialling.custody_forms import CustodyForm
from duecause.apps.dialling.models import DialList, Release
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken


@require_POST
@needs("dialling.release")
def release(request: PageRequest, list_id: UUID) -> HttpResponse:
    """The file of the release, once: it is kept nowhere here."""
    dial_list = views.list_or_404(list_id)
    file = BytesIO()
    try:
        made = release_actions.release(
            actor=request.actor, dial_list=dial_list, now=datetime.now(UTC), out=file
        )
    except Refused as refused:
        return views.report(request, views.list_or_404(list_id), refused=spoken(refused.problem))
    sealed = packages.is_encrypted(made)
    return HttpResponse(
        file.getvalue(),
        content_type="application/octet-stream" if sealed else "text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{packages.file_name(_name(dial_list), sealed)}"',
            "Cache-Control": "no-store",
        },
    )


@require_POST
@needs("dialling.release")
def deliver(request: PageRequest, list_id: UUID) -> HttpResponse:
    """Release it, and lay the encrypted file down for the exchange with its centre, which begins at once."""
    dial_list, now = views.list_or_404(list_id), datetime.now(UTC)
    file = BytesIO()
    try:
        exchange_actions.refuse_undeliverable(dial_list.centre)
        made = release_actions.release(actor=request.actor, dial_list=dial_list, now=now, out=file)
        if not packages.is_encrypted(made):  # its key was taken away while the file was being made
            exchange_actions.refuse_undeliverable(made.centre)
        name = packages.file_name(f"list-{made.watermark}", True)
        exchange_actions.queue(partner=made.centre, name=name, content=file.getvalue())
        exchange_actions.ask_round(actor=request.actor, partner=made.centre, now=now)
    except Refused as refused:
        return views.report(request, views.list_or_404(list_id), refused=spoken(refused.problem))
    messages.success(request, _("Released. It is on its way: “Delivery” says how far it is."))
    return redirect("dialling:list", list_id)


def _name(dial_list: DialList) -> str:
    return f"{dial_list.campaign.code}_{dial_list.centre.code}_{dial_list.on}"


def _release_or_404(list_id: UUID) -> tuple[DialList, Release]:
    dial_list = views.list_or_404(list_id)
    found = list_queries.release_of(dial_list)
    if found is None:
        raise Http404
    return dial_list, found


@require_GET
@needs("dialling.read")
def standing(request: PageRequest, list_id: UUID) -> HttpResponse:
    """What became of a release: asked while its file is on the way."""
    dial_list = views.list_or_404(list_id)
    now = datetime.now(UTC)
    context = {"list": dial_list, "line": showing.line(dial_list, now), **views.standing(dial_list, now)}
    context |= {"asked": True, "oob": context["release"] is not None}
    return render(request, "dialling/_standing.html", context)


@require_GET
@needs("dialling.read")
def certificate(request: PageRequest, list_id: UUID) -> HttpResponse:
    dial_list, found = _release_or_404(list_id)
    name = f"{_name(dial_list)}_certificate.json"
    return JsonResponse(
        found.certificate,
        json_dumps_params={"indent": 2, "sort_keys": True, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
@needs("dialling.release")
def recall(request: PageRequest, list_id: UUID) -> HttpResponse:
    """Final, so the campaign's code is typed to confirm it."""
    dial_list, found = _release_or_404(list_id)
    if request.POST.get("confirm", "").strip().upper() != found.campaign.code.upper():
        why = _("Type %(code)s to recall this list.") % {"code": found.campaign.code}
        return views.report(request, dial_list, unconfirmed=why)
    if release_actions.recall(actor=request.actor, release=found, now=datetime.now(UTC)):
        messages.success(request, _("Recalled. From now on the check before each call says no."))
    return redirect("dialling:list", list_id)


@require_POST
@needs("dialling.release")
def confirm(request: PageRequest, list_id: UUID) -> HttpResponse:
    """Record what the centre told us on paper or by mail: that the list arrived, or that it is gone."""
    dial_list, found = _release_or_404(list_id)
    form, now = CustodyForm(request.POST), datetime.now(UTC)
    if not form.is_valid():
        return views.report(request, dial_list, custody_form=form)
    try:
        said = form.said(now)
        say(actor=request.actor, partner=found.centre, mark=found.watermark, said=said, now=now)
    except Refused as refused:
        form.add_error(None, spoken(refused.problem))
        return views.report(request, dial_list, custody_form=form)
    messages.success(request, _("Noted what the call centre says of this list."))
    return redirect("dialling:list", list_id)
